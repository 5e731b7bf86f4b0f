using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Puna.Kernels.Gpu.Layouts;

/// <summary>
/// Checks of a <see cref="TensorMapLayout"/>, and the 128 bytes of a tensor map in the emulator. The driver's own encoding
/// is opaque; this one is simple: a mark, then each field at a fixed place, so that <c>tensormap.replace</c> can change one.
/// </summary>
internal static class TensorMapCode
{
    public const int Bytes = 128;

    /// <summary>Places of the fields; dimensions follow each other, innermost first.</summary>
    public const int MarkAt = 0, AddressAt = 8, StridesAt = 16, ExtentsAt = 48, BoxAt = 68, ElementStridesAt = 88,
        RankAt = 108, FormatAt = 109, SwizzleAt = 110, InterleaveAt = 111, FillAt = 112;

    private const ulong Mark = 0x70614D726F736E54;   // "TnsorMap"

    /// <summary>What the driver would refuse, as a sentence; null where nothing is wrong.</summary>
    public static string? Problem(TensorMapLayout layout)
    {
        int rank = layout.Extents.Length;
        if (rank is < 1 or > 5)
            return $"TensorMap: it has {rank} dimensions, but 1 to 5 are possible.";
        if (layout.StrideBytes.Length != rank - 1 || layout.Box.Length != rank)
        {
            return $"TensorMap: {rank} dimensions have {layout.StrideBytes.Length} strides and {layout.Box.Length} box sizes, "
                + $"but {rank - 1} strides (the innermost has none) and {rank} box sizes were expected.";
        }

        if (layout.Address % 16 != 0)
            return $"TensorMap: the address 0x{layout.Address:X} is not aligned to 16 bytes.";
        for (int d = 0; d < rank; d++)
        {
            if (layout.Extents[d] is < 1 or > 1L << 32)
                return $"TensorMap: dimension {d} has {layout.Extents[d]} elements, but 1 to 2^32 are possible.";
            if (layout.Box[d] is < 1 or > 256)
                return $"TensorMap: the box has {layout.Box[d]} elements in dimension {d}, but 1 to 256 are possible.";
            if (d > 0 && (layout.StrideBytes[d - 1] % 16 != 0 || layout.StrideBytes[d - 1] is < 0 or >= 1L << 40))
                return $"TensorMap: dimension {d} has a stride of {layout.StrideBytes[d - 1]} bytes, but multiples of 16 below 2^40 are possible.";
        }

        int inner = layout.Box[0] * layout.Format.ByteSize();
        if (inner % 16 != 0)
            return $"TensorMap: the box is {inner} bytes wide, but only multiples of 16 are possible.";
        int span = Swizzles.SpanBytes(layout.Swizzle);
        return layout.Swizzle != SwizzleMode.None && inner > span
            ? $"TensorMap: the box is {inner} bytes wide, but swizzle {layout.Swizzle} takes at most {span}."
            : null;
    }

    /// <summary>The bytes that the emulator's tensor copies read.</summary>
    /// <exception cref="ArgumentException">The driver would refuse the layout.</exception>
    public static TensorMap Encode(TensorMapLayout layout)
    {
        if (Problem(layout) is { } problem)
            throw new ArgumentException(problem, nameof(layout));
        byte[] bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(MarkAt), Mark);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(AddressAt), layout.Address);
        for (int d = 0; d < layout.Extents.Length; d++)
        {
            // an extent of 2^32 is kept as 0, as in tensormap.replace
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(ExtentsAt + 4 * d), (uint)layout.Extents[d]);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(BoxAt + 4 * d), layout.Box[d]);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(ElementStridesAt + 4 * d), 1);
            if (d > 0)
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(StridesAt + 8 * (d - 1)), layout.StrideBytes[d - 1]);
        }

        bytes[RankAt] = (byte)layout.Extents.Length;
        bytes[FormatAt] = (byte)layout.Format;
        bytes[SwizzleAt] = (byte)layout.Swizzle;
        return new TensorMap([.. bytes]);
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; null where the bytes are no such tensor map.</summary>
    public static TensorMapLayout? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Bytes || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != Mark || bytes[RankAt] is < 1 or > 5)
            return null;
        int rank = bytes[RankAt];
        var extents = ImmutableArray.CreateBuilder<long>(rank);
        var strides = ImmutableArray.CreateBuilder<long>(rank - 1);
        var box = ImmutableArray.CreateBuilder<int>(rank);
        for (int d = 0; d < rank; d++)
        {
            uint extent = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(ExtentsAt + 4 * d)..]);
            extents.Add(extent == 0 ? 1L << 32 : extent);
            box.Add(BinaryPrimitives.ReadInt32LittleEndian(bytes[(BoxAt + 4 * d)..]));
            if (d > 0)
                strides.Add(BinaryPrimitives.ReadInt64LittleEndian(bytes[(StridesAt + 8 * (d - 1))..]));
        }

        return new TensorMapLayout((NumberFormat)bytes[FormatAt], extents.ToImmutable(), strides.ToImmutable(),
            box.ToImmutable(), (SwizzleMode)bytes[SwizzleAt])
        { Address = BinaryPrimitives.ReadUInt64LittleEndian(bytes[AddressAt..]) };
    }
}
