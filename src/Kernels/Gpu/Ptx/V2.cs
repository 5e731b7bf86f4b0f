namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Two values that lie side by side in memory and are loaded and stored together; aligned to their size, at most 16 bytes.</summary>
/// <typeparam name="T">Of each value.</typeparam>
/// <param name="x">Value 0.</param>
/// <param name="y">Value 1.</param>
public readonly struct V2<T>(T x, T y) : IElement<V2<T>> where T : struct, IRegister<T>
{
    /// <summary>Value 0.</summary>
    public T X { get; } = x;

    /// <summary>Value 1.</summary>
    public T Y { get; } = y;

    /// <summary>Value <paramref name="index"/>, known while the kernel is written.</summary>
    /// <param name="index">0 to 1.</param>
    public T this[int index] => index switch
    {
        0 => X,
        1 => Y,
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, "V2: the index must be 0 to 1."),
    };

    static PtxType IElement<V2<T>>.ElementType => T.ElementType;

    static int IElement<V2<T>>.Width => 2;

    Value?[] IElement<V2<T>>.Values => [X.Value, Y.Value];

    static V2<T> IElement<V2<T>>.FromValues(ReadOnlySpan<Value> values) =>
        new(T.From(values[0]), T.From(values[1]));
}
