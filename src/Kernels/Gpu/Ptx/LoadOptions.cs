namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Threads that see accesses in order.</summary>
public enum MemoryScope
{
    /// <summary>Those of the block.</summary>
    Block,

    /// <summary>Those of the cluster; sm_90.</summary>
    Cluster,

    /// <summary>Those of the device.</summary>
    Device,

    /// <summary>Those of every device and the host.</summary>
    System,
}

/// <summary>What a load or store promises to other threads.</summary>
public enum MemoryOrder
{
    /// <summary>Nothing: other threads' accesses must be ordered by a barrier.</summary>
    Weak,

    /// <summary>Not removed or joined by the assembler, and seen by everybody in the end.</summary>
    Volatile,

    /// <summary>A whole access within its scope, without order.</summary>
    Relaxed,

    /// <summary>Of a load: nothing after it happens before it.</summary>
    Acquire,

    /// <summary>Of a store: nothing before it happens after it.</summary>
    Release,

    /// <summary>Of an atomic access: both.</summary>
    AcquireRelease,
}

/// <summary>How long the first-level cache keeps what an access touched.</summary>
public enum L1Caching
{
    /// <summary>As long as other data.</summary>
    Normal,

    /// <summary>Not at all.</summary>
    None,

    /// <summary>Given up first.</summary>
    EvictFirst,

    /// <summary>Given up last.</summary>
    EvictLast,
}

/// <summary>Bytes that a load brings into the second-level cache.</summary>
public enum L2Prefetch
{
    /// <summary>What the load needs.</summary>
    None,

    /// <summary>64 bytes around it.</summary>
    Bytes64,

    /// <summary>128 bytes around it.</summary>
    Bytes128,

    /// <summary>256 bytes around it; sm_80 takes 128.</summary>
    Bytes256,
}

/// <summary>How a load or store treats the caches and other threads.</summary>
public readonly record struct AccessOptions
{
    /// <summary>
    /// Weights: read once, through the read-only path, past the first-level cache, 256 bytes at a time. Nobody may
    /// write the memory while the kernel runs.
    /// </summary>
    public static AccessOptions Stream { get; } = new() { IsReadOnly = true, L1 = L1Caching.None, Prefetch = L2Prefetch.Bytes256 };

    /// <summary>Nobody writes the memory while the kernel runs (<c>.nc</c>).</summary>
    /// <value>false by default.</value>
    public bool IsReadOnly { get; init; }

    /// <summary>In the first-level cache.</summary>
    /// <value>Normal by default.</value>
    public L1Caching L1 { get; init; }

    /// <summary>Into the second-level cache.</summary>
    /// <value>None by default.</value>
    public L2Prefetch Prefetch { get; init; }

    /// <summary>In the second-level cache; made by <see cref="PtxBuilder.CachePolicy"/>.</summary>
    /// <value>null by default.</value>
    public U64? Policy { get; init; }

    /// <summary>Toward other threads.</summary>
    /// <value>Weak by default.</value>
    public MemoryOrder Order { get; init; }

    /// <summary>Of <see cref="MemoryOrder.Relaxed"/> and stronger orders.</summary>
    /// <value>Block by default.</value>
    public MemoryScope Scope { get; init; }
}
