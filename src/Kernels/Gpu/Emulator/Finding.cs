namespace Puna.Kernels.Gpu.Emulator;

/// <summary>What the emulator finds wrong, or worth a note.</summary>
public enum FindingKind
{
    /// <summary>An access outside of every allocation, or past the end of one.</summary>
    OutOfBounds,

    /// <summary>An access to memory that has been freed.</summary>
    FreedMemory,

    /// <summary>An address that is no multiple of the access's size.</summary>
    Misaligned,

    /// <summary>A store to constant memory or to parameters.</summary>
    ReadOnly,

    /// <summary>An undefined value decides something: a branch, an address, an atomic, an operand that must be defined.</summary>
    UndefinedValue,

    /// <summary>An output holds bytes that no thread has defined.</summary>
    UndefinedOutput,

    /// <summary>Note: memory is read that nobody has written.</summary>
    UndefinedLoad,

    /// <summary>Note: an undefined value is stored in global memory.</summary>
    UndefinedStore,

    /// <summary>Two threads access shared memory without an order between them, and one of them writes.</summary>
    SharedRace,

    /// <summary>A block reads what another one writes, without an order between them.</summary>
    GlobalRace,

    /// <summary>A load by <c>.nc</c> of memory that the same grid writes.</summary>
    NonCoherentLoad,

    /// <summary>The async proxy reads what threads wrote without <c>fence.proxy.async</c>, or the other way round.</summary>
    MissingProxyFence,

    /// <summary>An access to bytes that an asynchronous copy is still moving.</summary>
    InFlight,

    /// <summary>Threads that must execute a barrier or a <c>.sync</c> instruction together do not.</summary>
    DivergentBarrier,

    /// <summary>No thread can go on.</summary>
    Deadlock,

    /// <summary>An instruction is used against its rules: a wrong count, a wrong lane, a wrong descriptor.</summary>
    Misuse,

    /// <summary>A kernel that starts early touches what its predecessor uses before it waits for it.</summary>
    EarlyAccess,

    /// <summary>A thread executed <c>trap</c> or a failed assertion.</summary>
    Trap,
}

/// <summary>A mistake of a kernel, at the thread that showed it first.</summary>
/// <param name="Kind">What kind of mistake.</param>
/// <param name="Kernel">Name of the entry.</param>
/// <param name="Instruction">The instruction's text.</param>
/// <param name="Line">Its line in the PTX text, from 1; 0 where no instruction is to blame.</param>
/// <param name="Block">Index of the block.</param>
/// <param name="Thread">Index of the thread in its block; -1 where only the block is known.</param>
/// <param name="Address">The address, in the instruction's state space; 0 where none is involved.</param>
/// <param name="Message">What is wrong, with values.</param>
/// <param name="Seed">The seed of the run that showed it.</param>
public sealed record Finding(
    FindingKind Kind, string Kernel, string Instruction, int Line, GpuDim Block, GpuDim Thread, ulong Address, string Message, int Seed)
{
    /// <summary>How often the same instruction made the same mistake, in all threads.</summary>
    public long Count { get; init; } = 1;

    /// <summary>File and line of the C# program that wrote the instruction, where the text has comments that say so.</summary>
    public string? Source { get; init; }

    /// <summary>One line with everything that is known.</summary>
    public override string ToString()
    {
        string line = Line > 0 ? $" line {Line}{(Source is null ? "" : $" ({Source})")}" : "";
        string block = Block.X >= 0 ? $", block {Block}" : "", thread = Thread.X >= 0 ? $", thread {Thread}" : "";
        string instruction = Instruction.Length > 0 ? $"`{Instruction}` " : "";
        return $"{Kind}: {Kernel}{line}{block}{thread}, seed {Seed}: {instruction}{Message}" + (Count > 1 ? $" ({Count} times)" : "");
    }
}
