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

    /// <summary>What decoders ask of the op, to be measured; its own tests do not try these.</summary>
    /// <value>None: then the last of <see cref="Shapes"/> is measured.</value>
    public ImmutableArray<BenchShape> BenchShapes { get; init; } = [];

    /// <summary>What its products multiply, which decides what the machine can do at most.</summary>
    public ActivationType Activations { get; init; }

    /// <summary>
    /// Whether a step of a model finds weight or cache in memory, and not in the processor's caches: then its calls have a
    /// <see cref="OpCall.Copy"/>.
    /// </summary>
    public bool IsStreaming { get; init; }

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
public sealed record OpCall(Action<IBackend> Run, Tensor Output)
{
    /// <summary>
    /// Makes the same call for a backend with a copy of the weight or cache that it streams, so that calls in turn find none of it in the
    /// processor's caches; null where the op does not stream.
    /// </summary>
    public Func<IBackend, OpCall>? Copy { get; init; }

    /// <summary>The op by itself, on whatever the last call left, for timing; null where <c>Run</c> does no more than that.</summary>
    public Action<IBackend>? Again { get; init; }

    /// <summary>Makes calls from what a backend reads that each give a piece of the output by themselves; null where the whole reference is quick enough.</summary>
    public Func<IBackend, ImmutableArray<OpPiece>>? Pieces { get; init; }
}

/// <summary>A small call whose output is a piece of a large call's.</summary>
/// <param name="Call">The small call.</param>
/// <param name="Row">Row of the large output where the piece begins.</param>
/// <param name="Column">Column of the large output where the piece begins.</param>
public sealed record OpPiece(OpCall Call, long Row, int Column);

/// <summary>How values of tensors are made.</summary>
public enum SeededFilling
{
    /// <summary>Each by itself.</summary>
    Exact,

    /// <summary>Each drawn from 65,536 values made before: for tensors so large that making them would take long.</summary>
    Quick,
}

/// <summary>Seeded values for tests and benchmarks: the same on every machine.</summary>
/// <param name="seed">The same seed gives the same values.</param>
/// <param name="filling">How tensors get them.</param>
public sealed class SeededValues(int seed, SeededFilling filling = SeededFilling.Exact)
{
    private const int QuickCount = 1 << 16;
    private readonly Random _random = new(seed);

    /// <summary>A tensor of standard normal values, rounded to <paramref name="type"/>.</summary>
    public Tensor Normal(DType type, long rows, long cols, double scale = 1)
    {
        Tensor tensor = Tensor.Allocate(type, rows, cols);
        if (filling == SeededFilling.Quick && tensor.Length > QuickCount)
        {
            Tensor drawn = Normal(type, 1, QuickCount, scale);
            if (type.ByteSize() == sizeof(float))
                Draw<float>(drawn, tensor);
            else
                Draw<ushort>(drawn, tensor);
            drawn.Buffer.Dispose();
            return tensor;
        }

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

    private void Draw<T>(Tensor drawn, Tensor tensor)
        where T : unmanaged
    {
        ReadOnlySpan<T> values = drawn.Row<T>(0);
        ulong state = (ulong)_random.NextInt64() | 1;
        for (long r = 0; r < tensor.Rows; r++)
        {
            foreach (ref T value in tensor.Row<T>(r))
            {
                // xorshift64*: Vigna 2016
                state ^= state >> 12;
                state ^= state << 25;
                state ^= state >> 27;
                value = values[(int)((state * 0x2545F4914F6CDD1D) >> 48)];
            }
        }
    }

    // Box and Muller 1958
    private double NextNormal() =>
        Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
