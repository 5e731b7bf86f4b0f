using System.Numerics;
using System.Runtime.InteropServices;
using Puna.Kernels;

namespace Puna.Runtime.Loading;

/// <summary>Widens stored numbers to F32; every BF16 and F16 number is exactly one F32 number.</summary>
internal static class WideFloats
{
    /// <summary>
    /// Widens <paramref name="bytes"/>, which hold as many elements as <paramref name="values"/> takes.
    /// </summary>
    public static void Widen(ReadOnlySpan<byte> bytes, SafetensorsDType type, Span<float> values)
    {
        switch (type)
        {
            case SafetensorsDType.F32:
                bytes.CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case SafetensorsDType.F16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < values.Length; i++)
                    values[i] = (float)halves[i];
                break;
            case SafetensorsDType.BF16:
                ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < values.Length; i++)
                    values[i] = DTypes.WidenBF16(upper[i]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "WideFloats: F32, BF16 or F16 was expected.");
        }
    }

    /// <summary>Position of the first element that is infinite or not a number; −1 when all are finite.</summary>
    public static long FindNonFinite(ReadOnlySpan<byte> bytes, SafetensorsDType type) => type switch
    {
        // A number is not finite exactly when all bits of its exponent are set.
        SafetensorsDType.F32 => Find(MemoryMarshal.Cast<byte, uint>(bytes), 0x7F80_0000u),
        SafetensorsDType.F16 => Find(MemoryMarshal.Cast<byte, ushort>(bytes), (ushort)0x7C00),
        SafetensorsDType.BF16 => Find(MemoryMarshal.Cast<byte, ushort>(bytes), (ushort)0x7F80),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "WideFloats: F32, BF16 or F16 was expected."),
    };

    private static long Find<T>(ReadOnlySpan<T> values, T exponent)
        where T : unmanaged, IBinaryInteger<T>
    {
        var mask = new Vector<T>(exponent);
        int i = 0;
        while (i <= values.Length - Vector<T>.Count && !Vector.EqualsAny(new Vector<T>(values[i..]) & mask, mask))
            i += Vector<T>.Count;
        for (; i < values.Length; i++)
        {
            if ((values[i] & exponent) == exponent)
                return i;
        }

        return -1;
    }
}
