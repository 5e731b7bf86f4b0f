using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Layouts;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class I8Product
{
    /// <summary>The product of codes, summed exactly, for 1 to 64 rows; any grid will do.</summary>
    /// <remarks>
    /// Parameters: x I8 <c>[rows, k]</c>; x_scale F32 <c>[rows]</c>; w, packed; scale F32 <c>[n]</c>; y F32 <c>[rows,
    /// n]</c>; n.
    /// </remarks>
    /// <param name="k">
    /// Inner dimension, a multiple of 32 below 131,072, so that no sum overflows; a constant in the PTX.
    /// </param>
    /// <param name="rows">Rows of x, 1 to 64; a constant in the PTX.</param>
    /// <param name="arch">The target.</param>
    /// <exception cref="ArgumentException">There is no such product.</exception>
    public static GpuKernel Ptx(int k, int rows, GpuArch arch) => k < MaxInSize
        ? SmallProduct.Ptx(Codes, k, rows, NumberFormat.I8, arch)
        : throw new ArgumentException(
            $"I8Product: the inner dimension is {k}, but less than {MaxInSize} was expected (sums of 32 bits).", nameof(k));

    /// <summary>The product with F16 activations, for 1 to 64 rows; any grid will do.</summary>
    /// <remarks>
    /// Parameters: x <c>[rows, k]</c>; w, packed with bit 7 of each code flipped; scale F32 <c>[n]</c>; y F32 <c>[rows,
    /// n]</c>; n.
    /// </remarks>
    /// <param name="k">Inner dimension, a multiple of 32; a constant in the PTX.</param>
    /// <param name="rows">Rows of x, 1 to 64; a constant in the PTX.</param>
    /// <param name="activations">F16, or F32 which is rounded to F16 on the way.</param>
    /// <param name="arch">The target.</param>
    /// <exception cref="ArgumentException">There is no such product.</exception>
    public static GpuKernel HalfPtx(int k, int rows, NumberFormat activations, GpuArch arch) =>
        SmallProduct.Ptx(Halves, k, rows, activations, arch);

    private const int MaxInSize = 131_072;   // of products up to 2^14

    private static WeightFormat<I8x4, I32> Codes { get; } = new("i8_i8", WeightPacking.Bits8, ElementBytes: 1,
        Unpack: w => [new(I8x4.FromBits(w.X), I8x4.FromBits(w.Y), I8x4.FromBits(w.Z), I8x4.FromBits(w.W))],
        Activations: (low, high) => new(I8x4.FromBits(low), I8x4.FromBits(high)),
        Add: (a, b) => a + b,
        Finish: (sum, scale, rowScale) => sum.ToF32() * scale * rowScale,
        ScalesActivations: true);

    private static WeightFormat<F16x2, F32> Halves { get; } = HalfProduct.Format("i8", WeightPacking.F8Convert, Widen, factor: 1);

    // the half 0x6400 + u is 1024 + u: exact, and so is the difference
    private static (F16x2 Low, F16x2 High) Widen(U32 word)
    {
        F16x2 zero = F16x2.FromBits(0x64806480);
        U32 low = U32.Permute(word, 0x64646464, 0x4140), high = U32.Permute(word, 0x64646464, 0x4342);
        return (F16x2.FromBits(low) - zero, F16x2.FromBits(high) - zero);
    }
}
