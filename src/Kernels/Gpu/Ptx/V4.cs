namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Four values that lie side by side in memory and are loaded and stored together; aligned to their size, at most 16 bytes.</summary>
/// <typeparam name="T">Of each value.</typeparam>
/// <param name="x">Value 0.</param>
/// <param name="y">Value 1.</param>
/// <param name="z">Value 2.</param>
/// <param name="w">Value 3.</param>
public readonly struct V4<T>(T x, T y, T z, T w) : IElement<V4<T>> where T : struct, IRegister<T>
{
    /// <summary>Value 0.</summary>
    public T X { get; } = x;

    /// <summary>Value 1.</summary>
    public T Y { get; } = y;

    /// <summary>Value 2.</summary>
    public T Z { get; } = z;

    /// <summary>Value 3.</summary>
    public T W { get; } = w;

    /// <summary>Value <paramref name="index"/>, known while the kernel is written.</summary>
    /// <param name="index">0 to 3.</param>
    public T this[int index] => index switch
    {
        0 => X,
        1 => Y,
        2 => Z,
        3 => W,
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, "V4: the index must be 0 to 3."),
    };

    static PtxType IElement<V4<T>>.ElementType => T.ElementType;

    static int IElement<V4<T>>.Width => 4;

    Value?[] IElement<V4<T>>.Values => [X.Value, Y.Value, Z.Value, W.Value];

    static V4<T> IElement<V4<T>>.FromValues(ReadOnlySpan<Value> values) =>
        new(T.From(values[0]), T.From(values[1]), T.From(values[2]), T.From(values[3]));
}
