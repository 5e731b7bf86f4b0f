namespace Puna.Kernels.Gpu.Ptx;

/// <summary>What a kernel says about itself beside its code.</summary>
public sealed record KernelOptions
{
    /// <summary>Blocks of a cluster, written into the text as <c>.reqnctapercluster</c>; sm_90.</summary>
    /// <value>null by default: no cluster.</value>
    public GpuDim? Cluster { get; init; }

    /// <summary>Registers that a thread may use at most, as <c>.maxnreg</c>.</summary>
    /// <value>null by default: the assembler decides.</value>
    public int? MaxRegisters { get; init; }

    /// <summary>Blocks that must fit on a multiprocessor together, as <c>.minnctapersm</c>.</summary>
    /// <value>null by default: the assembler decides.</value>
    public int? MinBlocksPerSm { get; init; }

    /// <summary>
    /// The launch may overlap the kernel before it; the kernel must call <see cref="PtxBuilder.WaitForPredecessors"/>.
    /// </summary>
    /// <value>false by default.</value>
    public bool StartsEarly { get; init; }
}
