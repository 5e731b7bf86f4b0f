namespace Puna.Kernels;

internal static partial class SmallProduct
{
    /// <summary>One column of y: activations rounded to F16 times a row of weights.</summary>
    public static void ReferenceColumn(Tensor x, ReadOnlySpan<float> weights, float scale, Tensor y, int column, Span<float> row)
    {
        for (long m = 0; m < x.Rows; m++)
        {
            x.CopyRow(m, row);
            foreach (ref float v in row)
                v = (float)(Half)v;
            y.Row<float>(m)[column] = (float)(MatMul.Dot(row, weights) * scale);
        }
    }

    /// <summary>Refuses shapes that disagree.</summary>
    public static void Check(string op, Tensor x, long codes, long scales, Tensor y)
    {
        if (x.DType is not (DType.F16 or DType.F32) || y.DType != DType.F32 || y.Rows != x.Rows || y.Cols != scales || codes != scales * x.Cols)
            throw new ArgumentException($"{op}: x is {x}, there are {codes} codes and {scales} scales, output {y}.");
    }
}
