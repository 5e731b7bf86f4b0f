using System.Collections.Immutable;
using System.CommandLine;
using System.Text.RegularExpressions;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Runtime.Loading;
using Puna.Tools.KernelChecks;

namespace Puna.Tools;

/// <summary><c>puna ptx run</c>: runs one kernel with tensors from and to safetensors files.</summary>
internal sealed partial class PtxRun
{
    private readonly Argument<string> _file = new("FILE") { Description = "PTX text" };

    private readonly Option<string?> _entry = Flags.Text("--entry", "NAME",
        "The kernel in it [default: the only one]");

    private readonly Option<GpuDim?> _grid = PtxFlags.Dim("--grid", "Blocks");
    private readonly Option<GpuDim?> _block = PtxFlags.Dim("--block", "Threads of a block");
    private readonly Option<GpuDim?> _cluster = PtxFlags.Dim("--cluster", "Blocks of a cluster [default: what the text says]");

    private readonly Option<int?> _shared = Flags.Number("--shared", "BYTES", 0, 1 << 20,
        "Dynamic shared memory [default: 0]");

    private readonly Option<string[]> _arguments = new("--arg")
    {
        HelpName = "ARG",
        Description = "One for each parameter, in their order: NAME is a buffer with that tensor of --input; "
            + "NAME:f32[8,128] is a new buffer, undefined until the kernel writes it; NAME:f32[8,128]=0 is filled with a "
            + "value; 5000 is 32 bits, 1.5f an f32, null a zero pointer; u64:7, f64:0.5, bf16:1 say their type",
    };

    private readonly Option<string?> _input = Flags.Text("--input", "FILE", "Tensors to run on (safetensors)");

    private readonly Option<string?> _output = Flags.Text("--output", "FILE",
        "Writes all buffers as they are after the launch (safetensors)");

    private readonly Option<string?> _arch = Flags.Text("--arch", "NAME",
        "The architecture that the emulator poses as [default: the text's .target]");

    private readonly PtxArguments _how = PtxArguments.OfRun();

    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        var run = new PtxRun();
        run._grid.Required = run._block.Required = true;
        var command = new Command("run", "Runs one kernel. Exit code 1 if the emulator has a report.")
        {
            run._file, run._entry, run._grid, run._block, run._cluster, run._shared, run._arguments, run._input, run._output,
            run._arch,
        };
        run._how.AddTo(command);
        command.SetAction(parsed => run.Execute(parsed, terminal));
        return new Verb(command, """
              puna ptx run saxpy.ptx --grid 4 --block 128 --input in.safetensors --output out.safetensors \
                  --arg x --arg y --arg 1.5f --arg 500
              puna ptx run reduce.ptx --entry block_sum --grid 5 --block 96 --input in.safetensors \
                  --arg x --arg sums:f32[5] --arg u32:480
            """);
    }

    private int Execute(ParseResult parsed, Terminal terminal)
    {
        CheckOptions options = _how.Options(parsed);
        string path = parsed.GetRequiredValue(_file);
        if (parsed.GetValue(_output) is { } target)
            OutputFiles.Check(target);
        string text = PtxFiles.Read(path, "PTX text", File.ReadAllText);
        GpuKernel kernel = GpuKernel.FromPtx(text, Entry(text, parsed.GetValue(_entry), path), parsed.GetValue(_block)!.Value) with
        {
            DynamicSharedBytes = parsed.GetValue(_shared) ?? 0,
            Cluster = parsed.GetValue(_cluster),
        };
        ImmutableArray<RunArgument> arguments = Arguments(parsed);
        var call = new KernelCall(kernel, parsed.GetValue(_grid)!.Value, [.. arguments.Select(a => a.Argument)], []);

        bool isRight = true;
        using CheckDevices devices = PtxFiles.Open(options);
        foreach (CheckDevice device in devices.For(Arch(parsed, text, path)))
        {
            terminal.Interrupts.Token.ThrowIfCancellationRequested();
            isRight &= Launch(device, call, arguments, parsed.GetValue(_output), path, terminal);
        }

        return (int)(isRight ? ExitCode.Ok : ExitCode.Failed);
    }

    private static bool Launch(CheckDevice device, KernelCall call, ImmutableArray<RunArgument> arguments, string? output,
        string path, Terminal terminal)
    {
        Dictionary<string, byte[]> buffers = new(StringComparer.Ordinal);
        CheckResult result = device.Run(call, launch =>
        {
            foreach (string name in launch.Buffers)
                buffers[name] = launch.Read(name);
        });
        var table = new CheckTable(call.Kernel.Entry.Length);
        terminal.Output.WriteLine(table.Header);
        terminal.Output.WriteLine(table.Row(call.Kernel.Entry, result));
        foreach (string problem in result.Problems(path))
            terminal.Output.WriteLine($"  {problem}");
        foreach (Finding note in result.Notes)
            terminal.Output.WriteLine($"  note: {note}");
        RunArgument[] named = [.. arguments.Where(a => buffers.ContainsKey(a.Argument.Name)).DistinctBy(a => a.Argument.Name)];
        foreach (RunArgument argument in named)
            terminal.Output.WriteLine($"  {argument.Describe(buffers[argument.Argument.Name])}");
        if (output is not null && result.Failure is null)
            SafetensorsWriter.Write(output, [.. named.Select(a => a.ToTensor(buffers[a.Argument.Name]))]);
        return result.IsRight;
    }

    private ImmutableArray<RunArgument> Arguments(ParseResult parsed)
    {
        string? input = parsed.GetValue(_input);
        KernelTensors? tensors = input is null ? null : PtxFiles.Read(input, "tensors in a safetensors file", KernelTensors.Open);
        return [.. (parsed.GetValue(_arguments) ?? []).Select(a => PtxFiles.Read(a, "an argument", t => RunArgument.Parse(t, tensors)))];
    }

    private static string Entry(string text, string? asked, string path)
    {
        string[] entries = [.. EntryName().Matches(text).Select(m => m.Groups["name"].Value)];
        string list = entries.Length == 0 ? "none" : string.Join(", ", entries);
        if (asked is not null && !entries.Contains(asked))
            throw CommandException.BadInput($"{path}: there is no entry '{asked}', but one of those in the text was expected: "
                + $"{list}.");
        return asked ?? (entries is [string only]
            ? only
            : throw CommandException.BadInput($"{path}: the text has {entries.Length} entries ({list}), but one was expected. "
                + "Choose with --entry."));
    }

    private GpuArch Arch(ParseResult parsed, string text, string path)
    {
        string? asked = parsed.GetValue(_arch);
        string name = asked ?? Target().Match(text).Groups["name"].Value;
        try
        {
            return GpuArch.Parse(name);
        }
        catch (FormatException e)
        {
            throw CommandException.BadInput(asked is null
                ? $"{path}: the text has no line '.target sm_…', but one was expected. Give --arch."
                : $"--arch: '{asked}' was given, but a name like sm_80 or sm_90a was expected.", e);
        }
    }

    [GeneratedRegex(@"^[^/\r\n]*\.entry\s+(?<name>[\w$%]+)", RegexOptions.Multiline)]
    private static partial Regex EntryName();

    [GeneratedRegex(@"^\s*\.target\s+(?<name>sm_\w+)", RegexOptions.Multiline)]
    private static partial Regex Target();
}
