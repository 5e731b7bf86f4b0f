using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>An entry of a module with all functions that it calls, decoded once and run many times.</summary>
internal sealed class PtxProgram
{
    private string _text = "";

    /// <summary>Where the first variable lies in a block's shared memory: address 0 belongs to nobody.</summary>
    public const int SharedBase = 1024;

    /// <summary>Name of the entry.</summary>
    public required string Entry { get; init; }

    /// <summary>What the text demands of the device.</summary>
    public required GpuArch Target { get; init; }

    public required Instruction[] Code { get; init; }

    /// <summary>Index of the entry's first instruction.</summary>
    public required int EntryPc { get; init; }

    public required RegisterFile Registers { get; init; }

    /// <summary>Registers that instructions write: undefined when a warp starts.</summary>
    public required IReadOnlyList<(Register Register, int Unused)> Writable { get; init; }

    /// <summary>Variables in global and constant memory.</summary>
    public required IReadOnlyList<VariableSyntax> Variables { get; init; }

    /// <summary>Functions in use, with what a pointer to one holds.</summary>
    public required IReadOnlyDictionary<string, ulong> Functions { get; init; }

    /// <summary>Parameters of the entry with their offsets.</summary>
    public required IReadOnlyList<(VariableSyntax Variable, int Offset)> Parameters { get; init; }

    /// <summary>Size of all parameters.</summary>
    public required int ParameterBytes { get; init; }

    /// <summary>Shared memory of the text's own variables, from <see cref="SharedBase"/> on.</summary>
    public required int StaticSharedBytes { get; init; }

    /// <summary>Where the variables of repeated activations begin in a thread's local memory.</summary>
    public required int StackOffset { get; init; }

    /// <summary>Whether a function may call itself.</summary>
    public required bool HasRecursion { get; init; }

    /// <summary>Whether the text uses the system's shared memory too, below <see cref="SharedBase"/>: cooperative groups do.</summary>
    public required bool UsesReservedShared { get; init; }

    /// <summary>Local memory of a thread.</summary>
    public required int LocalBytes { get; init; }

    public required LaunchBounds Bounds { get; init; }

    /// <summary>Whether the kernel waits for its predecessor by <c>griddepcontrol.wait</c>.</summary>
    public bool WaitsForPredecessor => Code.Any(i => i is Instructions.GridWait);

    /// <summary>Parses and decodes.</summary>
    /// <param name="text">The module.</param>
    /// <param name="entry">The kernel in it.</param>
    /// <param name="arch">The device: what it lacks is refused.</param>
    /// <exception cref="DeviceException">The text is wrong, unknown, or not for this device; the message names the line.</exception>
    public static PtxProgram Decode(string text, string entry, GpuArch arch)
    {
        PtxProgram program = new Decoder(PtxParser.Parse(text), entry, arch).Decode();
        program._text = text;
        return program;
    }

    /// <summary>A finding at one of the program's instructions.</summary>
    public Finding Describe(FindingKind kind, Instruction at, GpuDim block, GpuDim thread, ulong address, string message, int seed) =>
        new(kind, Entry, at.Syntax.Text, at.Syntax.Line, block, thread, address, message, seed) { Source = SourceComment.Before(_text, at.Syntax.Line) };
}
