using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Puna.Kernels.Gpu;
using Puna.TestKit;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>
/// NVIDIA's assembler and disassembler, where they can be had: they need no GPU. A test that uses them is skipped with
/// the reason where they cannot.
/// </summary>
internal static partial class Ptxas
{
    private static readonly Lazy<(string Path, string Reason)> Found = new(Find);
    private static readonly ConcurrentDictionary<(string Text, GpuArch Arch), Lazy<Assembled>> Done = [];

    /// <summary>Assembles a kernel for an architecture; a text that was assembled before is not assembled again.</summary>
    public static Assembled Assemble(string ptx, GpuArch arch)
    {
        (string path, string reason) = Found.Value;
        Assert.SkipWhen(path.Length == 0, $"skipped: {reason}");
        return Done.GetOrAdd((ptx, arch), key => new(() => Run(path, key.Text, key.Arch))).Value;
    }

    private static Assembled Run(string ptxas, string ptx, GpuArch arch)
    {
        using TemporaryFolder folder = new();
        string text = Path.Combine(folder.Path, "kernel.ptx"), cubin = Path.Combine(folder.Path, "kernel.cubin");
        File.WriteAllText(text, ptx);
        (int code, _, string log) = Execute(ptxas, $"-arch={arch}", "-v", text, "-o", cubin);
        if (code != 0)
            return new Assembled(log, false, 0, 0, SassListing.Empty);
        (_, string sass, string error) = Execute(Path.Combine(Path.GetDirectoryName(ptxas)!, "nvdisasm"), "-c", cubin);
        Assert.True(error.Length == 0, error);
        return new Assembled(log, true, Largest(Registers(), log), Largest(Spills(), log), SassListing.Parse(sass));
    }

    private static int Largest(Regex number, string log) =>
        number.Matches(log).Select(m => int.Parse(m.Groups["n"].ValueSpan)).DefaultIfEmpty().Max();

    private static (string Path, string Reason) Find()
    {
        string script = Path.Combine(Goldens.Shared("tools"), "get-ptxas.sh");
        if (!File.Exists(script) || OperatingSystem.IsWindows())
            return ("", $"no assembler, and no {script} to fetch it with");
        (int code, string output, string error) = Execute("bash", script, Path.Combine(Path.GetTempPath(), "puna-ptxas"));
        return code == 0 ? (output.Trim().Split('\n')[^1], "") : ("", error.Trim());
    }

    private static (int Code, string Output, string Error) Execute(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;   // not null: it is no shell document
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    [GeneratedRegex(@"Used (?<n>\d+) registers")]
    private static partial Regex Registers();

    [GeneratedRegex(@"(?<n>\d+) bytes spill")]
    private static partial Regex Spills();
}

/// <summary>What the assembler made of a kernel.</summary>
/// <param name="Log">Its words.</param>
/// <param name="IsAccepted">Whether it took the text.</param>
/// <param name="Registers">Registers per thread.</param>
/// <param name="SpillBytes">The larger of stores and loads of spilled registers.</param>
/// <param name="Sass">The code.</param>
internal sealed record Assembled(string Log, bool IsAccepted, int Registers, int SpillBytes, SassListing Sass)
{
    /// <summary>Warnings that the code was made slower than it was written: <c>C7508</c>, <c>C7514</c> and their like.</summary>
    public IEnumerable<string> Warnings => Log.Split('\n').Where(l => l.Contains("C75", StringComparison.Ordinal));
}
