using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>
/// Activations on their way to a panel kernel: for each block of rows first its large tiles, then its small ones,
/// <c>[segment][tile][word][row of the tile]</c>. Behind all words lie the scales of codes, in the same order:
/// <c>[segment][tile][row of the tile]</c>.
/// </summary>
/// <param name="X">F32 <c>[rows, in]</c>.</param>
/// <param name="Tiles">How the rows are cut.</param>
/// <param name="Packing">How they are packed.</param>
/// <param name="Packed">Where to, <see cref="Bytes"/> of it.</param>
internal readonly unsafe record struct ActivationPacker(Tensor X, RowTiles Tiles, ActivationPacking Packing, nint Packed)
{
    private const int Ahead = 512;        // floats: a row's next chunk is fetched while the other rows of the tile have their turn
    private const int ChunkWords = 256;   // 12 rows of so many fill a quarter of a first-level cache

    /// <summary>Bytes of all that is packed.</summary>
    public static long Bytes(RowTiles tiles, ActivationPacking packing, int inSize) =>
        4L * tiles.Rows * (packing.WordsOf(inSize) + packing.RowScales);

    /// <summary>Where the scales begin, in bytes.</summary>
    public static long ScaleOffset(RowTiles tiles, ActivationPacking packing, int inSize) => 4L * tiles.Rows * packing.WordsOf(inSize);

    /// <summary>Packs a tile.</summary>
    [SkipLocalsInit]
    public static void Pack(in ActivationPacker work, int tile)
    {
        RowTiles tiles = work.Tiles;
        ActivationPacking packing = work.Packing;
        RowBlock block = tiles.BlockOf(tile);
        bool isLarge = tile < tiles.LargeCount;
        int rows = isLarge ? tiles.LargeRows : tiles.LargeRows - 1, count = isLarge ? block.LargeCount : block.SmallCount;
        int index = isLarge ? tile - block.FirstTile : tile - block.FirstTile - block.LargeCount;
        int firstRow = tiles.FirstRow(tile), inSize = (int)work.X.Cols;
        uint* region = (uint*)work.Packed + (long)(firstRow - index * rows) * packing.WordsOf(inSize);
        uint* chunk = stackalloc uint[rows * ChunkWords];
        float* scales = (float*)(work.Packed + (nint)ScaleOffset(tiles, packing, inSize)) + (firstRow - index * rows) * packing.RowScales;

        for (int segment = 0; segment < Segments.Count; segment++)
        {
            int begin = packing.WordsOf(Segments.Start(inSize, segment)), end = packing.WordsOf(Segments.Start(inSize, segment + 1));
            uint* to = region + (long)begin * count * rows + (long)index * (end - begin) * rows;
            float* scale = scales + (segment * count + index) * rows;
            if (packing.RowScales > 0)
                FindScales(in work, firstRow, rows, segment, scale, count * rows);
            for (int word = begin; word < end; word += ChunkWords)
            {
                int words = Math.Min(ChunkWords, end - word);
                if (rows == 1)
                    Encode(work.X.Row<float>(firstRow), packing, scale, word, new Span<uint>(to, words));
                else
                    PackChunk(in work, firstRow, rows, scale, word, words, chunk, to);
                to += rows * words;
            }
        }
    }

    /// <summary>The scales of a tile's rows in a segment; the first segment's when all share them.</summary>
    private static void FindScales(in ActivationPacker work, int firstRow, int rows, int segment, float* scales, int stride)
    {
        int inSize = (int)work.X.Cols, groups = work.Packing.ScaleGroups;
        int begin = groups == 1 ? 0 : Segments.Start(inSize, segment), end = groups == 1 ? inSize : Segments.Start(inSize, segment + 1);
        for (int row = 0; row < rows; row++)
        {
            scales[row] = groups == 1 && segment > 0
                ? scales[row - stride]
                : QuantizeRows.Amax<F32Element, float>(work.X.Row<float>(firstRow + row)[begin..end]) / I8Element.Largest;
        }
    }

    private static void PackChunk(
        in ActivationPacker work, int firstRow, int rows, float* scales, int word, int words, uint* chunk, uint* to)
    {
        for (int row = 0; row < rows; row++)
            Encode(work.X.Row<float>(firstRow + row), work.Packing, scales + row, word, new Span<uint>(chunk + row * ChunkWords, words));
        int done = 0;
        for (; done + 4 <= rows; done += 4)
            TransposeFour(chunk + done * ChunkWords, words, to + done, rows);
        for (; done < rows; done++)
        {
            for (int i = 0; i < words; i++)
                to[(long)i * rows + done] = chunk[done * ChunkWords + i];
        }
    }

    /// <summary>Some words of a row; zeros past its end. Codes alone have a scale.</summary>
    private static void Encode(ReadOnlySpan<float> row, ActivationPacking packing, float* scale, int word, Span<uint> words)
    {
        ReadOnlySpan<float> x = row[Math.Min(row.Length, word * packing.WordColumns)..Math.Min(row.Length, (word + words.Length) * packing.WordColumns)];
        int full = x.Length / packing.WordColumns;
        if (x.Length != words.Length * packing.WordColumns)
            words[full..].Clear();
        FetchAhead(x);
        switch (packing.Code)
        {
            case ActivationCode.I8:
                QuantizeRows.Encode<F32Element, float, ShiftedI8Element, byte>(x, *scale, MemoryMarshal.AsBytes(words));
                break;
            case ActivationCode.BF16:
                Lanes.Convert<F32Element, float, BF16Element, ushort>(x, MemoryMarshal.Cast<uint, ushort>(words));
                break;
            case ActivationCode.RoundedF32:
                Lanes.Convert<F32Element, float, RoundedToBF16Element, float>(x, MemoryMarshal.Cast<uint, float>(words));
                break;
            default:
                x.CopyTo(MemoryMarshal.Cast<uint, float>(words));
                break;
        }
    }

    // rows lie far apart: the processor does not foresee that the row goes on
    private static void FetchAhead(ReadOnlySpan<float> x)
    {
        fixed (float* from = x)
        {
            for (int i = 0; i < x.Length; i += Lanes.Count)
                Sse.Prefetch0(from + i + Ahead);
        }
    }

    /// <summary>Four rows, 256 words apart, become columns of a matrix with <paramref name="stride"/> words a row.</summary>
    [MethodImpl(Lanes.HotLoop)]
    private static void TransposeFour(uint* from, int words, uint* to, int stride)
    {
        int i = 0;
        for (; i <= words - 4; i += 4, to += 4 * stride)
        {
            Vector128<float> a = Vector128.Load((float*)from + i), b = Vector128.Load((float*)from + ChunkWords + i);
            Vector128<float> c = Vector128.Load((float*)from + 2 * ChunkWords + i), d = Vector128.Load((float*)from + 3 * ChunkWords + i);
            Vector128<float> ab = Sse.UnpackLow(a, b), cd = Sse.UnpackLow(c, d);
            Sse.MoveLowToHigh(ab, cd).Store((float*)to);
            Sse.MoveHighToLow(cd, ab).Store((float*)to + stride);
            (ab, cd) = (Sse.UnpackHigh(a, b), Sse.UnpackHigh(c, d));
            Sse.MoveLowToHigh(ab, cd).Store((float*)to + 2 * stride);
            Sse.MoveHighToLow(cd, ab).Store((float*)to + 3 * stride);
        }

        for (; i < words; i++, to += stride)
            (to[0], to[1], to[2], to[3]) = (from[i], from[ChunkWords + i], from[2 * ChunkWords + i], from[3 * ChunkWords + i]);
    }
}
