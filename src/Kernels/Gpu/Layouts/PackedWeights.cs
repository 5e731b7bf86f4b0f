namespace Puna.Kernels.Gpu.Layouts;

/// <summary>Orders of a weight tile that a warp reads as 16 bytes per lane, 512 bytes in one request (notes 4.3).</summary>
internal enum WeightPacking
{
    /// <summary>16 rows × 16 k of 16-bit elements: words are a0 to a3 of m16n8k16.</summary>
    Bits16,

    /// <summary>16 rows × 32 k of 8-bit elements: words are a0 to a3 of m16n8k32 (INT8, and FP8 with FP8 activations).</summary>
    Bits8,

    /// <summary>
    /// 16 rows × 32 k of e4m3, two k16 fragments: each half of a word becomes one register by <c>cvt.rn.f16x2.e4m3x2</c>; low
    /// halves row g, high halves row g + 8.
    /// </summary>
    F8Convert,

    /// <summary>
    /// The same fragments where no conversion exists (sm_80): in each 16-bit lane of a word the code of row g at bits 15
    /// and 13 to 7, that of row g + 8 at bits 14 and 6 to 0, so that masks give halves 2^8 too small.
    /// </summary>
    F8Interleaved,
}

/// <summary>
/// Weights [rows, cols] in tiles of 16 rows: those of one row block follow each other along k. Rows are a multiple of 16,
/// columns of the tile's width.
/// </summary>
internal static class PackedWeights
{
    public const int TileRows = 16, TileBytes = 512;

    /// <summary>Columns of a tile.</summary>
    public static int TileColumns(WeightPacking packing) => packing == WeightPacking.Bits16 ? 16 : 32;

    /// <summary>Bytes of an element.</summary>
    public static int ElementBytes(WeightPacking packing) => packing == WeightPacking.Bits16 ? 2 : 1;

    /// <summary>
    /// The element of a tile in place <paramref name="index"/> of a lane's 16 bytes. For <see cref="WeightPacking.F8Interleaved"/>
    /// place 4w + 2h + i means: word w, 16-bit lane i, the H code (h = 0) or the L code (h = 1).
    /// </summary>
    public static MatrixPosition At(WeightPacking packing, int lane, int index)
    {
        if (packing <= WeightPacking.Bits8)
            return MmaFragment.A(16, 8, TileColumns(packing), packing == WeightPacking.Bits16 ? 16 : 8).At(lane, index);
        int g = lane >> 2, t = lane & 3;
        return new(g + 8 * ((index >> 1) & 1), 2 * t + (index & 1) + 8 * (index >> 2));
    }

    /// <summary>Packs a row-major matrix.</summary>
    /// <param name="packing">The order.</param>
    /// <param name="source">Elements, <c>[rows, cols]</c>, little-endian.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="cols">Columns.</param>
    /// <param name="target">As many bytes.</param>
    /// <exception cref="ArgumentException">The sizes are no multiples of a tile, or the spans differ from them.</exception>
    public static void Pack(WeightPacking packing, ReadOnlySpan<byte> source, int rows, int cols, Span<byte> target)
    {
        int size = ElementBytes(packing), width = TileColumns(packing);
        if (rows % TileRows != 0 || cols % width != 0)
            throw new ArgumentException($"PackedWeights: [{rows}, {cols}] is not made of whole tiles of [{TileRows}, {width}].");
        if (source.Length != (long)rows * cols * size || target.Length != source.Length)
        {
            throw new ArgumentException($"PackedWeights: [{rows}, {cols}] takes {(long)rows * cols * size} bytes, "
                + $"source has {source.Length}, target {target.Length}.");
        }

        int tilesAcross = cols / width;
        for (int tile = 0; tile < rows / TileRows * tilesAcross; tile++)
        {
            int row = tile / tilesAcross * TileRows, col = tile % tilesAcross * width;
            for (int lane = 0; lane < 32; lane++)
                PackLane(packing, source[((row * cols + col) * size)..], cols, lane, target.Slice(tile * TileBytes + 16 * lane, 16));
        }
    }

    private static void PackLane(WeightPacking packing, ReadOnlySpan<byte> tile, int cols, int lane, Span<byte> target)
    {
        int size = ElementBytes(packing);
        target.Clear();
        for (int i = 0; i < 16 / size; i++)
        {
            MatrixPosition at = At(packing, lane, i);
            ReadOnlySpan<byte> element = tile.Slice((at.Row * cols + at.Column) * size, size);
            if (packing != WeightPacking.F8Interleaved)
            {
                element.CopyTo(target[(i * size)..]);
                continue;
            }

            int bits = (i & 2) == 0
                ? (element[0] & 0x80) << 8 | (element[0] & 0x7F) << 7
                : (element[0] & 0x80) << 7 | (element[0] & 0x7F);
            int half = (i >> 2) * 4 + (i & 1) * 2;
            target[half] |= (byte)bits;
            target[half + 1] |= (byte)(bits >> 8);
        }
    }
}
