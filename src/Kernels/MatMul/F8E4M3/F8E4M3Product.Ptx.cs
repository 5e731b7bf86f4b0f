using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Layouts;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class F8E4M3Product
{
    /// <summary>The product for 1 to 64 rows; any grid will do (a block takes its share of the row tiles).</summary>
    /// <remarks>
    /// Parameters: x <c>[rows, k]</c>; w, packed for the target; scale F32 <c>[n]</c>; y F32 <c>[rows, n]</c>; n. Where
    /// a target
    /// has no conversion from e4m3 (before sm_89), the code of NaN counts as 480.
    /// </remarks>
    /// <param name="k">Inner dimension, a multiple of 32; a constant in the PTX.</param>
    /// <param name="rows">Rows of x, 1 to 64; a constant in the PTX.</param>
    /// <param name="activations">F16, or F32 which is rounded to F16 on the way.</param>
    /// <param name="arch">The target.</param>
    /// <exception cref="ArgumentException">There is no such product.</exception>
    public static GpuKernel Ptx(int k, int rows, NumberFormat activations, GpuArch arch) =>
        SmallProduct.Ptx(Format(arch), k, rows, activations, arch);

    internal static WeightPacking Packing(GpuArch arch) => HasConversion(arch) ? WeightPacking.F8Convert : WeightPacking.F8Interleaved;

    private static bool HasConversion(GpuArch arch) => arch >= GpuArch.Sm89;

    private static WeightFormat<F16x2, F32> Format(GpuArch arch) => HasConversion(arch)
        ? HalfProduct.Format("f8e4m3", WeightPacking.F8Convert, Convert, factor: 1)
        : HalfProduct.Format("f8e4m3", WeightPacking.F8Interleaved, Mask, factor: 256);   // halves are 2^8 too small

    // low half: row g; high half: row g + 8
    private static (F16x2 Low, F16x2 High) Convert(U32 word)
    {
        (U16 low, U16 high) = word.Split();
        return (F16x2.Convert(E4M3x2.FromBits(low)), F16x2.Convert(E4M3x2.FromBits(high)));
    }

    // notes 4.1: sign, exponent and fraction of two codes share a half without a common bit
    private static (F16x2 Low, F16x2 High) Mask(U32 word)
    {
        U32 low = word & 0xBF80BF80, high = U32.Lop3(word << 1, word << 7, 0x80008000, 0xE4) & 0xBF80BF80;
        return (F16x2.FromBits(low), F16x2.FromBits(high));
    }
}
