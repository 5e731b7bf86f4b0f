using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>
/// Some rows of a product's weight: elements or codes, and what codes are multiplied by. Parts of one product may differ
/// in format.
/// </summary>
/// <param name="Format">What its elements are, and how activations meet them.</param>
/// <param name="Rows">Columns of the output that it makes.</param>
/// <param name="Cols">Columns of the input.</param>
/// <param name="Layout">How the rows lie in <paramref name="Codes"/>.</param>
/// <param name="Codes">
/// <c>[rows, cols]</c> in the format's dtype when the layout is <see cref="WeightLayout.Rows"/>; else bytes, as I8
/// <c>[panels, bytes of a panel]</c>.
/// </param>
/// <param name="Scales">F32 <c>[scale groups, rows rounded up to whole panels]</c>, or nothing.</param>
/// <param name="CodeSums">
/// I32 <c>[8, rows rounded up to whole panels]</c>: −128 times the sum of a row's codes in each segment, with which products
/// of I8 panels begin, since the machine wants activations without a sign; or nothing.
/// </param>
public sealed record Part(
    PartFormat Format, long Rows, long Cols, WeightLayout Layout, Tensor Codes, Tensor? Scales = null, Tensor? CodeSums = null)
{
    /// <summary>
    /// Counts changes of what <see cref="Fill"/> makes: of codes, of their order, of what lies where. Weights that were
    /// kept by another version are made anew.
    /// </summary>
    public const int Version = 1;

    /// <summary>A weight as it is stored: F32, BF16 or F16, row after row.</summary>
    /// <param name="weight"><c>[out, in]</c>.</param>
    /// <param name="activations">How activations are read.</param>
    public Part(Tensor weight, ActivationType activations = ActivationType.F32)
        : this(new PartFormat(weight.DType, activations), weight.Rows, weight.Cols, WeightLayout.Rows, weight)
    {
    }

    /// <summary>Makes room for a weight, to be filled by <see cref="Fill"/>; the buffer of <see cref="Codes"/> holds all of it.</summary>
    /// <param name="format">What its elements are.</param>
    /// <param name="layout">How its rows lie.</param>
    /// <param name="rows">Columns of the output.</param>
    /// <param name="cols">Columns of the input.</param>
    /// <exception cref="OutOfCapacityException">The machine does not have that much memory.</exception>
    public static Part Allocate(PartFormat format, WeightLayout layout, long rows, long cols) =>
        At(HostBuffer.Allocate(ByteSize(format, layout, rows, cols)), 0, format, layout, rows, cols);

    /// <summary>A weight in memory that holds, or will hold, what <see cref="Allocate"/> makes room for.</summary>
    /// <param name="buffer">The memory; it stays its owner's.</param>
    /// <param name="offset">Byte of it at which the weight begins: a multiple of 64.</param>
    /// <param name="format">What its elements are.</param>
    /// <param name="layout">How its rows lie.</param>
    /// <param name="rows">Columns of the output.</param>
    /// <param name="cols">Columns of the input.</param>
    public static Part At(HostBuffer buffer, long offset, PartFormat format, WeightLayout layout, long rows, long cols)
    {
        (Tensor codes, Tensor scales, Tensor sums) = Arrange(format, layout, rows, cols);
        return new Part(format, rows, cols, layout, Place(codes), scales.Rows > 0 ? Place(scales) : null,
            sums.Rows > 0 ? Place(sums) : null);

        Tensor Place(Tensor tensor) => tensor with { Buffer = buffer, Offset = offset + tensor.Offset };
    }

    /// <summary>Bytes of a weight with all that belongs to it.</summary>
    /// <param name="format">What its elements are.</param>
    /// <param name="layout">How its rows lie.</param>
    /// <param name="rows">Columns of the output.</param>
    /// <param name="cols">Columns of the input.</param>
    public static long ByteSize(PartFormat format, WeightLayout layout, long rows, long cols)
    {
        (Tensor codes, Tensor scales, Tensor sums) = Arrange(format, layout, rows, cols);
        Tensor last = sums.Rows > 0 ? sums : scales.Rows > 0 ? scales : codes;
        return last.Offset + last.Bytes;
    }

    private static (Tensor Codes, Tensor Scales, Tensor Sums) Arrange(
        PartFormat format, WeightLayout layout, long rows, long cols)
    {
        long padded = (rows + Panels.RowCount - 1) / Panels.RowCount * Panels.RowCount;
        Tensor codes = layout == WeightLayout.Rows
            ? new(null!, 0, format.DType, rows, cols)
            : new(null!, 0, DType.I8, padded / Panels.RowCount, Panels.PanelBytes(format.DType, (int)cols));
        Tensor scales = new(null!, RoundUp(codes.Bytes), DType.F32, format.ScaleGroups, padded);
        bool hasSums = layout == WeightLayout.Panels && format.DType == DType.I8;
        Tensor sums = new(null!, RoundUp(scales.Offset + scales.Bytes), DType.I32, hasSums ? Segments.Count : 0, padded);
        return (codes, scales, sums);
    }

    /// <summary>
    /// Stores rows, converted to the format: codes are found anew for each row and group. Several threads may fill
    /// different panels at once.
    /// </summary>
    /// <param name="firstRow">Where the first row belongs: a multiple of 32.</param>
    /// <param name="rows">
    /// F32, BF16 or F16 <c>[count, cols]</c>, or codes of the format, whose scales the caller sets; count is a multiple of 32
    /// unless the last row is among them.
    /// </param>
    /// <exception cref="ArgumentException">The rows do not belong there.</exception>
    public void Fill(long firstRow, Tensor rows)
    {
        bool areNumbers = rows.DType is DType.F32 or DType.BF16 or DType.F16;
        if (rows.Cols != Cols || (!areNumbers && rows.DType != Format.DType) || firstRow % Panels.RowCount != 0 || firstRow + rows.Rows > Rows
            || (rows.Rows % Panels.RowCount != 0 && firstRow + rows.Rows != Rows))
            throw new ArgumentException($"Part: rows {firstRow} to {firstRow + rows.Rows} as {rows}, in a weight of {Format.DType} [{Rows}, {Cols}].");
        PartFiller.Fill(this, firstRow, rows);
    }

    /// <summary>A row as numbers: elements, or codes times scales; for references, tools and embeddings.</summary>
    /// <param name="row">Which row.</param>
    /// <param name="values">Takes the numbers, F32 <c>[cols]</c>.</param>
    public void CopyRow(long row, Span<float> values)
    {
        if (Layout == WeightLayout.Rows)
            Codes.CopyRow(row, values);
        else
            Panels.CopyRow(this, row, values);
        for (int group = 0; group < Format.ScaleGroups; group++)
        {
            float scale = Scales!.Value.Row<float>(group)[(int)row];
            foreach (ref float value in values[Format.GroupStart((int)Cols, group)..Format.GroupStart((int)Cols, group + 1)])
                value *= scale;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Format.DType} [{Rows}, {Cols}] in {Layout}";

    private static long RoundUp(long bytes) => (bytes + 63) / 64 * 64;
}
