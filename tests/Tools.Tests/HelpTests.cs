using Puna.TestKit;

namespace Puna.Tools.Tests;

public class HelpTests
{
    [Theory]
    [InlineData("puna")]
    [InlineData("run")]
    [InlineData("chat")]
    [InlineData("inspect")]
    [InlineData("tokenize")]
    [InlineData("render")]
    [InlineData("logits")]
    [InlineData("eval")]
    [InlineData("bench")]
    [InlineData("bench cpu")]
    [InlineData("ptx")]
    [InlineData("ptx check")]
    [InlineData("ptx run")]
    public void Help_is_the_reviewed_one(string verb)
    {
        CommandRun run = verb == "puna" ? CommandRun.Of("--help") : CommandRun.Of([.. verb.Split(' '), "--help"]);

        string[] lines = [.. run.Succeeds().ReplaceLineEndings("\n").Split('\n').Select(l => l.TrimEnd())];
        GoldenFile.Matches($"tests/Tools.Tests/Help/{verb.Replace(' ', '-')}.txt", string.Join('\n', lines));
        Assert.Contains(lines, l => l.StartsWith(verb == "puna" ? "  puna " : $"  puna {verb} ",
            StringComparison.Ordinal));
    }

    [Fact]
    public void Help_is_given_whatever_else_is_wrong() =>
        Assert.Equal(CommandRun.Of("run", "--help").Output, CommandRun.Of("run", "--help", "--seed", "x").Output);

    [Fact]
    public void Version_is_a_number() => Assert.Matches(@"^\d+\.\d+\.\d+", CommandRun.Of("--version").Succeeds());

    [Theory]
    [InlineData("Required command was not provided. See 'puna --help'.")]
    [InlineData("frob: there is no such command. See 'puna --help'.", "frob", "x")]
    [InlineData("Required argument 'MODEL' missing for command: 'run'. See 'puna run --help'.", "run")]
    [InlineData("Unrecognized command or argument 'there'. See 'puna run --help'.", "run", "m", "hi", "there")]
    [InlineData("--sede: there is no such option, but one of 'puna run --help' was expected. Write text that begins "
        + "with a dash after '--'.",
        "run", "m", "--sede")]
    [InlineData("Option '--seed' expects a single argument but 2 were provided. See 'puna run --help'.", "run", "m",
        "hi", "--seed", "1", "--seed", "2")]
    [InlineData("--max-tokens: 'abc' was given, but a whole number from 0 to 2147483647 was expected. See 'puna run "
        + "--help'.",
        "run", "m", "hi", "--max-tokens", "abc")]
    [InlineData("--max-tokens: '-1' was given, but a whole number from 0 to 2147483647 was expected. See 'puna run "
        + "--help'.",
        "run", "m", "hi", "--max-tokens", "-1")]
    [InlineData("--top-p: '1.5' was given, but a number from 0 to 1 was expected. See 'puna run --help'.", "run", "m",
        "hi", "--top-p", "1.5")]
    [InlineData("--temperature: 'NaN' was given, but a number from 0 to 100 was expected. See 'puna run --help'.",
        "run", "m", "hi", "--temperature", "NaN")]
    [InlineData("--threads: '0' was given, but a whole number from 1 to 1024 was expected. See 'puna run --help'.",
        "run", "m", "hi", "--threads", "0")]
    [InlineData("--backend: 'gpu' was given, but 'cpu' or 'reference' was expected. See 'puna run --help'.", "run",
        "m", "hi", "--backend", "gpu")]
    [InlineData("--kv-dtype: 'f16' was given, but 'f32' or 'bf16' or 'int8' was expected. See 'puna chat --help'.", "chat", "m",
        "--kv-dtype", "f16")]
    [InlineData("--stop: an empty text was given, but one with a character was expected.", "run", "models/demo",
        "hi", "--stop", "")]
    [InlineData("--logprobs: it was given without --json, but only JSON shows them. Add --json.", "run", "m", "hi",
        "--logprobs", "2")]
    [InlineData("--system: it was given with --raw, but only one of them can be used. Leave one out.", "run", "m",
        "hi", "--raw", "--system", "x")]
    [InlineData("PROMPT: it was given with --ids, but only one of them can be used. Leave one out.", "run", "m", "hi",
        "--ids", "x")]
    [InlineData("tokenize: neither TEXT nor --jsonl was given, but one of them was expected. See 'puna tokenize "
        + "--help'.", "tokenize", "m")]
    [InlineData("tokenize: TEXT and --jsonl were given, but one of them was expected. See 'puna tokenize --help'.",
        "tokenize", "m", "t", "--jsonl", "x")]
    [InlineData("--decode: it was given with TEXT, --bos or --special, but it reads ids. Use --jsonl FILE alone.",
        "tokenize", "m", "--jsonl", "x", "--decode", "--bos")]
    [InlineData("eval: neither --jsonl nor --perplexity nor --divergence was given, but one of them was expected. See "
        + "'puna eval --help'.", "eval", "m")]
    [InlineData("eval: --jsonl and --divergence were given, but one of them was expected. See 'puna eval --help'.", "eval", "m",
        "--divergence", "x", "--jsonl", "y")]
    [InlineData("--stride: it was given with --divergence, but has no meaning there. Leave it out.", "eval", "m", "--divergence",
        "x", "--stride", "3")]
    [InlineData("Required command was not provided. See 'puna bench --help'.", "bench")]
    [InlineData("--window: it was given with --jsonl, but has no meaning there. Leave it out.", "eval", "m", "--jsonl",
        "x", "--window", "3")]
    [InlineData("--limit: it was given with --perplexity, but has no meaning there. Leave it out.", "eval", "m",
        "--perplexity", "x", "--limit", "3")]
    [InlineData("Required command was not provided. See 'puna ptx --help'.", "ptx")]
    [InlineData("--frob: there is no such option, but one of 'puna ptx check --help' was expected. Write text that begins "
        + "with a dash after '--'.", "ptx", "check", "--frob")]
    [InlineData("--schedule: 'soon' was given, but 'early' or 'late' or 'both' was expected. See 'puna ptx check --help'.",
        "ptx", "check", "m", "--schedule", "soon")]
    [InlineData("--seed: it was given with --backend cuda, but only the emulator has such a choice. Leave one out.",
        "ptx", "check", "m", "--backend", "cuda", "--seed", "1")]
    [InlineData("Option '--grid' is required. See 'puna ptx run --help'.", "ptx", "run", "k.ptx", "--block", "1")]
    [InlineData("--block: '32,0' was given, but one to three whole numbers of at least 1 were expected, as in 32,8. See "
        + "'puna ptx run --help'.", "ptx", "run", "k.ptx", "--grid", "1", "--block", "32,0")]
    [InlineData("none.ptx: there is no such file, but PTX text was expected. Check the path.", "ptx", "run", "none.ptx",
        "--grid", "1", "--block", "1")]
    [InlineData("--output: an empty path was given, but a file to write was expected.", "logits", "m", "--ids",
        "tests/Tools.Tests/Data/ids.json", "--output", "")]
    public void Wrong_arguments_give_a_sentence_and_exit_code_2(string sentence, params string[] arguments) =>
        CommandRun.Of([.. arguments.Select(InRepository)]).FailsWith(2, sentence);

    private static string InRepository(string argument) =>
        argument.StartsWith("models/", StringComparison.Ordinal)
            || argument.StartsWith("tests/", StringComparison.Ordinal)
            ? Goldens.InRepository(argument)
            : argument;
}
