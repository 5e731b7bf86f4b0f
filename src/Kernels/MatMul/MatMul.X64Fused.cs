using System.Runtime.CompilerServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class MatMul
{
    private const int ScratchFloats = 1 << 15;   // 128 KB: a second-level cache has room for two

    /// <summary>As <see cref="CpuSiluMul"/>, with both parts in panels.</summary>
    internal static void X64SiluMul(Tensor x, Linear weight, Tensor y, PanelProduct product, CpuPool pool)
    {
        for (long row = 0; row < x.Rows; row += PanelProduct.MostRows)
        {
            long rows = Math.Min(PanelProduct.MostRows, x.Rows - row);
            product.Prepare(x.RowRange(row, rows), weight);
            pool.Run(product.ItemCountOf(0), new X64Work(product, y.RowRange(row, rows)), static (in X64Work work, int item) => GateItem(in work, item),
                order: product.Order);
        }
    }

    [SkipLocalsInit]
    private static unsafe void GateItem(in X64Work work, int item)
    {
        PanelItem piece = work.Product.ItemAt(item);
        int count = PanelsAtOnce(piece), floats = count * piece.Rows.Rows * Panels.RowCount;
        float* gates = stackalloc float[floats], ups = stackalloc float[floats];
        for (int done = 0; done < piece.PanelCount; done += count)
        {
            Slice slice = new(piece, done, count);
            work.Product.Multiply(0, slice.Panel, slice.PanelCount, piece.Rows, gates, slice.Stride);
            work.Product.Multiply(1, slice.Panel, slice.PanelCount, piece.Rows, ups, slice.Stride);
            for (int row = 0; row < piece.Rows.Rows; row++)
            {
                Span<float> target = work.Y.Row<float>(piece.Rows.FirstRow + row).Slice(slice.Column, slice.ColumnCount);
                int first = row * slice.Stride;
                SiluMul.CpuRow(new ReadOnlySpan<float>(gates + first, target.Length), new ReadOnlySpan<float>(ups + first, target.Length), target);
            }
        }
    }

    /// <summary>Panels of an item whose sums fit into the scratch; no more of the stack is touched than they need.</summary>
    private static int PanelsAtOnce(PanelItem item) =>
        Math.Clamp(ScratchFloats / (item.Rows.Rows * Panels.RowCount), 1, item.PanelCount);

    /// <summary>Some of an item's panels.</summary>
    private readonly struct Slice(PanelItem item, int done, int count)
    {
        public int Panel { get; } = item.Panel + done;

        public int PanelCount { get; } = Math.Min(count, item.PanelCount - done);

        public int Column { get; } = item.Column + done * Panels.RowCount;

        public int ColumnCount { get; } = Math.Min(count * Panels.RowCount, item.ColumnCount - done * Panels.RowCount);

        /// <summary>Floats from one row of the scratch to the next.</summary>
        public int Stride => PanelCount * Panels.RowCount;
    }
}
