namespace Puna.Kernels;

/// <summary>
/// The linear layer with weights in INT8 and a scale for each of their rows; activations are F16, or INT8 with a scale
/// for each row.
/// </summary>
public static partial class I8Product
{
    /// <summary>The definition for codes: y = scale · x scale · Σ x · w, the sum exact.</summary>
    /// <param name="x">Activations, <c>[rows, k]</c>, row after row.</param>
    /// <param name="rowScales">Of each row of activations, <c>[rows]</c>.</param>
    /// <param name="codes">Weights, <c>[n, k]</c>.</param>
    /// <param name="scales">Of each row of weights, <c>[n]</c>.</param>
    /// <param name="y">F32 <c>[rows, n]</c>.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(
        ReadOnlySpan<sbyte> x, ReadOnlySpan<float> rowScales, ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales, Tensor y)
    {
        int k = scales.Length == 0 ? 0 : codes.Length / scales.Length;
        if (y.DType != DType.F32 || y.Rows != rowScales.Length || y.Cols != scales.Length
            || x.Length != k * (long)rowScales.Length || codes.Length != k * (long)scales.Length)
        {
            throw new ArgumentException($"I8Product: there are {x.Length} activations in {rowScales.Length} rows, {codes.Length} codes in "
                + $"{scales.Length} rows, output {y}.");
        }

        for (int m = 0; m < rowScales.Length; m++)
        {
            for (int n = 0; n < scales.Length; n++)
                y.Row<float>(m)[n] = (float)((double)scales[n] * rowScales[m] * Dot(x.Slice(m * k, k), codes.Slice(n * k, k)));
        }
    }

    /// <summary>
    /// The definition for F16 activations, summed in double precision over each of the eight <see cref="Segments"/>,
    /// added in order.
    /// </summary>
    /// <param name="x">F16 or F32 <c>[rows, k]</c>; F32 is rounded to F16 first.</param>
    /// <param name="codes">Weights, <c>[n, k]</c>.</param>
    /// <param name="scales">Of each row of weights, <c>[n]</c>.</param>
    /// <param name="y">F32 <c>[rows, n]</c>.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void HalfReference(Tensor x, ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales, Tensor y)
    {
        SmallProduct.Check("I8Product", x, codes.Length, scales.Length, y);
        float[] weights = new float[x.Cols], row = new float[x.Cols];
        for (int n = 0; n < scales.Length; n++)
        {
            for (int i = 0; i < weights.Length; i++)
                weights[i] = codes[n * weights.Length + i];
            SmallProduct.ReferenceColumn(x, weights, scales[n], y, n, row);
        }
    }

    private static long Dot(ReadOnlySpan<sbyte> x, ReadOnlySpan<sbyte> w)
    {
        long sum = 0;
        for (int i = 0; i < x.Length; i++)
            sum += x[i] * w[i];
        return sum;
    }
}
