namespace Puna.Kernels.Gpu.Emulator;

/// <summary>When asynchronous copies and matrix products take effect.</summary>
public enum AsyncSchedule
{
    /// <summary>As late as legal: when a wait demands it, bulk copies when every warp is blocked on them.</summary>
    Late,

    /// <summary>As early as legal: at once.</summary>
    Early,
}

/// <summary>How the emulator runs kernels.</summary>
public sealed record EmulatorOptions
{
    /// <summary>The device that it poses as; code for others is refused.</summary>
    /// <value>sm_90a by default.</value>
    public GpuArch Arch { get; init; } = GpuArch.Sm90a;

    /// <summary>When asynchronous work takes effect.</summary>
    /// <value><see cref="AsyncSchedule.Late"/> by default.</value>
    public AsyncSchedule Schedule { get; init; } = AsyncSchedule.Late;

    /// <summary>Chooses the order of blocks and warps. The same seed on one thread gives the same run.</summary>
    /// <value>0 by default.</value>
    public int Seed { get; init; }

    /// <summary>Looks for mistakes: bounds, undefined values, races, order between blocks. Without it only addresses are checked.</summary>
    /// <value>true by default.</value>
    public bool Checked { get; init; } = true;

    /// <summary>Sums of one mma or wgmma run in an order that depends on opcode, shape and <see cref="Seed"/>.</summary>
    /// <value>false by default: in order of k.</value>
    public bool ShuffleSums { get; init; }

    /// <summary>Threads that run blocks; 0 for one per core.</summary>
    /// <value>0 by default. With more than one, the order of atomics between blocks differs from run to run.</value>
    public int Threads { get; init; }

    /// <summary>Warp instructions that one block may execute without any visible effect before it counts as stuck.</summary>
    /// <value>4 million by default.</value>
    public long PatienceInstructions { get; init; } = 4_000_000;

    /// <summary>Warp instructions that one block, or one cluster, may execute at all before it counts as endless.</summary>
    /// <value>1000 million by default.</value>
    public long MaximumInstructions { get; init; } = 1_000_000_000;
}
