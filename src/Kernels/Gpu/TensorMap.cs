using System.Collections.Immutable;

namespace Puna.Kernels.Gpu;

/// <summary>How a tensor copy (TMA) sees device memory: cuTensorMapEncodeTiled, CUDA driver API.</summary>
/// <param name="Format">Element type; 8-bit floats are passed as U8.</param>
/// <param name="Extents">Elements of each dimension, innermost first; 1 to 5 dimensions.</param>
/// <param name="StrideBytes">Bytes from one index to the next of every dimension but the innermost; multiples of 16.</param>
/// <param name="Box">Elements of each dimension that one copy moves, innermost first; at most 256 each.</param>
/// <param name="Swizzle">How a box lies in shared memory.</param>
public sealed record TensorMapLayout(
    NumberFormat Format, ImmutableArray<long> Extents, ImmutableArray<long> StrideBytes, ImmutableArray<int> Box, SwizzleMode Swizzle)
{
    /// <summary>Address of element 0; aligned to 16 bytes.</summary>
    public ulong Address { get; init; }
}

/// <summary>
/// Exchange of 16-byte chunks within rows of shared memory, so that a column of chunks touches all banks. The values
/// are those of tensor maps; wgmma's descriptors count the other way (1 = 128 bytes, 2 = 64, 3 = 32).
/// </summary>
public enum SwizzleMode
{
    /// <summary>Rows lie as they are.</summary>
    None,

    /// <summary>Rows of 32 bytes: chunk ^= (row / 4) % 2.</summary>
    Bytes32,

    /// <summary>Rows of 64 bytes: chunk ^= (row / 2) % 4.</summary>
    Bytes64,

    /// <summary>Rows of 128 bytes: chunk ^= row % 8.</summary>
    Bytes128,
}

/// <summary>An encoded tensor map: 128 opaque bytes, passed to a kernel by value.</summary>
/// <param name="Bytes">What the device reads; aligned to 64 where it is passed.</param>
public sealed record TensorMap(ImmutableArray<byte> Bytes);
