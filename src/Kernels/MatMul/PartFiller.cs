namespace Puna.Kernels;

/// <summary>Brings rows of a file into the format and layout of a part.</summary>
internal static class PartFiller
{
    /// <summary>Stores rows from <paramref name="firstRow"/> on; codes get their scales, and panels of I8 their sums.</summary>
    public static void Fill(Part part, long firstRow, Tensor rows)
    {
        PartFormat format = part.Format;
        float[] values = new float[part.Cols], codes = new float[part.Cols];
        for (long row = firstRow; row < firstRow + rows.Rows; row++)
        {
            rows.CopyRow(row - firstRow, values);
            for (int group = 0; group < Math.Max(1, format.ScaleGroups); group++)
            {
                int begin = format.ScaleGroups == 0 ? 0 : format.GroupStart(values.Length, group);
                int end = format.ScaleGroups == 0 ? values.Length : format.GroupStart(values.Length, group + 1);
                float scale = Encode(format.DType, values.AsSpan(begin, end - begin), codes.AsSpan(begin, end - begin));
                if (format.ScaleGroups > 0)
                    part.Scales!.Value.Row<float>(group)[(int)row] = scale;
            }

            Store(part, row, codes);
        }
    }

    /// <summary>Codes, as numbers, and their scale; a format without scales keeps the values.</summary>
    private static float Encode(DType type, ReadOnlySpan<float> values, Span<float> codes)
    {
        switch (type)
        {
            case DType.I8:
                sbyte[] bytes = new sbyte[values.Length];
                float scale = QuantizeRows.Reference(values, bytes);
                for (int i = 0; i < bytes.Length; i++)
                    codes[i] = bytes[i];
                return scale;
            case DType.F8E4M3:
                return QuantizeRows.ReferenceE4M3(values, codes);
            default:
                values.CopyTo(codes);
                return 1;
        }
    }

    private static void Store(Part part, long row, ReadOnlySpan<float> codes)
    {
        if (part.Layout == WeightLayout.Rows)
        {
            for (int c = 0; c < codes.Length; c++)
                part.Codes.Set(row, c, codes[c]);
            return;
        }

        DType type = part.Format.DType;
        Tensor element = new(part.Codes.Buffer, 0, type, 1, 1);
        long panel = part.Codes.Offset + row / Panels.RowCount * part.Codes.Cols;
        for (int c = 0; c < codes.Length; c++)
            (element with { Offset = panel + Panels.OffsetOf(type, (int)(row % Panels.RowCount), c) }).Set(0, 0, codes[c]);
        if (part.CodeSums is not { } sums)
            return;
        for (int segment = 0; segment < Segments.Count; segment++)
        {
            int sum = 0;
            for (int k = Segments.Start(codes.Length, segment); k < Segments.Start(codes.Length, segment + 1); k++)
                sum += (int)codes[k];
            sums.Row<int>(segment)[(int)row] = -128 * sum;
        }
    }
}
