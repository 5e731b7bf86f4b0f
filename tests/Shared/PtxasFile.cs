using System.Diagnostics;

namespace Puna.TestKit;

/// <summary>NVIDIA's offline assembler, fetched where that is possible; it needs no GPU.</summary>
public static class PtxasFile
{
    private static readonly Lazy<(string? Path, string Reason)> Found = new(Find);

    /// <summary>Its path; null where it cannot be had.</summary>
    public static string? Path => Found.Value.Path;

    /// <summary>Why there is none.</summary>
    public static string Reason => Found.Value.Reason;

    private static (string? Path, string Reason) Find()
    {
        string script = System.IO.Path.Combine(Goldens.Shared("tools"), "get-ptxas.sh");
        if (!File.Exists(script) || OperatingSystem.IsWindows())
            return (null, $"no assembler, and no {script} to fetch it with");
        string cache = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "puna-ptxas");
        using Process process = Process.Start(new ProcessStartInfo("bash", [script, cache]) { RedirectStandardOutput = true, RedirectStandardError = true })!;   // not null: it is no shell document
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? (output.Trim().Split('\n')[^1], "") : (null, error.Result.Trim());
    }
}
