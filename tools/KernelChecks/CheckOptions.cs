using System.Collections.Immutable;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Tools.KernelChecks;

/// <summary>What kernels are checked on.</summary>
internal enum CheckBackend
{
    /// <summary>The emulator, which poses as the architecture that each kernel is written for.</summary>
    Emulator,

    /// <summary>The machine's GPU.</summary>
    Cuda,
}

/// <summary>How kernels are checked.</summary>
internal sealed record CheckOptions
{
    /// <summary>What they run on.</summary>
    public CheckBackend Backend { get; init; }

    /// <summary>In the emulator: the schedules of asynchronous work, one run for each.</summary>
    public ImmutableArray<AsyncSchedule> Schedules { get; init; } = [AsyncSchedule.Late, AsyncSchedule.Early];

    /// <summary>In the emulator: chooses the order of warps and blocks.</summary>
    public int Seed { get; init; }

    /// <summary>In the emulator: whether the seed also chooses the order of sums inside one matrix instruction.</summary>
    public bool ShuffleSums { get; init; }

    /// <summary>In the emulator: whether it looks for mistakes beside wrong results.</summary>
    public bool IsChecked { get; init; } = true;

    /// <summary>
    /// On hardware: each buffer is an allocation of its own without guard bytes, so that compute-sanitizer sees its bounds.
    /// </summary>
    public bool HasExactMemory { get; init; }
}
