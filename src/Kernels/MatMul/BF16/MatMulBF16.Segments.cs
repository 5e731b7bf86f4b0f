using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class MatMulBF16
{
    /// <summary>Where a segment ends, as <see cref="Segments.Start"/> says, computed on the GPU.</summary>
    /// <param name="inSize">K.</param>
    /// <param name="next">Number of the segment behind it, 1 to 8.</param>
    private static U32 SegmentEnd(int inSize, U32 next)
    {
        int unit = inSize >= 1024 ? 128 : 16, units = (inSize + unit - 1) / unit;
        U32 end = ((next * units) >> 3) * unit;
        return inSize % unit == 0 ? end : U32.Min(end, inSize);
    }
}
