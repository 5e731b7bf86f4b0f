using System.Diagnostics;
using System.Text;

namespace Puna.Docs.Tests;

/// <summary>Runs the <c>dotnet</c> program that runs these tests.</summary>
public static class Command
{
    /// <summary>Runs it to its end and returns its exit code and everything it printed.</summary>
    /// <param name="folder">The working directory.</param>
    /// <param name="limit">When to end it.</param>
    /// <param name="arguments">As separate words.</param>
    public static (int ExitCode, string Output) Dotnet(string folder, TimeSpan limit, params string[] arguments)
    {
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        ProcessStartInfo start = new(dotnet, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // a build that runs around this one must not lend us its nodes, its SDK or its pipe
        foreach (string name in start.Environment.Keys.Where(IsOfOuterBuild).ToArray())
            start.Environment.Remove(name);
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["NO_COLOR"] = "1";

        using Process process = Process.Start(start)!;
        StringBuilder output = new();
        process.OutputDataReceived += (_, e) => Collect(e.Data);
        process.ErrorDataReceived += (_, e) => Collect(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
            Collect($"ended after {limit.TotalSeconds} s");
        }

        process.WaitForExit();
        return (process.ExitCode, output.ToString());

        void Collect(string? line)
        {
            lock (output)
                output.AppendLine(line);
        }
    }

    private static bool IsOfOuterBuild(string variable) =>
        variable.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
        || variable.StartsWith("TESTINGPLATFORM", StringComparison.OrdinalIgnoreCase)
        || variable.StartsWith("DOTNET_CLI_TEST", StringComparison.OrdinalIgnoreCase);
}
