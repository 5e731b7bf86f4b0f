using System.Collections.Immutable;

namespace Puna.Kernels;

/// <summary>
/// The weight of a product y = x·Wᵀ + b, W being its parts below each other: a joined Q/K/V or gate/up
/// is three or two parts, not a copy.
/// </summary>
/// <param name="Parts">The parts, in the order of the output's columns; all have the same number of columns.</param>
/// <param name="Bias">Added to each output row, F32 <c>[1, out]</c>, or nothing.</param>
public sealed record Linear(ImmutableArray<Part> Parts, Tensor? Bias = null)
{
    /// <summary>A product with one part, as it is stored.</summary>
    public Linear(Tensor weight, Tensor? bias = null)
        : this([new Part(weight)], bias)
    {
    }

    /// <summary>Columns of the output.</summary>
    public long OutSize { get; } = Parts.Sum(p => p.Rows);

    /// <summary>Columns of the input.</summary>
    public long InSize { get; } = Parts[0].Cols;
}
