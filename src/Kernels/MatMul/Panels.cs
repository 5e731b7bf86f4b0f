using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;

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

    /// <summary>
    /// Columns of a row that lie together: those of a step, but 2 of F8E4M3, so that unpacking bytes to 16 bits leaves each row
    /// in a lane of its own. Of four rows the first pairs come first, then the second ones.
    /// </summary>
    private static int RunLength(DType type) => type == DType.F8E4M3 ? 2 : Depth(type);

    /// <summary>Where in a panel an element lies, in bytes.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="row">Row in the panel, 0 to 31.</param>
    /// <param name="col">Column.</param>
    public static int OffsetOf(DType type, int row, int col)
    {
        int depth = Depth(type), size = type.ByteSize(), step = col / depth * StepBytes(type);
        return type == DType.F8E4M3
            ? step + row / 4 * 16 + col % 4 / 2 * 8 + row % 4 * 2 + col % 2
            : step + (row * depth + col % depth) * size;
    }

    /// <summary>A row's elements, not scaled.</summary>
    public static void CopyRow(Part part, long row, Span<float> values)
    {
        switch (part.Format.DType)
        {
            case DType.F32: CopyRow<F32Element, float, uint>(part, row, values); break;
            case DType.BF16: CopyRow<BF16Element, ushort, uint>(part, row, values); break;
            case DType.F16: CopyRow<F16Element, ushort, ushort>(part, row, values); break;
            case DType.I8: CopyRow<I8Element, sbyte, uint>(part, row, values); break;
            default: CopyRow<F8E4M3Element, byte, ushort>(part, row, values); break;
        }
    }

    // TRun has the size of a run
    [SkipLocalsInit]
    private static void CopyRow<TElement, TStored, TRun>(Part part, long row, Span<float> values)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TRun : unmanaged
    {
        const int Runs = 128;
        DType type = part.Format.DType;
        ReadOnlySpan<byte> panel = MemoryMarshal.AsBytes(part.Codes.Row<sbyte>(row / RowCount));
        int length = RunLength(type), inStep = Depth(type) / length;
        Span<TRun> runs = stackalloc TRun[Runs];
        ReadOnlySpan<TStored> elements = MemoryMarshal.Cast<TRun, TStored>(runs);
        for (int first = 0; first < values.Length; first += Runs * length)
        {
            int count = Math.Min(Runs * length, values.Length - first);
            for (int i = 0; i < inStep; i++)
            {
                int at = OffsetOf(type, (int)(row % RowCount), first + i * length), step = StepBytes(type);
                for (int run = i; run * length < count; run += inStep, at += step)
                    runs[run] = MemoryMarshal.Read<TRun>(panel[at..]);
            }

            Lanes.WidenRow<TElement, TStored>(elements[..count], values[first..]);
        }
    }
}
