using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>Conversions of single codes of the narrow formats, fast for the forms that kernels use.</summary>
internal static class Codes
{
    private static readonly float[] E4M3Values = Table(FloatFormat.E4M3);
    private static readonly float[] E5M2Values = Table(FloatFormat.E5M2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromF16(uint code) => (float)BitConverter.UInt16BitsToHalf((ushort)code);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromBF16(uint code) => BitConverter.UInt32BitsToSingle(code << 16);

    /// <summary>The value of a TF32 operand: the low 13 bits of its register do not count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromTF32(uint register) => BitConverter.UInt32BitsToSingle(register & 0xFFFF_E000);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromE4M3(uint code) => E4M3Values[(byte)code];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromE5M2(uint code) => E5M2Values[(byte)code];

    /// <summary>F16 of an F32 or F64.</summary>
    public static uint ToF16(double value, Rounding rounding = Rounding.NearestEven, Clamping clamping = Clamping.None)
    {
        if (rounding == Rounding.NearestEven && clamping == Clamping.None && !double.IsNaN(value))
            return BitConverter.HalfToUInt16Bits((Half)value);
        return (uint)FloatFormat.F16.Encode(value, rounding, clamping);
    }

    /// <summary>BF16 of an F32, to nearest even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint ToBF16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? 0x7FFF : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    }

    /// <summary>BF16 of an F32 or F64.</summary>
    public static uint ToBF16(double value, Rounding rounding, Clamping clamping = Clamping.None) =>
        (uint)FloatFormat.BF16.Encode(value, rounding, clamping);

    /// <summary>TF32 of an F32, as it stands in a register: <c>cvt.rna.tf32.f32</c> and, since sm_90, <c>.rn</c> and <c>.rz</c>.</summary>
    public static uint ToTF32(float value, Rounding rounding, Clamping clamping = Clamping.None) =>
        float.IsNaN(value) ? F32Arithmetic.CanonicalNaN : (uint)FloatFormat.TF32.Encode(value, rounding, clamping) << 13;

    /// <summary><c>cvt.rn.satfinite.e4m3x2</c> of one element.</summary>
    public static uint ToE4M3(double value, Clamping clamping = Clamping.Finite) =>
        (uint)FloatFormat.E4M3.Encode(value, Rounding.NearestEven, clamping);

    /// <summary><c>cvt.rn.satfinite.e5m2x2</c> of one element.</summary>
    public static uint ToE5M2(double value, Clamping clamping = Clamping.Finite) =>
        (uint)FloatFormat.E5M2.Encode(value, Rounding.NearestEven, clamping);

    private static float[] Table(FloatFormat format) => [.. Enumerable.Range(0, 256).Select(c => (float)format.Decode((ulong)c))];
}
