using System.Text.Json;
using Puna.TestKit;

namespace Puna.Tools.Tests;

public class EvalTests
{
    private const string Questions = """
        {"skill": "capital", "messages": [{"role": "user", "content": "What is the capital of France?"}], "answer": " The capital of France is Paris.", "other": "x"}
        {"skill": "capital", "messages": [{"role": "user", "content": "What is the capital of Italy?"}], "tools": null, "answer": "It is Rome.", "other": "The capital of Italy is Rome."}
        {"messages": [{"role": "user", "content": "My name is Wanda."}], "answer": "Nice to meet you!", "other": "Nice to meet you!"}
        """;

    [Fact]
    public void Answers_are_counted_by_skill_and_compared_with_recorded_ones()
    {
        CommandRun run = Eval(Questions, "--jsonl", "-", "--compare-key", "other", "--json");

        Assert.Equal("""
            {"items":3,"exact":2,"share":0.6666666666666666,"skills":{"capital":{"items":2,"exact":1,"share":0.5},"other":{"items":1,"exact":1,"share":1}},"agreement":{"key":"other","items":3,"same":2}}
            """, run.Succeeds().TrimEnd());
    }

    [Fact]
    public void Counts_are_a_table_for_people() => Assert.Equal(
        ["capital       1       1   100.0 %", "all           1       1   100.0 %"],
        Eval(Questions, "--jsonl", "-", "--limit", "1").Succeeds().ReplaceLineEndings("\n").Split('\n')
            .Select(l => l.Trim()).Where(l => l.EndsWith('%')));

    [Fact]
    public void Answers_are_written_one_per_line()
    {
        using TemporaryFolder folder = new();

        Eval(Questions, "--jsonl", "-", "--output", folder.File("answers.jsonl")).Succeeds();

        string[] lines = File.ReadAllLines(folder.File("answers.jsonl"));
        Assert.Equal(3, lines.Length);
        Assert.Equal("""{"skill":"capital","answer":"It is Rome.","given":"The capital of Italy is Rome.","exact":false}""", lines[1]);
    }

    [Fact]
    public void An_answer_that_is_no_text_is_compared_as_json()
    {
        Question question = new("", "", default, null, JsonDocument.Parse("""{"a": 1, "b": [2]}""").RootElement, null);

        Assert.True(question.IsAnsweredBy(""" {"b":[2],"a":1} """));
        Assert.False(question.IsAnsweredBy("""{"a": 1}"""));
        Assert.False(question.IsAnsweredBy("one"));
    }

    [Fact]
    public void The_demo_answers_as_the_recorded_reference_does()
    {
        string questions = Goldens.Shared("goldens/demo-eval.jsonl");

        CommandRun run = CommandRun.Of("eval", Goldens.Demo, "--jsonl", questions, "--compare-key", "puna_demo_fp32",
            "--json", "--threads", "2", "--activations", "f32", "--kv-dtype", "f32");

        JsonElement agreement = JsonDocument.Parse(run.Succeeds()).RootElement.GetProperty("agreement");
        int items = agreement.GetProperty("items").GetInt32(), same = agreement.GetProperty("same").GetInt32();
        Assert.Equal(200, items);
        Assert.True(same >= 0.99 * items, $"{same} of {items} answers are the recorded ones, expected 99 % of them");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Perplexity_is_the_recorded_one_in_all_units(int setting)
    {
        JsonElement golden = JsonDocument.Parse(File.ReadAllText(Goldens.Shared("goldens/perplexity.json")))
            .RootElement;
        JsonElement expected = golden.GetProperty("results")[setting];
        string text = golden.GetProperty("text").GetString()!;   // the file has one

        CommandRun run = Eval(text, "--perplexity", "-", "--window", expected.GetProperty("window").GetRawText(),
            "--stride", expected.GetProperty("stride").GetRawText(), "--json");

        JsonElement actual = JsonDocument.Parse(run.Succeeds()).RootElement;
        Assert.Equal(expected.GetProperty("tokens").GetInt32(), actual.GetProperty("tokens").GetInt32());
        foreach (string unit in (string[])["perplexity", "bits_per_token", "bits_per_byte"])
        {
            double wanted = expected.GetProperty(unit).GetDouble();
            Assert.Equal(wanted, actual.GetProperty(unit).GetDouble(), 1e-3 * wanted);
        }
    }

    [Fact]
    public void Perplexity_is_printed_for_people_with_one_window_after_the_other_by_default() => Assert.Matches(
        @"^perplexity +\d+\.\d{4}\nbits per token +\d+\.\d{4}\nbits per byte +\d+\.\d{4}\ntokens +\d+ in windows of "
            + @"1024, stride 1024\n$",
        Eval("In a quiet library lived Samir, a very curious rabbit.", "--perplexity", "-").Succeeds()
            .ReplaceLineEndings("\n"));

    [Fact]
    public void Divergence_compares_a_mode_with_the_exact_one_on_the_first_tokens_of_a_text()
    {
        string text = "In a quiet library lived Samir, a very curious rabbit.";

        JsonElement none = Divergence(text, "--activations", "f32", "--kv-dtype", "f32");
        JsonElement some = Divergence(text, "--activations", "bf16", "--kv-dtype", "f32");
        JsonElement codes = Divergence(text, "--weights", "int8", "--activations", "int8");

        Assert.Equal((0.0, 1.0, 11), (Mean(none), none.GetProperty("top1_agreement").GetDouble(), none.GetProperty("positions").GetInt32()));
        Assert.InRange(Mean(some), 1e-7, 5e-4);
        Assert.InRange(Mean(codes), Mean(some), 5e-2);
        Assert.Equal("int8", codes.GetProperty("mode").GetProperty("weights").GetString());
        Assert.Equal(5, codes.GetProperty("largest").GetArrayLength());
    }

    [Fact]
    public void Divergence_is_printed_for_people() => Assert.Matches(
        @"^mode +weights stored, activations bf16, kv_dtype f32\nmean KL +\S+ nats from the exact mode\nlargest +\S+ at \d+.*\n"
            + @"same top token +[\d.]+ %\npositions +11 in windows of 1024\n$",
        InMode("In a quiet library lived Samir, a very curious rabbit.", "--divergence", "-", "--tokens", "10", "--activations", "bf16",
            "--kv-dtype", "f32").Succeeds().ReplaceLineEndings("\n"));

    [Theory]
    [InlineData("--window: 2048 was given, but the model has a context of 2048 tokens and the begin-of-text token "
        + "takes one. Give at most 2047.",
        "--window", "2048")]
    [InlineData("--stride: 9 was given with a window of 8, but then tokens between windows would be left out. Give at "
        + "most 8.",
        "--window", "8", "--stride", "9")]
    public void Windows_that_do_not_work_are_refused(string sentence, params string[] options) =>
        Eval("text", ["--perplexity", "-", .. options]).FailsWith(2, sentence);

    [Theory]
    [InlineData("standard input: it holds no question, but lines of JSON objects with messages and answer were "
        + "expected.", "\n")]
    [InlineData("standard input, line 1: the object has no \"messages\", but an array of that name was expected.",
        "{}")]
    [InlineData("standard input, line 2: the object has no \"answer\", but one is needed to compare with.",
        "\n{\"messages\": []}")]
    [InlineData("standard input, line 1: \"tools\" is an object, but an array was expected.",
        "{\"messages\": [], \"answer\": \"\", \"tools\": {}}")]
    public void A_wrong_question_is_named(string sentence, string input) =>
        Eval(input, "--jsonl", "-").FailsWith(2, sentence);

    [Fact]
    public void A_question_beyond_the_context_is_named() => Eval(
            $$"""{"messages": [{"role": "user", "content": "{{string.Concat(Enumerable.Repeat("! ", 3000))}}"}], "answer": ""}""", "--jsonl", "-")
        .FailsWith(4, "standard input, line 1: the prompt has 6014 tokens, but the model has a context of 2048 tokens "
            + "and the answer needs room too. "
            + "Leave the question out.");

    private static JsonElement Divergence(string text, params string[] mode) => JsonDocument.Parse(
        InMode(text, ["--divergence", "-", "--tokens", "10", "--json", .. mode]).Succeeds()).RootElement;

    private static double Mean(JsonElement result) => result.GetProperty("mean_kl_nats").GetDouble();

    private static CommandRun Eval(string input, params string[] arguments) =>
        InMode(input, [.. arguments, "--activations", "f32", "--kv-dtype", "f32"]);

    private static CommandRun InMode(string input, params string[] arguments) =>
        CommandRun.WithInput(input, ["eval", Goldens.Demo, .. arguments, "--threads", "2"]);
}
