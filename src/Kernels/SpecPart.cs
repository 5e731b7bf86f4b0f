namespace Puna.Kernels;

/// <summary>
/// A weight of a spec: made once, as a file would store it, and brought into the format by <see cref="Part.Fill"/> in each
/// layout that a backend asks for, so that all backends compute with the same numbers.
/// </summary>
internal sealed class SpecPart(SeededValues values, PartFormat format, int rows, int cols)
{
    private readonly Tensor _stored = values.Normal(format.ScaleGroups > 0 ? DType.BF16 : format.DType, rows, cols);

    /// <summary>The weight.</summary>
    public Part In(WeightLayout layout)
    {
        Part part = Part.Allocate(format, layout, rows, cols);
        part.Fill(0, _stored);
        return part;
    }
}

/// <summary>What a spec makes once for each layout.</summary>
internal sealed class ByLayout<T>(Func<WeightLayout, T> make)
    where T : class
{
    private readonly T?[] _made = new T?[Enum.GetValues<WeightLayout>().Length];

    /// <summary>The one for a layout.</summary>
    public T this[WeightLayout layout] => _made[(int)layout] ??= make(layout);
}
