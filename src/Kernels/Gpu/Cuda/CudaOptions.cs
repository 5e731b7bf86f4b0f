namespace Puna.Kernels.Gpu.Cuda;

/// <summary>How a <see cref="CudaGpu"/> works.</summary>
public sealed record CudaOptions
{
    /// <summary>Folder of compiled kernels, made when needed; null: every load compiles.</summary>
    /// <value>null.</value>
    public string? CacheFolder { get; init; }

    /// <summary>
    /// Device memory is taken from the driver in pieces of at least this size, in bytes. 0: each buffer is a piece of
    /// its own and of exactly its size, so that compute-sanitizer sees where it ends.
    /// </summary>
    /// <value>32 MiB.</value>
    public long ChunkBytes { get; init; } = 32L << 20;
}
