using System.Collections.Immutable;

namespace Puna.Kernels;

/// <summary>
/// What an op promises: the shapes to try, how far a backend may be from the reference, and what a call costs.
/// Tests and benchmarks iterate over these.
/// </summary>
/// <param name="Name">The op, in snake case; after a slash a format, where each has a spec of its own.</param>
/// <param name="Shapes">Shapes to try; the op's spec says what each number means.</param>
/// <param name="DTypes">Storage types to try: of the weight, the table or the cache.</param>
/// <param name="Tolerance">Largest absolute difference from the reference on standard normal inputs, from K and F32's epsilon.</param>
/// <param name="Bytes">Bytes that a call must read and write at least.</param>
/// <param name="Flops">Additions and multiplications of a call.</param>
/// <param name="Prepare">Makes seeded inputs for a shape and dtype, and the call.</param>
public sealed record OpSpec(
    string Name,
    ImmutableArray<ImmutableArray<int>> Shapes,
    ImmutableArray<DType> DTypes,
    Func<ImmutableArray<int>, double> Tolerance,
    Func<ImmutableArray<int>, DType, long> Bytes,
    Func<ImmutableArray<int>, long> Flops,
    Func<ImmutableArray<int>, DType, SeededValues, OpCall> Prepare)
{
    /// <summary>Half the distance from 1 to the next F32: the relative error of one rounding.</summary>
    public const double RoundingUnit = 1.0 / (1 << 24);

    /// <summary>The specs of all ops: the property <c>Spec</c> or <c>Specs</c> of each static class in this assembly that has one.</summary>
    public static ImmutableArray<OpSpec> All { get; } =
    [
        .. typeof(OpSpec).Assembly.GetTypes().SelectMany(SpecsOf).OrderBy(s => s.Name, StringComparer.Ordinal),
    ];

    private static IEnumerable<OpSpec> SpecsOf(Type type) =>
        (type.GetProperty("Spec") ?? type.GetProperty("Specs"))?.GetValue(null) switch
        {
            OpSpec one => [one],
            ImmutableArray<OpSpec> several => several,
            _ => [],
        };
}

/// <summary>One call of an op on prepared inputs.</summary>
/// <param name="Run">Makes the call on a backend; may be repeated.</param>
/// <param name="Output">What it writes.</param>
public sealed record OpCall(Action<IBackend> Run, Tensor Output);

/// <summary>Seeded values for tests and benchmarks: the same on every machine.</summary>
/// <param name="seed">The same seed gives the same values.</param>
public sealed class SeededValues(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>A tensor of standard normal values, rounded to <paramref name="type"/>.</summary>
    public Tensor Normal(DType type, long rows, long cols, double scale = 1)
    {
        Tensor tensor = Tensor.Allocate(type, rows, cols);
        for (long r = 0; r < rows; r++)
        {
            for (int c = 0; c < cols; c++)
                tensor.Set(r, c, (float)(NextNormal() * scale));
        }

        return tensor;
    }

    /// <summary>A row of integers from 0 to <paramref name="limit"/> − 1.</summary>
    public Tensor Integers(int count, int limit)
    {
        Tensor tensor = Tensor.Allocate(DType.I32, 1, count);
        foreach (ref int value in tensor.Row<int>(0))
            value = _random.Next(limit);
        return tensor;
    }

    /// <summary>The integers 0 to <paramref name="count"/> − 1 in random order.</summary>
    public Tensor Permutation(int count)
    {
        Tensor tensor = Tensor.Allocate(DType.I32, 1, count);
        Span<int> row = tensor.Row<int>(0);
        for (int i = 0; i < count; i++)
            row[i] = i;
        _random.Shuffle(row);
        return tensor;
    }

    // Box and Muller 1958
    private double NextNormal() =>
        Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
