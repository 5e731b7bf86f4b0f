using System.Collections.Concurrent;
using System.Diagnostics;
using Puna.Kernels.Gpu;
using Puna.TestKit;
using Puna.Tools.KernelChecks;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>
/// NVIDIA's assembler and disassembler, where they can be had: they need no GPU. A test that uses them is skipped with
/// the reason where they cannot.
/// </summary>
internal static class Ptxas
{
    private static readonly Lazy<(Assembler? Assembler, string Reason)> Found = new(Find);
    private static readonly ConcurrentDictionary<(string Text, GpuArch Arch), Lazy<Assembled>> Done = [];

    /// <summary>Assembles a kernel for an architecture; a text that was assembled before is not assembled again.</summary>
    public static Assembled Assemble(string ptx, GpuArch arch)
    {
        (Assembler? assembler, string reason) = Found.Value;
        Assert.SkipWhen(assembler is null, $"skipped: {reason}");
        return Done.GetOrAdd((ptx, arch), key => new(() => assembler!.Assemble(key.Text, key.Arch))).Value;   // not null: skipped above
    }

    private static (Assembler? Assembler, string Reason) Find()
    {
        string script = Path.Combine(Goldens.Shared("tools"), "get-ptxas.sh");
        if (!File.Exists(script) || OperatingSystem.IsWindows())
            return (null, $"no assembler, and no {script} to fetch it with");
        using Process process = Process.Start(new ProcessStartInfo("bash", [script, Path.Combine(Path.GetTempPath(), "puna-ptxas")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;   // not null: it is no shell document
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? (new Assembler(output.Trim().Split('\n')[^1]), "") : (null, error.Result.Trim());
    }
}
