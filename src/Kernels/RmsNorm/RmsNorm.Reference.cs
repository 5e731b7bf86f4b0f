namespace Puna.Kernels;

/// <summary>Root-mean-square norm: Zhang and Sennrich 2019, arXiv:1910.07467.</summary>
public static partial class RmsNorm
{
    /// <summary>The definition, in double precision: y = x / √(mean(x²) + epsilon) · weight.</summary>
    /// <inheritdoc cref="IBackend.RmsNorm"/>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(Tensor x, Tensor weight, float epsilon, Tensor y)
    {
        Check(x, weight, y);
        for (long r = 0; r < x.Rows; r++)
            Row(x.Row<float>(r), weight.Row<float>(0), epsilon, y.Row<float>(r));
    }

    private static void Row(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y)
    {
        double sum = 0;
        foreach (float v in x)
            sum += (double)v * v;

        double scale = 1 / Math.Sqrt(sum / x.Length + epsilon);
        for (int i = 0; i < x.Length; i++)
            y[i] = (float)(x[i] * scale * weight[i]);
    }

    private static void Check(Tensor x, Tensor weight, Tensor y)
    {
        if (x.DType != DType.F32 || weight.DType != DType.F32 || y.DType != DType.F32
            || x.Rows != y.Rows || x.Cols != y.Cols || weight.Length != x.Cols)
            throw new ArgumentException($"RmsNorm: x is {x}, weight {weight}, output {y}.");
    }
}
