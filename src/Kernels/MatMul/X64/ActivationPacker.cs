using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>One block of activations on its way to a panel kernel: for each block
/// first its large tiles, then its small ones, <c>[segment][tile][word][row of the tile]</c>.</summary>
/// <param name="X">F32 <c>[rows, in]</c>.</param>
/// <param name="Tiles">How the rows are cut.</param>
/// <param name="Packing">How they are packed.</param>
/// <param name="Packed">Where to, <see cref="Bytes"/> of it.</param>
internal readonly unsafe record struct ActivationPacker(Tensor X, RowTiles Tiles, ActivationPacking Packing, nint Packed)
{
    private const int ChunkWords = 256;   // 12 rows of so many fill a quarter of a first-level cache

    /// <summary>Bytes of a packed block.</summary>
    public static long Bytes(RowTiles tiles, ActivationPacking packing, int inSize) => 4L * tiles.Rows * packing.WordsOf(inSize);

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

        for (int segment = 0; segment < Segments.Count; segment++)
        {
            int begin = packing.WordsOf(Segments.Start(inSize, segment)), end = packing.WordsOf(Segments.Start(inSize, segment + 1));
            uint* to = region + (long)begin * count * rows + (long)index * (end - begin) * rows;
            for (int word = begin; word < end; word += ChunkWords)
            {
                int words = Math.Min(ChunkWords, end - word);
                if (rows == 1)
                    Encode(work.X.Row<float>(firstRow), packing, word, new Span<uint>(to, words));
                else
                    PackChunk(in work, firstRow, rows, word, words, chunk, to);
                to += rows * words;
            }
        }
    }

    private static void PackChunk(in ActivationPacker work, int firstRow, int rows, int word, int words, uint* chunk, uint* to)
    {
        for (int row = 0; row < rows; row++)
            Encode(work.X.Row<float>(firstRow + row), work.Packing, word, new Span<uint>(chunk + row * ChunkWords, words));
        int done = 0;
        for (; done + 4 <= rows; done += 4)
            TransposeFour(chunk + done * ChunkWords, words, to + done, rows);
        for (; done < rows; done++)
        {
            for (int i = 0; i < words; i++)
                to[(long)i * rows + done] = chunk[done * ChunkWords + i];
        }
    }

    /// <summary>Some words of a row; zeros past its end.</summary>
    private static void Encode(ReadOnlySpan<float> row, ActivationPacking packing, int word, Span<uint> words)
    {
        ReadOnlySpan<float> x = row[Math.Min(row.Length, word * packing.WordColumns)..Math.Min(row.Length, (word + words.Length) * packing.WordColumns)];
        int full = x.Length / packing.WordColumns;
        if (x.Length != words.Length * packing.WordColumns)
            words[full..].Clear();
        fixed (float* from = x)
        fixed (uint* to = words)
        {
            switch (packing.Code)
            {
                case ActivationCode.BF16: EncodeBF16(from, x.Length, (ushort*)to); break;
                case ActivationCode.RoundedF32: EncodeRounded(from, x.Length, to); break;
                default: x.CopyTo(new Span<float>(to, x.Length)); break;
            }
        }
    }

    [MethodImpl(Lanes.HotLoop)]
    private static void EncodeBF16(float* x, int count, ushort* to)
    {
        int i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
            Avx512F.ConvertToVector256UInt16(RoundToBF16(Vector512.Load(x + i)) >>> 16).Store(to + i);
        for (; i < count; i++)
            to[i] = DTypes.RoundToBF16(x[i]);
    }

    [MethodImpl(Lanes.HotLoop)]
    private static void EncodeRounded(float* x, int count, uint* to)
    {
        int i = 0;
        for (; i <= count - Lanes.Count; i += Lanes.Count)
            (RoundToBF16(Vector512.Load(x + i)) & Vector512.Create(0xFFFF0000u)).Store(to + i);
        for (; i < count; i++)
            to[i] = (uint)DTypes.RoundToBF16(x[i]) << 16;
    }

    /// <summary>As <see cref="DTypes.RoundToBF16"/>, in the upper halves; what is in the lower ones is not defined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundToBF16(Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32();
        Vector512<uint> rounded = bits + Vector512.Create(0x7FFFu) + (bits >>> 16 & Vector512<uint>.One);
        return Vector512.ConditionalSelect(Vector512.Equals(value, value).AsUInt32(), rounded, bits | Vector512.Create(0x400000u));
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
