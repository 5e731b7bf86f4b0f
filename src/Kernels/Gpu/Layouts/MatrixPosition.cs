namespace Puna.Kernels.Gpu.Layouts;

/// <summary>An element of a matrix.</summary>
/// <param name="Row">Row; of a B operand, k.</param>
/// <param name="Column">Column; of an A operand, k.</param>
internal readonly record struct MatrixPosition(int Row, int Column);

/// <summary>The three kinds of matrices of a product D = A · B + C.</summary>
internal enum MatrixOperand
{
    /// <summary>[M, K].</summary>
    A,

    /// <summary>[K, N].</summary>
    B,

    /// <summary>[M, N]; the result D lies the same way.</summary>
    C,
}
