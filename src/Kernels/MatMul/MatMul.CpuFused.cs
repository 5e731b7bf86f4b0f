using System.Runtime.CompilerServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>
/// Products that hand their tiles on while those are in a core's first-level cache. A sum is rounded to F32 before it is
/// handed on, exactly where the product alone would have stored it.
/// </summary>
public static partial class MatMul
{
    private readonly record struct Fused(Product Product, Tensor Y);

    /// <summary>
    /// y = silu(gate) · up, where gate and up are the two parts of x·Wᵀ + b: <see cref="Cpu"/> and then
    /// <see cref="SiluMul"/>, without the value in between.
    /// </summary>
    /// <param name="x">F32 <c>[rows, in]</c>.</param>
    /// <param name="weight">Gate and up, each <c>[cols, in]</c>.</param>
    /// <param name="y">F32 <c>[rows, cols]</c>; shares no memory with <paramref name="x"/>.</param>
    /// <param name="pool">The threads.</param>
    [SkipLocalsInit]
    internal static void CpuSiluMul(Tensor x, Linear weight, Tensor y, CpuPool pool)
    {
        Product product = Product.Begin(x, weight, pool);
        pool.Run(product.TileCount / 2, new Fused(product, y), static (in Fused f, int index) =>
        {
            Span<float> gates = stackalloc float[TileRows * TileColumns], ups = stackalloc float[TileRows * TileColumns];
            Part up = f.Product.Weight.Parts[1];
            Tile tile = f.Product.TileAt(index);
            f.Product.Store(tile, gates);
            f.Product.Store(tile with { PartIndex = 1, PartColumn = (int)up.Rows }, ups);
            for (int row = tile.FirstRow; row < tile.EndRow; row++)
                SiluMul.CpuRow(RowOf(gates, tile, row), RowOf(ups, tile, row), tile.Of(f.Y, row));
        }, Math.Max(1, product.Grain / 2));
        product.End();
    }

    private static Span<float> RowOf(Span<float> scratch, Tile tile, int row) =>
        scratch.Slice((row - tile.FirstRow) * TileColumns, tile.ColumnCount);
}
