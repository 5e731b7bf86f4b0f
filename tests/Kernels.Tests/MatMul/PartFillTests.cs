namespace Puna.Kernels.Tests;

/// <summary>What a part holds after it was filled, in either layout, against the definition of its codes.</summary>
public class PartFillTests
{
    private static readonly PartFormat[] Formats =
    [
        new(DType.F32), new(DType.BF16), new(DType.F16), new(DType.I8, ActivationType.I8, 1), new(DType.I8, ActivationType.I8, 8),
        new(DType.F8E4M3, ActivationType.F32, 1), new(DType.F8E4M3, ActivationType.F32, 8),
    ];

    public static TheoryData<DType, WeightLayout, int, int> Cases
    {
        get
        {
            TheoryData<DType, WeightLayout, int, int> data = [];
            foreach (DType stored in new[] { DType.F32, DType.BF16, DType.F16 })
            {
                foreach (WeightLayout layout in Enum.GetValues<WeightLayout>())
                {
                    foreach ((int rows, int cols) in new[] { (1, 1), (31, 15), (32, 64), (33, 61), (70, 200), (64, 1037), (3, 2048) })
                        data.Add(stored, layout, rows, cols);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Every_element_lies_in_its_place_with_the_scale_of_its_group(DType stored, WeightLayout layout, int rows, int cols)
    {
        Tensor source = new SeededValues(seed: 6).Normal(stored, rows, cols);
        foreach (PartFormat format in Formats)
        {
            Part part = Filled(format, layout, source);

            for (int row = 0; row < rows; row++)
            {
                (float[] codes, float[] scales) = Defined(format, source, row);
                float[] expected = [.. codes];
                for (int c = 0; c < cols && format.ScaleGroups > 0; c++)
                    expected[c] *= scales[Enumerable.Range(0, format.ScaleGroups).Single(g => c >= format.GroupStart(cols, g) && c < format.GroupStart(cols, g + 1))];
                float[] actual = new float[cols];
                part.CopyRow(row, actual);
                Assert.Equal(codes, Enumerable.Range(0, cols).Select(c => ElementAt(part, row, c)));
                Assert.Equal(scales, Enumerable.Range(0, format.ScaleGroups).Select(g => part.Scales!.Value.Row<float>(g)[row]));
                Assert.Equal(expected, actual);
            }
        }
    }

    [Theory, InlineData(1, 1), InlineData(33, 61), InlineData(40, 1037)]
    public void Rows_and_columns_that_a_panel_does_not_have_are_zeros(int rows, int cols)
    {
        foreach (PartFormat format in Formats)
        {
            Tensor source = Tensor.Allocate(DType.F32, rows, cols);
            source.Span<float>().Fill(1);
            Part part = Filled(format, WeightLayout.Panels, source);

            int elements = part.Codes.Span<sbyte>().ToArray().Chunk(format.DType.ByteSize()).Count(e => e.Any(b => b != 0));

            Assert.Equal(rows * cols, elements);
        }
    }

    [Theory, InlineData(1), InlineData(61), InlineData(1037), InlineData(2048)]
    public void Sums_of_a_panel_are_those_of_its_codes_in_each_segment(int cols)
    {
        Tensor source = new SeededValues(seed: 7).Normal(DType.BF16, 45, cols);
        Part part = Filled(new(DType.I8, ActivationType.I8, 1), WeightLayout.Panels, source);

        for (int row = 0; row < 45; row++)
        {
            for (int segment = 0; segment < Segments.Count; segment++)
            {
                int sum = 0;
                for (int c = Segments.Start(cols, segment); c < Segments.Start(cols, segment + 1); c++)
                    sum += (int)ElementAt(part, row, c);
                Assert.Equal(-128 * sum, part.CodeSums!.Value.Row<int>(segment)[row]);
            }
        }
    }

    [Theory, InlineData(WeightLayout.Rows), InlineData(WeightLayout.Panels)]
    public void Codes_that_a_file_has_are_kept(WeightLayout layout)
    {
        foreach (DType type in new[] { DType.I8, DType.F8E4M3 })
        {
            Tensor source = Tensor.Allocate(type, 40, 200);
            Tensor bytes = source with { DType = DType.I8 };
            for (int i = 0; i < bytes.Length; i++)
                bytes.Span<sbyte>()[i] = (sbyte)(i % 127);
            Part part = Part.Allocate(new(type, ActivationType.F32, 1), layout, 40, 200);
            part.Scales!.Value.Span<float>().Fill(2);

            part.Fill(0, source);

            float[] actual = new float[200];
            for (int row = 0; row < 40; row++)
            {
                part.CopyRow(row, actual);
                Assert.Equal(Enumerable.Range(0, 200).Select(c => 2 * source.Get(row, c)), actual);
            }
        }
    }

    [Fact]
    public void Rows_that_do_not_belong_there_are_named()
    {
        Part part = Part.Allocate(new(DType.I8, ActivationType.I8, 1), WeightLayout.Panels, 70, 16);

        Assert.Equal("Part: rows 32 to 52 as BF16 [20, 16], in a weight of I8 [70, 16].",
            Assert.Throws<ArgumentException>(() => part.Fill(32, Tensor.Allocate(DType.BF16, 20, 16))).Message);
        Assert.Equal("Part: rows 0 to 32 as F8E4M3 [32, 16], in a weight of I8 [70, 16].",
            Assert.Throws<ArgumentException>(() => part.Fill(0, Tensor.Allocate(DType.F8E4M3, 32, 16))).Message);
    }

    private static Part Filled(PartFormat format, WeightLayout layout, Tensor source)
    {
        Part part = Part.Allocate(format, layout, source.Rows, source.Cols);
        part.Fill(0, source.RowRange(0, Math.Min(32, source.Rows)));
        if (source.Rows > 32)
            part.Fill(32, source.RowRange(32, source.Rows - 32));
        return part;
    }

    private static (float[] Codes, float[] Scales) Defined(PartFormat format, Tensor source, int row)
    {
        float[] values = new float[source.Cols], codes = new float[source.Cols], scales = new float[format.ScaleGroups];
        source.CopyRow(row, values);
        Tensor one = Tensor.Allocate(format.DType, 1, 1);
        if (scales.Length == 0)
        {
            for (int c = 0; c < codes.Length; c++)
            {
                one.Set(0, 0, values[c]);
                codes[c] = one.Get(0, 0);
            }
        }

        for (int group = 0; group < scales.Length; group++)
        {
            int begin = format.GroupStart(values.Length, group), end = format.GroupStart(values.Length, group + 1);
            sbyte[] bytes = new sbyte[end - begin];
            if (format.DType == DType.F8E4M3)
            {
                scales[group] = QuantizeRows.ReferenceE4M3(values.AsSpan()[begin..end], codes.AsSpan()[begin..end]);
                continue;
            }

            scales[group] = QuantizeRows.Reference(values.AsSpan()[begin..end], bytes);
            for (int c = begin; c < end; c++)
                codes[c] = bytes[c - begin];
        }

        return (codes, scales);
    }

    private static float ElementAt(Part part, int row, int column)
    {
        if (part.Layout == WeightLayout.Rows)
            return part.Codes.Get(row, column);
        long at = row / 32 * part.Codes.Cols + Panels.OffsetOf(part.Format.DType, row % 32, column);
        return new Tensor(part.Codes.Buffer, at, part.Format.DType, 1, 1).Get(0, 0);
    }
}
