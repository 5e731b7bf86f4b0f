using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels;

/// <summary>
/// The linear layer with weights in FP8 (e4m3: Micikevicius et al. 2022, arXiv:2209.05433) and a scale for each of
/// their rows.
/// </summary>
public static partial class F8E4M3Product
{
    /// <summary>
    /// The definition: y = x · (codes · scale)ᵀ, summed in double precision over each of the eight
    /// <see cref="Segments"/>, added in order.
    /// </summary>
    /// <param name="x">F16 or F32 <c>[rows, k]</c>; F32 is rounded to F16 first.</param>
    /// <param name="codes">Weights, <c>[n, k]</c>.</param>
    /// <param name="scales">Of each row of weights, <c>[n]</c>.</param>
    /// <param name="y">F32 <c>[rows, n]</c>.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(Tensor x, ReadOnlySpan<byte> codes, ReadOnlySpan<float> scales, Tensor y)
    {
        SmallProduct.Check("F8E4M3Product", x, codes.Length, scales.Length, y);
        float[] weights = new float[x.Cols], row = new float[x.Cols];
        for (int n = 0; n < scales.Length; n++)
        {
            for (int i = 0; i < weights.Length; i++)
                weights[i] = Codes.FromE4M3(codes[n * weights.Length + i]);
            SmallProduct.ReferenceColumn(x, weights, scales[n], y, n, row);
        }
    }
}
