using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>
/// Rows of a matrix in shared memory, a swizzle's span each, the layout that tensor copies write, <c>ldmatrix</c> reads
/// without bank conflicts and wgmma understands; one or more copies of it for a ring.
/// </summary>
/// <typeparam name="T">The packed type of its elements, as in <see cref="BF16x2"/>.</typeparam>
public readonly struct SharedTile<T> where T : struct, IRegister<T>
{
    internal SharedTile(Shared<T> start, int rows, SwizzleMode swizzle) => (Start, Rows, Swizzle) = (start, rows, swizzle);

    /// <summary>The first row of the first copy.</summary>
    public Shared<T> Start { get; }

    /// <summary>Rows of a copy.</summary>
    public int Rows { get; }

    /// <summary>How 16-byte chunks are exchanged.</summary>
    public SwizzleMode Swizzle { get; }

    /// <summary>Bytes of a row: 128, 64, 32 or (without a swizzle) 16.</summary>
    public int RowBytes => Swizzles.SpanBytes(Swizzle);

    /// <summary>Bytes of a copy.</summary>
    public int Bytes => Rows * RowBytes;

    /// <summary>Registers' worth of a copy: what an <see cref="Shared{T}.Offset(U32)"/> to the next one counts.</summary>
    public int Length => Bytes / 4;

    /// <summary>Another copy of the ring.</summary>
    /// <param name="index">Which.</param>
    public SharedTile<T> Copy(U32 index) => new(Start.Cast<U32>().Row(index, Length).Cast<T>(), Rows, Swizzle);

    /// <summary>Where 16 bytes of a row lie in the first copy.</summary>
    /// <param name="row">Row.</param>
    /// <param name="chunk">Which 16 bytes of it.</param>
    public Shared<T> Chunk(U32 row, U32 chunk)
    {
        U32 offset = U32.Mad(row, RowBytes, chunk << 4);
        uint mask = Swizzles.Apply(Swizzle, 0x3FF) ^ 0x3FF;
        if (mask != 0)
            offset ^= (offset >> 3) & mask;
        Address place = Start.Place;
        return new(place.Element(offset.Value, 1, "chunk"));
    }

    /// <summary>
    /// The place some chunks further in the same row: one exclusive or. The chunk that <paramref name="place"/> was made
    /// for must be below <paramref name="chunks"/>' lowest bit.
    /// </summary>
    /// <param name="place">Made by <see cref="Chunk"/>, moved by whole groups of 8 rows or whole copies.</param>
    /// <param name="chunks">How far, inside the row.</param>
    public Shared<T> Further(Shared<T> place, int chunks)
    {
        PtxBuilder k = Start.Place.Kernel!; // a tile is made by a kernel
        if (chunks < 0 || 16 * chunks >= RowBytes)
            throw k.Fail($"a place {chunks} chunks further was asked for, but a row of {RowBytes} bytes has {RowBytes / 16}");
        if (chunks == 0)
            return place;
        long period = Swizzles.PeriodBytes(Swizzle);
        if (place.Place.Base is null || place.Place.Bytes % period != 0)
            throw k.Fail($"a place was moved along its row after it was moved by {place.Place.Bytes} bytes, but multiples of {period} were expected");
        U32 moved = U32.Of(place.Place.Base) ^ (uint)(16 * chunks);
        return new(place.Place with { Base = moved.Value });
    }
}

public sealed partial class PtxBuilder
{
    /// <summary>A tile in the shared memory that a launch provides, aligned for its swizzle.</summary>
    /// <typeparam name="T">The packed type of its elements.</typeparam>
    /// <param name="name">Name in the text.</param>
    /// <param name="rows">Rows, a multiple of 8.</param>
    /// <param name="swizzle">Gives rows of 128, 64 or 32 bytes; 16 without one.</param>
    /// <param name="copies">How many of it follow each other: the stages of a ring.</param>
    public SharedTile<T> SharedTile<T>(string name, int rows, SwizzleMode swizzle = SwizzleMode.Bytes128, int copies = 1)
        where T : struct, IRegister<T>
    {
        _ = MatrixFormat.Of<T>(this);
        if (rows < 8 || rows % 8 != 0)
            throw Fail($"the tile '{name}' has {rows} rows, but a multiple of 8 was expected");
        int length = rows * Swizzles.SpanBytes(swizzle) / 4;
        return new(DynamicShared<T>(name, length * copies, Swizzles.PeriodBytes(swizzle)), rows, swizzle);
    }
}
