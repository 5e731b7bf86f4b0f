namespace Puna.Kernels;

/// <summary>The linear layer, y = x·Wᵀ + b, with the weight as stored.</summary>
public static partial class MatMul
{
    /// <summary>The definition: a double-precision sum over each of the eight <see cref="Segments"/>, added in order.</summary>
    /// <inheritdoc cref="IBackend.MatMul"/>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(Tensor x, Linear weight, Tensor y)
    {
        Check(x, weight, y);
        float[] w = new float[weight.InSize];
        int column = 0;
        foreach (Part part in weight.Parts)
        {
            for (int n = 0; n < part.Weight.Rows; n++, column++)
            {
                part.Weight.CopyRow(n, w);
                float bias = weight.Bias?.Row<float>(0)[column] ?? 0;
                for (long m = 0; m < x.Rows; m++)
                    y.Row<float>(m)[column] = (float)(Dot(x.Row<float>(m), w) + bias);
            }
        }
    }

    /// <summary>The sum of products of two rows, in segments.</summary>
    internal static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> w)
    {
        double total = 0;
        for (int segment = 0; segment < Segments.Count; segment++)
        {
            double sum = 0;
            int end = Segments.Start(w.Length, segment + 1);
            for (int k = Segments.Start(w.Length, segment); k < end; k++)
                sum += (double)x[k] * w[k];
            total += sum;
        }

        return total;
    }

    private static void Check(Tensor x, Linear weight, Tensor y)
    {
        if (x.DType != DType.F32 || y.DType != DType.F32 || x.Rows != y.Rows
            || x.Cols != weight.InSize || y.Cols != weight.OutSize)
            throw new ArgumentException($"MatMul: x is {x}, weight [{weight.OutSize}, {weight.InSize}], output {y}.");
    }
}
