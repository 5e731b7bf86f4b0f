namespace Puna.Kernels;

/// <summary>How a product reads its activations; they are F32 everywhere else.</summary>
public enum ActivationType
{
    /// <summary>As they are: exact.</summary>
    F32,

    /// <summary>Rounded to BF16, ties to even.</summary>
    BF16,

    /// <summary>As signed bytes, with a scale for each row, or for each row and segment: <see cref="QuantizeRows"/> says how.</summary>
    I8,
}

/// <summary>How the rows of a weight lie in memory.</summary>
public enum WeightLayout
{
    /// <summary>As in a file, row after row.</summary>
    Rows,

    /// <summary>As the matrix kernels stream them: <see cref="Kernels.Panels"/>.</summary>
    Panels,
}

/// <summary>In what a weight is kept, and how activations meet it.</summary>
/// <param name="DType">Of its elements: F32, BF16, F16, or codes in I8 or F8E4M3.</param>
/// <param name="Activations">How activations are read.</param>
/// <param name="ScaleGroups">
/// Scales of each row: 0 for none, 1 for the row, 8 for one in each of the eight <see cref="Segments"/>; I8 activations
/// have as many.
/// </param>
public sealed record PartFormat(DType DType, ActivationType Activations = ActivationType.F32, int ScaleGroups = 0)
{
    /// <summary>The first column of a group; the first past the end for group <see cref="ScaleGroups"/>.</summary>
    internal int GroupStart(int cols, int group) => ScaleGroups > 1 ? Segments.Start(cols, group) : group * cols;

    /// <summary>Weights, then activations: <c>I8x8_BF16</c> has eight scales a row.</summary>
    public override string ToString() => $"{DType}{(ScaleGroups > 1 ? $"x{ScaleGroups}" : "")}_{Activations}";
}
