using System.Collections.Immutable;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>Classes of instructions, as the counters tell them apart.</summary>
public enum InstructionClass
{
    /// <summary>Integers, bits, comparisons, moves.</summary>
    Integer,

    /// <summary>Floats of any width, packed ones too.</summary>
    Float,

    /// <summary>Conversions.</summary>
    Convert,

    /// <summary>Loads and stores.</summary>
    Memory,

    /// <summary>Atomics and reductions.</summary>
    Atomic,

    /// <summary>Branches, calls, exits.</summary>
    Control,

    /// <summary>Shuffles, votes, matches.</summary>
    Warp,

    /// <summary>Barriers and fences.</summary>
    Barrier,

    /// <summary>Asynchronous copies and their barriers.</summary>
    Async,

    /// <summary>Products and moves of matrix fragments.</summary>
    Matrix,
}

/// <summary>Executions of a class of instructions.</summary>
/// <param name="Class">The class.</param>
/// <param name="Warps">Times that a warp executed one.</param>
/// <param name="Threads">Times that a thread executed one: predicated-off threads are not counted.</param>
public readonly record struct InstructionCount(InstructionClass Class, long Warps, long Threads);

/// <summary>What a launch executed and moved.</summary>
/// <param name="Instructions">One entry for each class that occurs.</param>
/// <param name="GlobalRequests">Warp instructions that accessed global memory.</param>
/// <param name="GlobalSectors">Sectors of 32 bytes that those touched.</param>
/// <param name="GlobalBytesRead">Bytes that threads asked for, copies included.</param>
/// <param name="GlobalBytesWritten">Bytes that threads gave, copies included.</param>
/// <param name="SharedRequests">Warp instructions that accessed shared memory.</param>
/// <param name="SharedConflicts">Passes over the banks beyond those that the request's size demands: 32 banks of 4 bytes.</param>
/// <param name="SharedBytesRead">Bytes read from shared memory.</param>
/// <param name="SharedBytesWritten">Bytes written to shared memory.</param>
public sealed record Counters(
    ImmutableArray<InstructionCount> Instructions, long GlobalRequests, long GlobalSectors, long GlobalBytesRead, long GlobalBytesWritten,
    long SharedRequests, long SharedConflicts, long SharedBytesRead, long SharedBytesWritten)
{
    /// <summary>Nothing executed.</summary>
    public static Counters None { get; } = new([], 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>Instructions of all warps.</summary>
    public long WarpInstructions => Instructions.Sum(i => i.Warps);

    /// <summary>Instructions of all threads.</summary>
    public long ThreadInstructions => Instructions.Sum(i => i.Threads);
}
