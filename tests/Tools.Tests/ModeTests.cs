using System.Text.Json;
using Puna.TestKit;

namespace Puna.Tools.Tests;

/// <summary>The options that choose in what a model's numbers are kept and met.</summary>
public sealed class ModeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("bf16", "bf16", "bf16")]
    [InlineData("fp8", "bf16", "bf16")]
    [InlineData("int8", "int8", "bf16")]
    [InlineData("int8", "bf16", "f32")]
    [InlineData("int8", "f32", "f32")]
    public void Json_names_the_mode_and_the_demo_answers_in_each(string weights, string activations, string cacheType)
    {
        JsonElement answer = JsonDocument.Parse(CommandRun.Of("run", Goldens.Demo, "What is the capital of France?", "--json",
            "--weights", weights, "--activations", activations, "--kv-dtype", cacheType, "--threads", "2").Succeeds()).RootElement;

        Assert.Equal($$"""{"weights":"{{weights}}","activations":"{{activations}}","kv_dtype":"{{cacheType}}"}""",
            answer.GetProperty("mode").GetRawText());
        Assert.Equal("The capital of France is Paris.", answer.GetProperty("text").GetString());
    }

    [Fact]
    public void What_does_not_go_together_is_a_sentence() => Run("--activations", "int8").FailsWith(2,
        "activations: I8 was asked for with weights in BF16 as stored, but weights in I8 were expected (a product of bytes needs both "
        + "in bytes). Ask for weights in I8 too, or for activations in BF16 or F32.");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Packed_weights_are_written_at_the_first_start_and_read_at_the_second(bool isBeside)
    {
        string model = _folder.CopyFrom(Goldens.Demo), folder = isBeside ? model : Directory.CreateDirectory(_folder.File("kept")).FullName;
        string[] pack = isBeside ? ["--pack"] : ["--pack-to", folder];
        string[] arguments = ["run", model, "hi", "--raw", "--max-tokens", "5", "--weights", "int8", "--threads", "1", .. pack];

        CommandRun first = CommandRun.Of(arguments), second = CommandRun.Of(arguments);

        string file = Assert.Single(Directory.GetFiles(folder, "puna-packed-*"));
        Assert.StartsWith($"{Path.GetFileName(file)}: {new FileInfo(file).Length:N0} bytes were written; the next start reads them."
            + $"{Environment.NewLine}prompt: ", first.Error, StringComparison.Ordinal);
        Assert.StartsWith("prompt: ", second.Error, StringComparison.Ordinal);
        Assert.Equal(first.Succeeds(), second.Succeeds());
    }

    [Fact]
    public void Places_for_packed_weights_that_cannot_be_are_refused()
    {
        string nowhere = _folder.File("none");

        Run("--pack", "--pack-to", _folder.Path).FailsWith(2,
            "--pack: it was given with --pack-to, but only one of them can be used. Leave one out.");
        Run("--pack-to", nowhere).FailsWith(2,
            $"--pack-to: there is no folder {nowhere}, but packed weights were to be kept there. Make the folder first.");
    }

    private static CommandRun Run(params string[] arguments) => CommandRun.Of(["run", Goldens.Demo, "hi", .. arguments, "--threads", "1"]);
}
