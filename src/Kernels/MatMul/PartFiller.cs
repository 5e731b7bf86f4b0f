using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>Brings rows of a file into the format and layout of a part.</summary>
internal static class PartFiller
{
    /// <summary>Stores rows from <paramref name="firstRow"/> on; codes get their scales, and panels of I8 their sums.</summary>
    public static void Fill(Part part, long firstRow, Tensor rows)
    {
        switch (rows.DType)
        {
            case DType.F32: FillFrom<F32Element, float>(part, firstRow, rows); break;
            case DType.BF16: FillFrom<BF16Element, ushort>(part, firstRow, rows); break;
            case DType.F16: FillFrom<F16Element, ushort>(part, firstRow, rows); break;
            case DType.I8: FillFrom<I8Element, sbyte>(part, firstRow, rows); break;
            default: FillFrom<F8E4M3Element, byte>(part, firstRow, rows); break;
        }
    }

    private static void FillFrom<TFrom, TSource>(Part part, long firstRow, Tensor rows)
        where TFrom : IElement<TSource>
        where TSource : unmanaged
    {
        switch (part.Format.DType)
        {
            case DType.F32: Filler<TFrom, TSource, F32Element, float>.Fill(part, firstRow, rows); break;
            case DType.BF16: Filler<TFrom, TSource, BF16Element, ushort>.Fill(part, firstRow, rows); break;
            case DType.F16: Filler<TFrom, TSource, F16Element, ushort>.Fill(part, firstRow, rows); break;
            case DType.I8: Filler<TFrom, TSource, I8Element, sbyte>.Fill(part, firstRow, rows); break;
            default: Filler<TFrom, TSource, F8E4M3Element, byte>.Fill(part, firstRow, rows); break;
        }
    }

    private static class Filler<TFrom, TSource, TTo, TTarget>
        where TFrom : IElement<TSource>
        where TSource : unmanaged
        where TTo : IElement<TTarget>
        where TTarget : unmanaged
    {
        private const int ChunkBytes = 4 * PanelBlock.RowBytes;   // of each row that is converted at a time

        private static bool IsCopy => typeof(TFrom) == typeof(TTo);

        public static void Fill(Part part, long firstRow, Tensor rows)
        {
            for (long row = 0; row < rows.Rows; row += Panels.RowCount)
            {
                Tensor some = rows.RowRange(row, Math.Min(Panels.RowCount, rows.Rows - row));
                if (!IsCopy)
                    FindScales(part, firstRow + row, some);
                if (part.Layout == WeightLayout.Panels)
                    FillPanel(part, firstRow + row, some);
                else
                    FillRows(part, firstRow + row, some);
            }
        }

        private static void FindScales(Part part, long firstRow, Tensor rows)
        {
            float largest = part.Format.DType == DType.I8 ? I8Element.Largest : F8E4M3Element.Largest;
            for (int group = 0; group < part.Format.ScaleGroups; group++)
            {
                Span<float> scales = part.Scales!.Value.Row<float>(group);   // a format with groups has scales
                int begin = part.Format.GroupStart((int)part.Cols, group), end = part.Format.GroupStart((int)part.Cols, group + 1);
                for (int r = 0; r < rows.Rows; r++)
                    scales[(int)firstRow + r] = QuantizeRows.Amax<TFrom, TSource>(rows.Row<TSource>(r)[begin..end]) / largest;
            }
        }

        private static void FillRows(Part part, long firstRow, Tensor rows)
        {
            for (int r = 0; r < rows.Rows; r++)
                Convert(part, firstRow + r, rows.Row<TSource>(r), 0, part.Codes.Row<TTarget>(firstRow + r));
        }

        private static void FillPanel(Part part, long firstRow, Tensor rows)
        {
            Span<byte> panel = MemoryMarshal.AsBytes(part.Codes.Row<sbyte>(firstRow / Panels.RowCount));
            int rowBytes = (int)part.Cols * Unsafe.SizeOf<TTarget>(), done = 0;
            if (IsCopy && rows.Rows == Panels.RowCount)
                done = CopyBlocks(part.Format.DType, rows, panel);
            if (done < rowBytes)
                ConvertBlocks(part, firstRow, rows, panel, done);
            if (part.CodeSums is { } sums)
                PanelSums.Write(panel, (int)part.Cols, sums, (int)firstRow);
        }

        /// <summary>Whole blocks, straight from the rows; returns the bytes of a row that are done.</summary>
        private static int CopyBlocks(DType type, Tensor rows, Span<byte> panel)
        {
            ReadOnlySpan<byte> source = rows.Buffer.Span<byte>(rows.Offset, checked((int)rows.Bytes));
            int stride = source.Length / Panels.RowCount, at = 0;
            for (; at + PanelBlock.RowBytes <= stride; at += PanelBlock.RowBytes)
                PanelBlock.Write(type, in source[at], stride, panel.Slice(at * Panels.RowCount, PanelBlock.Bytes));
            return at;
        }

        /// <summary>The rest: some bytes of each row at a time, converted beside each other, zeros where nothing is.</summary>
        [SkipLocalsInit]
        private static void ConvertBlocks(Part part, long firstRow, Tensor rows, Span<byte> panel, int from)
        {
            int size = Unsafe.SizeOf<TTarget>(), rowBytes = (int)part.Cols * size;
            Span<byte> chunk = stackalloc byte[Panels.RowCount * ChunkBytes];
            for (int at = from; at < rowBytes; at += ChunkBytes)
            {
                int count = Math.Min(ChunkBytes, rowBytes - at);
                if (count < ChunkBytes || rows.Rows < Panels.RowCount)
                    chunk.Clear();
                for (int r = 0; r < rows.Rows; r++)
                {
                    Span<TTarget> target = MemoryMarshal.Cast<byte, TTarget>(chunk.Slice(r * ChunkBytes, count));
                    Convert(part, firstRow + r, rows.Row<TSource>(r), at / size, target);
                }

                Span<byte> rest = panel[(at * Panels.RowCount)..];
                for (int block = 0; block * PanelBlock.RowBytes < count; block++)
                {
                    int begin = block * PanelBlock.Bytes;
                    PanelBlock.Write(part.Format.DType, in chunk[block * PanelBlock.RowBytes], ChunkBytes,
                        rest[begin..Math.Min(begin + PanelBlock.Bytes, rest.Length)]);
                }
            }
        }

        /// <summary>Elements of a row from <paramref name="begin"/> on, as many as the target takes.</summary>
        private static void Convert(Part part, long row, ReadOnlySpan<TSource> source, int begin, Span<TTarget> target)
        {
            int end = begin + target.Length, groups = IsCopy ? 0 : part.Format.ScaleGroups;
            if (groups == 0)
                Lanes.Convert<TFrom, TSource, TTo, TTarget>(source[begin..end], target);
            for (int group = 0; group < groups; group++)
            {
                int first = Math.Max(begin, part.Format.GroupStart(source.Length, group));
                int last = Math.Min(end, part.Format.GroupStart(source.Length, group + 1));
                if (first >= last)
                    continue;
                float scale = part.Scales!.Value.Row<float>(group)[(int)row];   // a format with groups has scales
                QuantizeRows.Encode<TFrom, TSource, TTo, TTarget>(source[first..last], scale, target[(first - begin)..(last - begin)]);
            }
        }
    }
}
