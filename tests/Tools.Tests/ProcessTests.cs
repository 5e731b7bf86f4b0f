using System.Diagnostics;
using Puna.TestKit;

namespace Puna.Tools.Tests;

/// <summary>The command as a process of its own: what only the system can show.</summary>
public class ProcessTests
{
    private const string Question = "What is the capital of France?";

    [Fact]
    public void The_process_answers_in_utf8_and_returns_0()
    {
        using Process process = Start("dotnet", Program, "run", Goldens.Demo, "--raw", "ห้า", "--max-tokens", "1",
            "--json", "--threads", "1");
        process.StandardInput.Close();

        Assert.StartsWith("{\"ids\":[", process.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal(0, Wait(process));
    }

    [Fact]
    public void A_failure_is_a_sentence_on_standard_error()
    {
        using Process process = Start("dotnet", Program, "inspect", "none");

        Assert.Equal("puna: none: there is no such folder, but a model folder with config.json and model.safetensors "
            + "was expected. Check the path."
            + Environment.NewLine, process.StandardError.ReadToEnd());
        Assert.Equal(3, Wait(process));
    }

    [Theory]
    [InlineData("<&-")]
    [InlineData("</dev/null")]
    public void A_closed_standard_input_is_a_sentence(string redirection)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "skipped: no POSIX shell");
        using Process process = Start("sh", "-c", $"exec dotnet \"$0\" run \"$1\" {redirection}", Program,
            Goldens.Demo);

        Assert.Equal("puna: prompt: standard input is empty or closed, but a text was expected. Give it as an "
            + "argument, or pipe it in."
            + Environment.NewLine, process.StandardError.ReadToEnd());
        Assert.Equal(2, Wait(process));
    }

    [Fact]
    public void Ctrl_c_in_the_middle_of_an_answer_ends_it_with_130()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "skipped: no POSIX signals");
        using Process process = Start("dotnet", Program, "run", Goldens.Demo, Question, "--ignore-eos", "--max-tokens",
            "2000", "--threads", "1", "--activations", "f32", "--kv-dtype", "f32");

        Assert.Equal('T', process.StandardOutput.Read());
        using (Process kill = Start("kill", "-INT", $"{process.Id}"))
            Assert.Equal(0, Wait(kill));

        Assert.StartsWith("he capital", process.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
        Assert.Matches(@"^prompt: 22 tokens, [\d.]+ tok/s \| generated: \d+ tokens", process.StandardError.ReadToEnd());
        Assert.Equal(130, Wait(process));
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "puna.dll");

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = System.Text.Encoding.UTF8,
        })!;   // not null: it is no shell document

    private static int Wait(Process process)
    {
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
            process.Kill();
        process.WaitForExit();
        return process.ExitCode;
    }
}
