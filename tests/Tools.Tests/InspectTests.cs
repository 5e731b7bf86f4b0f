using System.Text.Json;
using Puna.TestKit;

namespace Puna.Tools.Tests;

public class InspectTests
{
    [Fact]
    public void The_demo_is_described_for_people()
    {
        string text = CommandRun.Of("inspect", Goldens.Demo, "--activations", "f32").Succeeds().Replace(Goldens.Demo, "models/demo");

        GoldenFile.Matches("tests/Tools.Tests/Data/inspect-demo.txt",
            string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(l => l.TrimEnd())));
    }

    [Fact]
    public void Json_holds_the_same_facts()
    {
        JsonElement report = JsonDocument.Parse(CommandRun.Of("inspect", Goldens.Demo, "--json", "--context", "512",
            "--activations", "f32")
            .Succeeds()).RootElement;

        Assert.Equal(3_935_488, report.GetProperty("parameter_count").GetInt64());
        Assert.Equal("BF16", report.GetProperty("modules")[0].GetProperty("dtype").GetString());
        JsonElement memory = report.GetProperty("memory");
        Assert.Equal(512, memory.GetProperty("context_tokens").GetInt32());
        Assert.Equal(512 * report.GetProperty("kv_bytes_per_token_f32").GetInt64(), memory.GetProperty("kv_bytes").GetInt64());
        Assert.Equal("""{"weights":"stored","activations":"f32","kv_dtype":"f32"}""", memory.GetProperty("mode").GetRawText());
    }

    [Fact]
    public void Memory_is_that_of_the_chosen_mode()
    {
        long stored = Memory(), fp8 = Memory("--weights", "fp8"), bf16 = Memory("--weights", "bf16");

        Assert.Equal(stored, bf16);
        Assert.InRange(fp8, stored / 2, stored * 9 / 10);   // the embedding stays as it is, beside a head in codes

        static long Memory(params string[] options) =>
            JsonDocument.Parse(CommandRun.Of(["inspect", Goldens.Demo, "--json", .. options]).Succeeds()).RootElement
                .GetProperty("memory").GetProperty("weight_bytes").GetInt64();
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_described()
    {
        using TemporaryFolder folder = new();

        string text = CommandRun.Of("inspect", TinyModel.Mistral().Write(folder.Path)).Succeeds();

        Assert.Matches(@"(?m)^tokenizer +none\r?$", text);
        Assert.Matches(@"(?m)^context +128 tokens, window 5\r?$", text);
    }

    [Fact]
    public void A_context_beyond_the_models_is_refused() =>
        CommandRun.Of("inspect", Goldens.Demo, "--context", "5000").FailsWith(2,
            "--context: 5000 was given, but the model has a context of 2048 tokens. Give at most as many.");
}
