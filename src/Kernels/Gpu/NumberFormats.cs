using System.Buffers.Binary;

namespace Puna.Kernels.Gpu;

/// <summary>Sizes and values of the elements of a kernel's buffers.</summary>
public static class NumberFormats
{
    /// <summary>Bytes of one element.</summary>
    public static int ByteSize(this NumberFormat format) => format switch
    {
        NumberFormat.F64 or NumberFormat.I64 or NumberFormat.U64 => 8,
        NumberFormat.F32 or NumberFormat.I32 or NumberFormat.U32 => 4,
        NumberFormat.F16 or NumberFormat.BF16 or NumberFormat.I16 or NumberFormat.U16 => 2,
        _ => 1,
    };

    /// <summary>Whether elements are integers, whose 64-bit kinds lose bits in <see cref="Read"/>.</summary>
    public static bool IsInteger(this NumberFormat format) => format >= NumberFormat.I64;

    /// <summary>The value of one element; exact but for 64-bit integers beyond 2^53.</summary>
    /// <param name="format">The format.</param>
    /// <param name="bytes">Elements, little-endian.</param>
    /// <param name="index">Which element.</param>
    public static double Read(this NumberFormat format, ReadOnlySpan<byte> bytes, long index)
    {
        int size = format.ByteSize();
        ReadOnlySpan<byte> at = bytes.Slice(checked((int)(index * size)), size);
        return format switch
        {
            NumberFormat.F64 => BinaryPrimitives.ReadDoubleLittleEndian(at),
            NumberFormat.F32 => BinaryPrimitives.ReadSingleLittleEndian(at),
            NumberFormat.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(at),
            NumberFormat.BF16 => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
            NumberFormat.F8E4M3 => Emulator.Numerics.Codes.FromE4M3(at[0]),
            NumberFormat.F8E5M2 => Emulator.Numerics.Codes.FromE5M2(at[0]),
            NumberFormat.I64 => BinaryPrimitives.ReadInt64LittleEndian(at),
            NumberFormat.I32 => BinaryPrimitives.ReadInt32LittleEndian(at),
            NumberFormat.I16 => BinaryPrimitives.ReadInt16LittleEndian(at),
            NumberFormat.I8 => (sbyte)at[0],
            NumberFormat.U64 => BinaryPrimitives.ReadUInt64LittleEndian(at),
            NumberFormat.U32 => BinaryPrimitives.ReadUInt32LittleEndian(at),
            NumberFormat.U16 => BinaryPrimitives.ReadUInt16LittleEndian(at),
            _ => at[0],
        };
    }
}
