using System.Collections.Immutable;
using System.CommandLine;
using System.IO.Enumeration;
using Puna.Kernels.Gpu;
using Puna.Tools.KernelChecks;

namespace Puna.Tools;

/// <summary><c>puna ptx check</c>: runs the kernels of a manifest and compares what they give.</summary>
internal sealed class PtxCheck
{
    private readonly Argument<string> _manifest = new("MANIFEST")
    {
        Description = "JSON list of kernels: for each name, entry, arch, grid, block, dynamic_shared_bytes, cluster, "
            + "parameters and outputs; NAME.ptx and NAME.safetensors lie beside it",
    };

    private readonly Option<string?> _only = Flags.Text("--only", "NAME",
        "Check this kernel alone; '*' stands for any text [default: all]");

    private readonly PtxArguments _how = PtxArguments.OfCheck();

    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        var check = new PtxCheck();
        var command = new Command("check",
            "Runs the kernels of a manifest and compares their outputs with what is expected. Exit code 1 if one fails.")
        {
            check._manifest, check._only,
        };
        check._how.AddTo(command);
        command.SetAction(parsed => check.Execute(parsed, terminal));
        return new Verb(command, """
              puna ptx check kernels.json
              puna ptx check kernels.json --only 'matmul-*' --schedule late --seed 7
              puna ptx check kernels.json --backend cuda
            """);
    }

    private int Execute(ParseResult parsed, Terminal terminal)
    {
        string path = parsed.GetRequiredValue(_manifest);
        CheckOptions options = _how.Options(parsed);
        ImmutableArray<ManifestKernel> kernels = Chosen(PtxFiles.Read(path, "a JSON list of kernels", KernelManifest.Read),
            parsed.GetValue(_only));
        var table = new CheckTable(kernels.Max(k => k.Name.Length));
        using var devices = PtxFiles.Open(options);
        int passed = 0, failed = 0, skipped = 0;
        terminal.Output.WriteLine(table.Header);
        foreach (ManifestKernel kernel in kernels)
        {
            if (!devices.Runs(kernel.Arch))
            {
                terminal.Output.WriteLine(table.Skipped(kernel.Name, devices.Label));
                skipped++;
                continue;
            }

            KernelCall call = PtxFiles.Read(kernel.Name, "a kernel's text and tensors", _ => kernel.Load());
            foreach (CheckResult result in devices.Run(kernel.Arch, call))
            {
                terminal.Interrupts.Token.ThrowIfCancellationRequested();
                terminal.Output.WriteLine(table.Row(kernel.Name, result));
                foreach (string problem in result.Problems(kernel.Name))
                    terminal.Output.WriteLine($"  {problem}");
                _ = result.IsRight ? passed++ : failed++;
            }

            terminal.Output.Flush();
        }

        string rest = skipped > 0 ? $", {skipped} skipped: not for {devices.Label}" : "";
        terminal.Output.WriteLine($"{kernels.Length} kernels, {passed + failed} runs: {passed} passed, {failed} failed{rest}");
        return (int)(failed > 0 ? ExitCode.Failed : ExitCode.Ok);
    }

    private static ImmutableArray<ManifestKernel> Chosen(KernelManifest manifest, string? only)
    {
        string name = Path.GetFileName(manifest.Path);
        ImmutableArray<ManifestKernel> chosen = only is null
            ? manifest.Kernels
            : [.. manifest.Kernels.Where(k => FileSystemName.MatchesSimpleExpression(only, k.Name, ignoreCase: false))];
        if (manifest.Kernels.IsEmpty)
            throw CommandException.BadInput($"{name}: the list is empty, but at least one kernel was expected.");
        return chosen.IsEmpty
            ? throw CommandException.BadInput($"--only: '{only}' was given, but none of the {manifest.Kernels.Length} kernels "
                + $"of {name} has that name. The first is '{manifest.Kernels[0].Name}'.")
            : chosen;
    }
}
