namespace Puna.Kernels.Gpu;

/// <summary>Extents of a grid (in blocks), of a block (in threads) or of a cluster (in blocks).</summary>
/// <param name="X">Fastest dimension.</param>
/// <param name="Y">Second dimension.</param>
/// <param name="Z">Slowest dimension.</param>
public readonly record struct GpuDim(int X, int Y = 1, int Z = 1)
{
    /// <summary>X · Y · Z.</summary>
    public long Count => (long)X * Y * Z;

    /// <summary>A one-dimensional extent.</summary>
    public static implicit operator GpuDim(int x) => new(x);

    /// <summary>As in <c>[7, 1, 1]</c>.</summary>
    public override string ToString() => $"[{X}, {Y}, {Z}]";
}
