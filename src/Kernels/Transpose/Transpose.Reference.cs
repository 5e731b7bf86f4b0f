namespace Puna.Kernels;

/// <summary>A matrix turned over its diagonal.</summary>
public static partial class Transpose
{
    /// <summary>The definition: y[c, r] = x[r, c].</summary>
    /// <param name="x">F32 <c>[rows, cols]</c>.</param>
    /// <param name="y">F32 <c>[cols, rows]</c>; not <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(Tensor x, Tensor y)
    {
        if (x.DType != DType.F32 || y.DType != DType.F32 || x.Rows != y.Cols || x.Cols != y.Rows)
            throw new ArgumentException($"Transpose: x is {x}, output {y}.");
        for (int r = 0; r < x.Rows; r++)
        {
            for (int c = 0; c < x.Cols; c++)
                y.Row<float>(c)[r] = x.Row<float>(r)[c];
        }
    }
}
