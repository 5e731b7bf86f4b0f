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
        bool isAccepted = code == 0;
        byte[] image = isAccepted ? File.ReadAllBytes(cubin) : [];
        return new Assembled(log, isAccepted, Largest(Registers(), log), Largest(Local(), log),
            new Lazy<SassListing>(() => isAccepted ? Disassemble(ptxas, image) : SassListing.Empty));
    }

    private static SassListing Disassemble(string ptxas, byte[] cubin)
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder.File("kernel.cubin"), cubin);
        (_, string sass, string error) =
            Execute(Path.Combine(Path.GetDirectoryName(ptxas)!, "nvdisasm"), "-c", folder.File("kernel.cubin"));   // not null: a file's path
        Assert.True(error.Length == 0, error);
        return SassListing.Parse(sass);
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

    [GeneratedRegex(@"(?<n>\d+) bytes (spill|stack)")]
    private static partial Regex Local();
}

/// <summary>What the assembler made of a kernel.</summary>
/// <param name="Log">Its words.</param>
/// <param name="IsAccepted">Whether it took the text.</param>
/// <param name="Registers">Registers per thread.</param>
/// <param name="LocalBytes">The largest of the stack frame, and of the stores and loads of spilled registers.</param>
/// <param name="Disassembly">Gives the code; takes longer than the assembler.</param>
internal sealed record Assembled(string Log, bool IsAccepted, int Registers, int LocalBytes, Lazy<SassListing> Disassembly)
{
    /// <summary>The code.</summary>
    public SassListing Sass => Disassembly.Value;

    /// <summary>Warnings that the code was made slower than it was written: <c>C7508</c>, <c>C7514</c> and their like.</summary>
    public IEnumerable<string> Warnings => Log.Split('\n').Where(l => l.Contains("C75", StringComparison.Ordinal));
}
