using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;

namespace Puna.Tools.GpuCheck;

/// <summary>Runs this program again under NVIDIA's compute-sanitizer, on small shapes.</summary>
internal static class Sanitizer
{
    private const int FoundSomething = 99;

    /// <summary>Its tools.</summary>
    public static ImmutableArray<string> Tools { get; } = ["memcheck", "racecheck", "initcheck", "synccheck"];

    /// <summary>Runs one of them; where it is not installed, says so.</summary>
    /// <param name="tool">Which.</param>
    /// <param name="only">The kernels; null for all.</param>
    /// <param name="limit">When to end it.</param>
    public static SanitizerRow Run(string tool, string? only, TimeSpan limit)
    {
        string[] self = Environment.ProcessPath is { } program && Path.GetFileNameWithoutExtension(program) != "dotnet"
            ? [program]
            : ["dotnet", Path.Combine(AppContext.BaseDirectory, "gpu-check.dll")];
        string[] kernels = only is null ? [] : ["--only", only];
        var start = new ProcessStartInfo("compute-sanitizer", ["--tool", tool, "--error-exitcode", $"{FoundSomething}",
            "--target-processes", "all", .. self, "--specs-only", .. kernels])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;   // not null: it is no shell document
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(limit))
            {
                process.Kill(entireProcessTree: true);
                return new SanitizerRow(tool, CheckVerdict.Skip, "time was up");
            }

            return process.ExitCode == 0
                ? new SanitizerRow(tool, CheckVerdict.Pass, "")
                : new SanitizerRow(tool, CheckVerdict.Fail, $"exit code {process.ExitCode}: {Ending(output.Result + error.Result)}");
        }
        catch (Win32Exception e)
        {
            return new SanitizerRow(tool, CheckVerdict.Skip, $"compute-sanitizer does not start here ({e.Message})");
        }
    }

    private static string Ending(string text) => string.Join('\n', text.Trim().Split('\n').TakeLast(40));
}
