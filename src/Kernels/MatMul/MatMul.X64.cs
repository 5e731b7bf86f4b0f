using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class MatMul
{
    /// <summary>
    /// Parts that lie in <see cref="Panels"/>, by machine code that is assembled at run time; parts in rows are left to
    /// <see cref="Cpu"/>. Within a segment each output is one chain over k of fused multiply-adds (of <c>vdpbf16ps</c> for BF16 by
    /// BF16); the order is the same for any number of rows and threads.
    /// </summary>
    /// <param name="x">F32 <c>[rows, in]</c>.</param>
    /// <param name="weight">The weight, <c>[out, in]</c> in parts.</param>
    /// <param name="y">F32 <c>[rows, out]</c>; not <paramref name="x"/>.</param>
    /// <param name="product">What prepares and keeps; whoever calls sees to it that one call runs at a time.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree, or there is no kernel for a part in panels.</exception>
    internal static void X64(Tensor x, Linear weight, Tensor y, PanelProduct product, CpuPool pool)
    {
        Check(x, weight, y);
        for (long row = 0; row < x.Rows; row += PanelProduct.MostRows)
        {
            long rows = Math.Min(PanelProduct.MostRows, x.Rows - row);
            product.Prepare(x.RowRange(row, rows), weight);
            pool.Run(product.ItemCount, new X64Work(product, y.RowRange(row, rows)),
                static (in X64Work work, int item) => work.Product.MultiplyItem(item, work.Y), order: product.Order);
        }
    }

    private readonly record struct X64Work(PanelProduct Product, Tensor Y);
}
