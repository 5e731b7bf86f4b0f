using System.Collections.Immutable;

namespace Puna.Runtime.Loading;

/// <summary>Checks that the tensors of a header tile the data: no hole, no overlap, each of its own size.</summary>
internal static class SafetensorsLayout
{
    private const long MaxDimension = (1L << 48) - 1;
    private const int MaxRank = 8;

    /// <summary>Returns the entries in the order of their bytes, after every check.</summary>
    /// <param name="raw">What the header says.</param>
    /// <param name="dataBytes">Bytes of the file after the header.</param>
    /// <param name="mode">How closely the format's text is followed.</param>
    /// <param name="where">The file's name, for messages.</param>
    public static ImmutableArray<SafetensorsEntry> Check(
        RawEntry[] raw, long dataBytes, SafetensorsMode mode, string where)
    {
        Array.Sort(raw, (a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        ulong end = 0;
        foreach (RawEntry entry in raw)
        {
            CheckEntry(entry, end, where);
            end = entry.End;
        }

        if (end != (ulong)dataBytes)
        {
            string advice = end > (ulong)dataBytes
                ? "The file is cut short; download it again."
                : "The rest belongs to no tensor; download the file again.";
            throw new ModelFormatException(
                $"{where}: the tensors have {end} bytes, but {dataBytes} follow the header. {advice}",
                SafetensorsError.MetadataIncompleteBuffer);
        }

        if (mode == SafetensorsMode.Strict)
            CheckExtents(raw, where);
        return [.. raw.Select(e => new SafetensorsEntry(
            e.Name, e.DType, [.. e.Shape.Select(d => (long)Math.Min(d, long.MaxValue))], (long)e.Begin, (long)e.End))];
    }

    private static void CheckEntry(RawEntry entry, ulong previousEnd, string where)
    {
        string tensor = $"{where}: tensor {Quoted.Name(entry.Name)}";
        if (entry.Begin != previousEnd || entry.End < entry.Begin)
        {
            throw new ModelFormatException(
                $"{tensor} lies at bytes {entry.Begin} to {entry.End} of the data, but the next tensor must start at "
                + $"{previousEnd} (tensors leave no hole and share no byte). The file is damaged; download it again.",
                SafetensorsError.InvalidOffset);
        }

        if (!TryBits(entry, out ulong bits))
        {
            throw new ModelFormatException(
                $"{tensor} is {entry.DType.Name()} {Shape(entry)}, but its size does not fit 64 bits. "
                + "The file is damaged; download it again.",
                SafetensorsError.ValidationOverflow);
        }

        if (bits % 8 != 0)
        {
            throw new ModelFormatException(
                $"{tensor} is {entry.DType.Name()} {Shape(entry)}, {bits} bits, but a tensor ends at a whole byte. "
                + "The file is damaged; download it again.",
                SafetensorsError.MisalignedSlice);
        }

        if (bits / 8 != entry.End - entry.Begin)
        {
            throw new ModelFormatException(
                $"{tensor} is {entry.DType.Name()} {Shape(entry)}, {bits / 8} bytes, but its offsets {entry.Begin} to "
                + $"{entry.End} hold {entry.End - entry.Begin}. The file is damaged; download it again.",
                SafetensorsError.TensorInvalidInfo);
        }
    }

    // From left to right, as the reference does: a zero hides what follows it, not what stands before it.
    private static bool TryBits(RawEntry entry, out ulong bits)
    {
        UInt128 product = 1;
        foreach (ulong dimension in entry.Shape)
        {
            product *= dimension;
            if (product > ulong.MaxValue)
            {
                bits = 0;
                return false;
            }
        }

        product *= (UInt128)entry.DType.Bits();
        bits = (ulong)product;
        return product <= ulong.MaxValue;
    }

    private static void CheckExtents(RawEntry[] raw, string where)
    {
        foreach (RawEntry entry in raw)
        {
            string tensor = $"{where}: tensor {Quoted.Name(entry.Name)}";
            foreach (ulong dimension in entry.Shape)
            {
                if (dimension > MaxDimension)
                {
                    throw new ModelFormatException(
                        $"{tensor} has the dimension {dimension}, but at most {MaxDimension} is allowed. "
                        + "Write the file again, or read it in the lenient mode.",
                        SafetensorsError.DimensionTooLarge);
                }
            }

            if (entry.Shape.Length > MaxRank)
            {
                throw new ModelFormatException(
                    $"{tensor} has {entry.Shape.Length} dimensions, but at most {MaxRank} are allowed. "
                    + "Write the file again, or read it in the lenient mode.",
                    SafetensorsError.RankTooLarge);
            }
        }
    }

    private static string Shape(RawEntry entry) => Quoted.Line($"[{string.Join(", ", entry.Shape.Take(32))}]");
}
