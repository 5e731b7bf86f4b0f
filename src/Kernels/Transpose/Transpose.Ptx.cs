using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class Transpose
{
    private const int Tile = 32, RowsPerStep = 8;

    /// <summary>
    /// A block of 32 × 8 threads per tile of 32 × 32, a grid of [⌈cols / 32⌉, ⌈rows / 32⌉]. The tile's rows are 33 wide
    /// in shared
    /// memory, so that neither rows nor columns meet in a bank.
    /// </summary>
    /// <remarks>Parameters: x F32 <c>[rows, cols]</c>, y F32 <c>[cols, rows]</c>, rows, cols.</remarks>
    /// <param name="arch">The target.</param>
    public static GpuKernel Ptx(GpuArch arch) => PtxBuilder.Kernel("transpose_f32", arch, new GpuDim(Tile, RowsPerStep), k =>
    {
        Global<F32> x = k.PointerParam<F32>("x"), y = k.PointerParam<F32>("y");
        U32 rows = k.U32Param("rows"), cols = k.U32Param("cols");
        Shared<F32> tile = k.SharedArray<F32>("tile", Tile * (Tile + 1));
        U32 left = k.BlockX * Tile, top = k.BlockY * Tile;

        U32 column = left + k.ThreadX;
        Shared<F32> put = tile.Row(k.ThreadY, Tile + 1).Offset(k.ThreadX);
        k.Unroll(Tile / RowsPerStep, i =>
        {
            U32 row = top + k.ThreadY + i * RowsPerStep;
            k.If((row < rows) & (column < cols), () => put[i * RowsPerStep * (Tile + 1)] = x.Row(row, cols)[column]);
        });
        k.Barrier();

        U32 target = top + k.ThreadX;
        Shared<F32> take = tile.Row(k.ThreadX, Tile + 1).Offset(k.ThreadY);
        k.Unroll(Tile / RowsPerStep, i =>
        {
            U32 row = left + k.ThreadY + i * RowsPerStep;
            k.If((row < cols) & (target < rows), () =>
            {
                Global<F32> line = y.Row(row, rows);
                line[target] = take[i * RowsPerStep];
            });
        });
    });

    /// <summary>Blocks that cover a matrix.</summary>
    /// <param name="rows">Rows of x.</param>
    /// <param name="cols">Columns of x.</param>
    public static GpuDim Grid(int rows, int cols) => new((cols + Tile - 1) / Tile, (rows + Tile - 1) / Tile);
}
