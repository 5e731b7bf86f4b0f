using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A pointer into the block's shared memory: 32 bits.</summary>
/// <remarks>
/// An index known while the kernel is written becomes part of the instruction; any other costs one multiply-add.
/// Indices count elements.
/// </remarks>
/// <typeparam name="T">What it points at.</typeparam>
public readonly struct Shared<T> where T : struct, IElement<T>
{
    internal Shared(Address place) => Place = place;

    internal Address Place { get; }

    private static long Size => T.ElementType.Bytes * (long)T.Width;

    /// <summary>The address in a register, for instructions that take one.</summary>
    public U32 Address => U32.Of(Place.Register());

    /// <summary>Loads or stores an element.</summary>
    /// <param name="index">Which; part of the instruction.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T this[int index, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0]
    {
        get => Load(index, default, file, line);
        set => Store(index, value, default, file, line);
    }

    /// <summary>Loads or stores an element.</summary>
    /// <param name="index">Which.</param>
    /// <param name="name">Passed by the compiler.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T this[U32 index, [CallerArgumentExpression(nameof(index))] string? name = null, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0]
    {
        get => Load(index, default, name, file, line);
        set => Store(index, value, default, name, file, line);
    }

    /// <summary>Loads or stores an element.</summary>
    /// <param name="index">Which.</param>
    /// <param name="name">Passed by the compiler.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T this[I32 index, [CallerArgumentExpression(nameof(index))] string? name = null, [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0]
    {
        get => Load(index, default, name, file, line);
        set => Store(index, value, default, name, file, line);
    }

    /// <summary>Loads an element.</summary>
    /// <param name="index">Which; part of the instruction.</param>
    /// <param name="options">Caches and order.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T Load(int index, AccessOptions options, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Load(Offset(index).Place, options, file, line);

    /// <summary>Stores an element.</summary>
    /// <param name="index">Which; part of the instruction.</param>
    /// <param name="value">The element.</param>
    /// <param name="options">Caches and order.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Store(int index, T value, AccessOptions options, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Store(Offset(index).Place, value, options, file, line);

    /// <summary>Loads an element.</summary>
    /// <param name="index">Which.</param>
    /// <param name="options">Caches and order.</param>
    /// <param name="name">Passed by the compiler.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T Load(U32 index, AccessOptions options, [CallerArgumentExpression(nameof(index))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Load(Element(PtxBuilder.NameIndex(index, name)), options, file, line);

    /// <summary>Stores an element.</summary>
    /// <param name="index">Which.</param>
    /// <param name="value">The element.</param>
    /// <param name="options">Caches and order.</param>
    /// <param name="name">Passed by the compiler.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Store(U32 index, T value, AccessOptions options, [CallerArgumentExpression(nameof(index))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Store(Element(PtxBuilder.NameIndex(index, name)), value, options, file, line);

    /// <summary>Loads an element.</summary>
    /// <param name="index">Which.</param>
    /// <param name="options">Caches and order.</param>
    /// <param name="name">Passed by the compiler.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public T Load(I32 index, AccessOptions options, [CallerArgumentExpression(nameof(index))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Load(Element(PtxBuilder.NameIndex(index, name)), options, file, line);

    /// <summary>Stores an element.</summary>
    /// <param name="index">Which.</param>
    /// <param name="value">The element.</param>
    /// <param name="options">Caches and order.</param>
    /// <param name="name">Passed by the compiler.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public void Store(I32 index, T value, AccessOptions options, [CallerArgumentExpression(nameof(index))] string? name = null,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Store(Element(PtxBuilder.NameIndex(index, name)), value, options, file, line);

    /// <summary>The pointer some elements further; no instruction.</summary>
    /// <param name="elements">How far; may be negative.</param>
    public Shared<T> Offset(int elements) => new(Place with { Bytes = Place.Bytes + elements * Size });

    /// <summary>The pointer some elements further.</summary>
    /// <param name="elements">How far.</param>
    public Shared<T> Offset(U32 elements) => new(Element(PtxBuilder.NameIndex(elements, null)));

    /// <summary>The pointer some elements further.</summary>
    /// <param name="elements">How far.</param>
    public Shared<T> Offset(I32 elements) => new(Element(PtxBuilder.NameIndex(elements, null)));

    /// <summary>The start of a row: <paramref name="row"/> · <paramref name="columns"/> elements further.</summary>
    /// <param name="row">Which row.</param>
    /// <param name="columns">Elements of a row.</param>
    public Shared<T> Row(U32 row, U32 columns) =>
        new(Place.Row(row.Value, columns.Value, Size));

    /// <summary>The same address with elements of another type; no instruction.</summary>
    /// <typeparam name="TOther">Such as <see cref="V4{T}"/>, for 16 bytes at once.</typeparam>
    public Shared<TOther> Cast<TOther>() where TOther : struct, IElement<TOther> => new(Place);

    private Address Element(Value? index) => Place.Element(index, Size, "at");

    private static T Load(Address place, AccessOptions options, string file, int line)
    {
        T value = Memory.Load<T>(place, options);
        place.Kernel!.At(file, line); // Load has refused null
        return value;
    }

    private static void Store(Address place, T value, AccessOptions options, string file, int line)
    {
        Memory.Store(place, value, options);
        place.Kernel!.At(file, line); // Store has refused null
    }
}
