namespace Puna.Kernels.Gpu.Ptx;

/// <summary>What a pointer can point at: a register's type, or two or four of one (<see cref="V2{T}"/>, <see cref="V4{T}"/>).</summary>
/// <typeparam name="T">The type itself.</typeparam>
public interface IElement<T> where T : struct, IElement<T>
{
    /// <summary>Type of each register.</summary>
    internal static abstract PtxType ElementType { get; }

    /// <summary>Registers of an element.</summary>
    internal static abstract int Width { get; }

    /// <summary>The element in these registers.</summary>
    internal static abstract T FromValues(ReadOnlySpan<Value> values);

    /// <summary>The registers of this element; null where one was never given a value.</summary>
    internal Value?[] Values { get; }
}

/// <summary>A value in one register of each thread.</summary>
/// <typeparam name="T">The type itself.</typeparam>
public interface IRegister<T> : IElement<T> where T : struct, IRegister<T>
{
    /// <summary>This type over a register or constant.</summary>
    internal static abstract T From(Value value);

    /// <summary>The register or constant; null in a <c>default</c> struct.</summary>
    internal Value? Value { get; }
}
