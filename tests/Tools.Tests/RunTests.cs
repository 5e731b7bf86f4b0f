using System.Text.Json;
using Puna.TestKit;

namespace Puna.Tools.Tests;

public class RunTests
{
    private const string Question = "What is the capital of France?";

    [Fact]
    public void The_first_command_of_the_readme_answers()
    {
        CommandRun run = Exact(Question);

        Assert.Equal("The capital of France is Paris." + Environment.NewLine, run.Succeeds());
        Assert.Matches(
            @"^prompt: 22 tokens, [\d.]+ tok/s \| generated: 8 tokens, [\d.]+ tok/s \| load: [\d.]+ s\r?\n$", run.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    public void A_prompt_is_read_from_standard_input_without_its_last_line_break(string argument)
    {
        string[] prompt = argument.Length == 0 ? [] : [argument];

        CommandRun run = CommandRun.WithInput(Question + "\n", ["run", Goldens.Demo, .. prompt, "--threads", "2", .. ExactMode]);

        Assert.Equal("The capital of France is Paris." + Environment.NewLine, run.Succeeds());
        Assert.StartsWith("prompt: 22 tokens", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu", "f32")]
    [InlineData("reference", "f32")]
    [InlineData("cpu", "bf16")]
    public void Ids_give_the_recorded_greedy_ids_on_one_line_of_json(string backend, string cacheType)
    {
        RecordedPrompt prompt = RecordedPrompt.Demo[0];
        using TemporaryFolder folder = new();
        string ids = WriteIds(folder, prompt.Ids);

        CommandRun run = Run("--ids", ids, "--max-tokens", $"{prompt.AnswerIds.Length}", "--temperature", "0",
            "--ignore-eos", "--json",
            "--backend", backend, "--activations", "f32", "--kv-dtype", cacheType);

        Assert.Equal(1, run.Succeeds().Count(c => c == '\n'));
        JsonElement answer = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(["ids", "text", "finish_reason", "usage", "mode"], answer.EnumerateObject().Select(p => p.Name));
        Assert.Equal(prompt.AnswerIds, answer.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(prompt.Answer.Replace("<|eot_id|>", ""), answer.GetProperty("text").GetString());
        Assert.Equal("length", answer.GetProperty("finish_reason").GetString());
        int prompts = prompt.Ids.Length, answers = prompt.AnswerIds.Length;
        Assert.Equal($$"""{"prompt_tokens":{{prompts}},"completion_tokens":{{answers}},"total_tokens":{{prompts + answers}}}""",
            answer.GetProperty("usage").GetRawText());
        Assert.Equal($$"""{"weights":"stored","activations":"f32","kv_dtype":"{{cacheType}}"}""",
            answer.GetProperty("mode").GetRawText());
    }

    [Fact]
    public void The_stop_token_is_the_last_id_and_no_text()
    {
        JsonElement answer = Json(Exact(Question, "--json"));

        Assert.Equal("The capital of France is Paris.", answer.GetProperty("text").GetString());
        Assert.Equal("stop", answer.GetProperty("finish_reason").GetString());
        Assert.Equal(2297, answer.GetProperty("ids")[7].GetInt32());
        Assert.Equal(8, answer.GetProperty("ids").GetArrayLength());
    }

    [Fact]
    public void A_folder_without_a_tokenizer_runs_on_ids()
    {
        using TemporaryFolder folder = new();
        string model = TinyModel.Llama().Write(folder.Path);

        CommandRun run = CommandRun.Of("run", model, "--ids", WriteIds(folder, [1, 5, 9]), "--max-tokens", "6",
            "--temperature", "0",
            "--ignore-eos", "--json", "--threads", "1");

        JsonElement answer = Json(run);
        Assert.Equal(6, answer.GetProperty("ids").GetArrayLength());
        Assert.Equal("", answer.GetProperty("text").GetString());
    }

    [Fact]
    public void Raw_text_begins_with_the_begin_of_text_token_and_has_no_template()
    {
        JsonElement answer = Json(Run("The capital", "--raw", "--max-tokens", "1", "--json"));

        int ids = CommandRun.Of("tokenize", Goldens.Demo, "The capital", "--bos").Succeeds().Split('\n')
            .Count(l => l.Contains('"'));
        Assert.Equal(ids, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public void Messages_are_the_conversation_that_system_and_prompt_would_make()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("m.json"),
            $$"""[{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": "{{Question}}"}]""");

        string given = Run("--messages", folder.File("m.json"), "--json").Succeeds();

        Assert.Equal(Run(Question, "--system", "Answer briefly.", "--json").Succeeds(), given);
    }

    [Fact]
    public void Stop_texts_end_the_answer_before_them()
    {
        JsonElement answer = Json(Exact(Question, "--stop", "x", "--stop", " of F", "--json"));

        Assert.Equal("The capital", answer.GetProperty("text").GetString());
        Assert.Equal("stop", answer.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public void The_same_seed_draws_the_same_answer_and_another_seed_another()
    {
        string first = Story("7");

        Assert.Equal(first, Story("7"));
        Assert.NotEqual(first, Story("8"));

        static string Story(string seed) =>
            Run("In a quiet", "--raw", "--temperature", "1.5", "--seed", seed, "--max-tokens", "12").Succeeds();
    }

    [Fact]
    public void Logprobs_come_with_as_many_alternatives_as_asked_likeliest_first()
    {
        JsonElement[] tokens = [.. Json(Exact(Question, "--json", "--logprobs", "3")).GetProperty("logprobs")
            .EnumerateArray()];

        Assert.Equal(8, tokens.Length);
        Assert.All(tokens, token =>
        {
            double[] top = [.. token.GetProperty("top").EnumerateArray()
                .Select(t => t.GetProperty("logprob").GetDouble())];
            Assert.Equal(3, top.Length);
            Assert.Equal(top.OrderDescending(), top);
            Assert.Equal(top[0], token.GetProperty("logprob").GetDouble());   // greedy
        });
        Assert.Equal("The", tokens[0].GetProperty("token").GetString());
    }

    [Fact]
    public void Ctrl_c_prints_what_there_is_and_ends_with_130()
    {
        Interrupts interrupts = new();
        using PressingWriter output = new(interrupts, after: "capital");

        CommandRun run = CommandRun.With(TextReader.Null, output, interrupts, "run", Goldens.Demo, Question,
            "--threads", "2", "--activations", "f32", "--kv-dtype", "f32");

        Assert.Equal("The capital" + Environment.NewLine, run.Output);
        Assert.Equal(130, run.Code);
        Assert.StartsWith("prompt: 22 tokens", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_c_while_loading_ends_with_130()
    {
        Interrupts interrupts = new();
        interrupts.Raise();

        CommandRun.With("", interrupts, "run", Goldens.Demo, Question).FailsWith(130, "cancelled.");
    }

    private static readonly string[] ExactMode = ["--activations", "f32", "--kv-dtype", "f32"];

    /// <summary>In the mode in which answers were recorded.</summary>
    private static CommandRun Exact(params string[] arguments) => Run([.. arguments, .. ExactMode]);

    private static CommandRun Run(params string[] arguments) =>
        CommandRun.Of(["run", Goldens.Demo, .. arguments, "--threads", "2"]);

    private static JsonElement Json(CommandRun run) => JsonDocument.Parse(run.Succeeds()).RootElement;

    private static string WriteIds(TemporaryFolder folder, IEnumerable<int> ids)
    {
        File.WriteAllText(folder.File("ids.json"), JsonSerializer.Serialize(ids));
        return folder.File("ids.json");
    }
}
