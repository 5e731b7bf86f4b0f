using System.Collections.Immutable;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>What a launch in the emulator showed.</summary>
/// <param name="Reports">Mistakes; empty for a right kernel.</param>
/// <param name="Notes">Undefined values that were read and decided nothing.</param>
/// <param name="Counters">What was executed and moved.</param>
/// <param name="Seed">The seed that chose the order of blocks and warps.</param>
public sealed record LaunchReport(ImmutableArray<Finding> Reports, ImmutableArray<Finding> Notes, Counters Counters, int Seed);
