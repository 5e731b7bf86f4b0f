namespace Puna.Kernels;

/// <summary>The gate of a SwiGLU MLP: Shazeer 2020, arXiv:2002.05202, equation 6.</summary>
public static partial class SiluMul
{
    /// <summary>The definition, in double precision: y = gate / (1 + exp(−gate)) · up.</summary>
    /// <inheritdoc cref="IBackend.SiluMul"/>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(Tensor gateUp, Tensor y)
    {
        Check(gateUp, y);
        int cols = (int)y.Cols;
        for (long r = 0; r < y.Rows; r++)
        {
            Span<float> row = gateUp.Row<float>(r);
            for (int c = 0; c < cols; c++)
                y.Row<float>(r)[c] = (float)(row[c] / (1 + Math.Exp(-row[c])) * row[cols + c]);
        }
    }

    private static void Check(Tensor gateUp, Tensor y)
    {
        if (gateUp.DType != DType.F32 || y.DType != DType.F32 || gateUp.Rows != y.Rows || gateUp.Cols != 2 * y.Cols)
            throw new ArgumentException($"SiluMul: gate and up are {gateUp}, output {y}.");
    }
}
