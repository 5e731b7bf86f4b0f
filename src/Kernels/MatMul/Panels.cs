namespace Puna.Kernels;

/// <summary>
/// The layout that matrix kernels stream: 32 rows of W side by side, so that a lane of a vector belongs to one column of
/// the output. A <em>panel</em> is 32 rows; a <em>step</em> of a panel holds the next few columns of each of them, 4 bytes a
/// row (2 for F16): 1 column of F32 or F16, 2 of BF16, 4 of I8 or F8. Steps follow each other from column 0 on, so
/// that a panel is one run of bytes. Rows and columns that a weight does not have are zeros.
/// </summary>
internal static class Panels
{
    /// <summary>Rows of a panel.</summary>
    public const int RowCount = 32;

    /// <summary>Columns of a step.</summary>
    public static int Depth(DType type) => type switch
    {
        DType.BF16 => 2,
        DType.I8 or DType.F8E4M3 => 4,
        _ => 1,
    };

    /// <summary>Bytes of a step: 32 rows.</summary>
    public static int StepBytes(DType type) => RowCount * Depth(type) * type.ByteSize();

    /// <summary>Steps of a panel.</summary>
    public static int StepCount(DType type, int cols) => (cols + Depth(type) - 1) / Depth(type);

    /// <summary>Bytes of a panel.</summary>
    public static long PanelBytes(DType type, int cols) => (long)StepCount(type, cols) * StepBytes(type);

    /// <summary>Where in a panel an element lies, in bytes.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="row">Row in the panel, 0 to 31.</param>
    /// <param name="col">Column.</param>
    public static int OffsetOf(DType type, int row, int col)
    {
        int depth = Depth(type), size = type.ByteSize();
        return col / depth * StepBytes(type) + (row * depth + col % depth) * size;
    }

    /// <summary>A row's elements, not scaled.</summary>
    public static void CopyRow(Part part, long row, Span<float> values)
    {
        Tensor element = new(part.Codes.Buffer, 0, part.Format.DType, 1, 1);
        long panel = part.Codes.Offset + row / RowCount * part.Codes.Cols;
        for (int c = 0; c < values.Length; c++)
            values[c] = (element with { Offset = panel + OffsetOf(part.Format.DType, (int)(row % RowCount), c) }).Get(0, 0);
    }
}
