using Puna.Kernels.Gpu;

namespace Puna.Kernels;

/// <summary>
/// Products of BF16 rows with BF16 weights on tensor cores, summed in F32 as <see cref="MatMul"/> says: each of the
/// eight <see cref="Segments"/> by itself, then the eight in order. What one output is does not depend on how many rows
/// came along.
/// </summary>
public static partial class MatMulBF16
{
    /// <summary>Rows and columns of y that a block makes.</summary>
    private const int TileSize = 128;

    /// <summary>
    /// Elements along K of a tile: 128 bytes; 32 where segments are made of 16 elements. Segments begin with a tile.
    /// </summary>
    private static int Step(int inSize) => inSize >= 1024 ? 64 : 16;

    private static SwizzleMode Swizzle(int inSize) => Step(inSize) == 64 ? SwizzleMode.Bytes128 : SwizzleMode.Bytes32;

    /// <summary>Blocks: tiles of rows first, so that neighbours in time share weights.</summary>
    private static GpuDim Grid(int rows, int outSize) =>
        new(Math.Max(1, (rows + TileSize - 1) / TileSize), (outSize + TileSize - 1) / TileSize);

    private static void Check(int outSize, int inSize)
    {
        if (outSize < 8 || outSize % 8 != 0 || inSize < 8 || inSize % 8 != 0)
            throw new ArgumentException($"MatMulBF16: the weight is [{outSize}, {inSize}], but multiples of 8 were expected (copies move 16 bytes).");
    }
}
