namespace Puna.Kernels;

/// <summary>One number from each row: its sum or its largest.</summary>
public static partial class Reduce
{
    /// <summary>The definition; sums are in double precision.</summary>
    /// <param name="x">F32 <c>[rows, cols]</c>.</param>
    /// <param name="reduction">Which.</param>
    /// <param name="y">F32 <c>[1, rows]</c>.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(Tensor x, Reduction reduction, Tensor y)
    {
        if (x.DType != DType.F32 || y.DType != DType.F32 || x.Rows != y.Length)
            throw new ArgumentException($"Reduce: x is {x}, output {y}.");
        for (int r = 0; r < x.Rows; r++)
            y.Row<float>(0)[r] = reduction == Reduction.Sum ? Sum(x.Row<float>(r)) : Max(x.Row<float>(r));
    }

    private static float Sum(ReadOnlySpan<float> row)
    {
        double sum = 0;
        foreach (float v in row)
            sum += v;
        return (float)sum;
    }

    private static float Max(ReadOnlySpan<float> row)
    {
        float max = float.NegativeInfinity;
        foreach (float v in row)
            max = v > max ? v : max;
        return max;
    }
}
