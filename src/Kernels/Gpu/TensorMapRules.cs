namespace Puna.Kernels.Gpu;

/// <summary>
/// What a tensor map must obey (CUDA driver API, cuTensorMapEncodeTiled). The driver answers all of these with
/// "invalid argument"; here each has its sentence.
/// </summary>
internal static class TensorMapRules
{
    private const int MaxRank = 5;
    private const int MaxBox = 256;
    private const long MaxStride = 1L << 40;
    private const long MaxExtent = 1L << 32;

    /// <summary>Bytes of an element.</summary>
    public static int ElementBytes(NumberFormat format) => format switch
    {
        NumberFormat.F64 or NumberFormat.I64 or NumberFormat.U64 => 8,
        NumberFormat.F32 or NumberFormat.I32 or NumberFormat.U32 => 4,
        NumberFormat.F16 or NumberFormat.BF16 or NumberFormat.I16 or NumberFormat.U16 => 2,
        _ => 1,
    };

    /// <summary>Bytes of a row that a swizzle permutes; 0 for none.</summary>
    public static int SpanBytes(SwizzleMode swizzle) => swizzle switch
    {
        SwizzleMode.Bytes32 => 32,
        SwizzleMode.Bytes64 => 64,
        SwizzleMode.Bytes128 => 128,
        _ => 0,
    };

    /// <summary>Throws unless a tensor copy can have this layout.</summary>
    /// <exception cref="ArgumentException">It cannot; the message says why.</exception>
    public static void Check(TensorMapLayout layout)
    {
        int rank = layout.Extents.Length;
        Demand(rank is >= 1 and <= MaxRank, $"{rank} dimensions", $"1 to {MaxRank} were expected");
        Demand(layout.Box.Length == rank, $"{layout.Box.Length} box extents", $"{rank} were expected, one for each dimension");
        Demand(layout.StrideBytes.Length == rank - 1, $"{layout.StrideBytes.Length} strides", $"{rank - 1} were expected, none for the innermost dimension");
        Demand(layout.Address % 16 == 0, $"address 0x{layout.Address:x}", "a multiple of 16 was expected");
        foreach (long extent in layout.Extents)
            Demand(extent is > 0 and <= MaxExtent, $"an extent of {extent}", $"1 to {MaxExtent} were expected");
        foreach (long stride in layout.StrideBytes)
            Demand(stride is > 0 and < MaxStride && stride % 16 == 0, $"a stride of {stride} bytes", "a multiple of 16 below 2^40 was expected");
        foreach (int box in layout.Box)
            Demand(box is > 0 and <= MaxBox, $"a box extent of {box}", $"1 to {MaxBox} were expected");

        int inner = layout.Box[0] * ElementBytes(layout.Format), span = SpanBytes(layout.Swizzle);
        Demand(inner % 16 == 0, $"an inner box of {inner} bytes", "a multiple of 16 was expected");
        Demand(span == 0 || inner <= span, $"an inner box of {inner} bytes", $"at most the swizzle's {span} were expected");
    }

    private static void Demand(bool holds, string actual, string expected)
    {
        if (!holds)
            throw new ArgumentException($"TensorMapLayout: {actual}, but {expected} (cuTensorMapEncodeTiled).");
    }
}
