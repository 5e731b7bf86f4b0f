using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>The linear layer, y = x·Wᵀ + b, with the weight as stored.</summary>
public static partial class MatMul
{
    /// <summary>
    /// The definition: activations as the part's format reads them times its numbers, a double-precision sum over each of
    /// the eight <see cref="Segments"/>, added in order.
    /// </summary>
    /// <inheritdoc cref="IBackend.MatMul"/>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(Tensor x, Linear weight, Tensor y)
    {
        Check(x, weight, y);
        float[] w = new float[weight.InSize];
        int column = 0;
        foreach (Part part in weight.Parts)
        {
            double[][] rows = [.. Enumerable.Range(0, (int)x.Rows).Select(m => Activations(x.Row<float>(m), part.Format))];
            for (int n = 0; n < part.Rows; n++, column++)
            {
                part.CopyRow(n, w);
                float bias = weight.Bias?.Row<float>(0)[column] ?? 0;
                for (int m = 0; m < rows.Length; m++)
                    y.Row<float>(m)[column] = (float)(Dot(rows[m], w) + bias);
            }
        }
    }

    /// <summary>A row of activations as a product of this format reads it.</summary>
    internal static double[] Activations(ReadOnlySpan<float> x, PartFormat format)
    {
        double[] read = new double[x.Length];
        switch (format.Activations)
        {
            case ActivationType.F32:
                for (int k = 0; k < x.Length; k++)
                    read[k] = x[k];
                break;
            case ActivationType.BF16:
                for (int k = 0; k < x.Length; k++)
                    read[k] = BF16Element.Widen(BF16Element.Narrow(x[k]));
                break;
            default:
                for (int group = 0; group < format.ScaleGroups; group++)
                {
                    int begin = format.GroupStart(x.Length, group), end = format.GroupStart(x.Length, group + 1);
                    sbyte[] codes = new sbyte[end - begin];
                    float scale = QuantizeRows.Reference(x[begin..end], codes);
                    for (int k = begin; k < end; k++)
                        read[k] = (double)scale * codes[k - begin];
                }

                break;
        }

        return read;
    }

    /// <summary>The sum of products of two rows, in segments.</summary>
    internal static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> w)
    {
        double[] wide = new double[x.Length];
        for (int k = 0; k < wide.Length; k++)
            wide[k] = x[k];
        return Dot(wide, w);
    }

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<float> w)
    {
        double total = 0;
        for (int segment = 0; segment < Segments.Count; segment++)
        {
            double sum = 0;
            int end = Segments.Start(w.Length, segment + 1);
            for (int k = Segments.Start(w.Length, segment); k < end; k++)
                sum += x[k] * w[k];
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
