namespace Puna.Kernels;

/// <summary>The residual connection: He et al. 2015, arXiv:1512.03385, equation 1.</summary>
public static partial class Add
{
    /// <summary>The definition: y += x.</summary>
    /// <inheritdoc cref="IBackend.Add"/>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(Tensor x, Tensor y)
    {
        Check(x, y);
        for (long r = 0; r < x.Rows; r++)
        {
            for (int c = 0; c < x.Cols; c++)
                y.Row<float>(r)[c] += x.Row<float>(r)[c];
        }
    }

    private static void Check(Tensor x, Tensor y)
    {
        if (x.DType != DType.F32 || y.DType != DType.F32 || x.Rows != y.Rows || x.Cols != y.Cols)
            throw new ArgumentException($"Add: x is {x}, y {y}.");
    }
}
