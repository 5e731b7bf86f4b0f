using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels.Cpu;

/// <summary>A stored element type: how one, and how sixteen, become F32. Widening is exact.</summary>
/// <typeparam name="TStored">What a span of such elements holds.</typeparam>
internal interface IElement<TStored>
    where TStored : unmanaged
{
    /// <summary>The F32 value of <paramref name="stored"/>.</summary>
    static abstract float Widen(TStored stored);

    /// <summary>The stored element nearest to <paramref name="value"/>, ties to even.</summary>
    static abstract TStored Narrow(float value);

    /// <summary>The F32 values of sixteen elements from <paramref name="index"/> on.</summary>
    static abstract Vector512<float> Load(ref TStored first, nuint index);
}

/// <summary>F32, as it is.</summary>
internal readonly struct F32Element : IElement<float>
{
    public static float Widen(float stored) => stored;

    public static float Narrow(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float first, nuint index) => Vector512.LoadUnsafe(ref first, index);
}

/// <summary>BF16: the upper half of an F32.</summary>
internal readonly struct BF16Element : IElement<ushort>
{
    public static float Widen(ushort stored) => DTypes.WidenBF16(stored);

    public static ushort Narrow(float value) => DTypes.RoundToBF16(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref ushort first, nuint index) =>
        (Lanes.Widen(Vector256.LoadUnsafe(ref first, index)) << 16).AsSingle();
}

/// <summary>F16: IEEE 754 binary16.</summary>
internal readonly struct F16Element : IElement<ushort>
{
    public static float Widen(ushort stored) => (float)BitConverter.UInt16BitsToHalf(stored);

    public static ushort Narrow(float value) => BitConverter.HalfToUInt16Bits((Half)value);

    /// <summary>
    /// Exponent and fraction move to an F32 whose exponent is 112 too small; multiplying by 2¹¹² mends that, exactly,
    /// for normal and subnormal halves alike. Infinities and NaN get the F32 exponent by hand.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref ushort first, nuint index)
    {
        Vector512<uint> half = Lanes.Widen(Vector256.LoadUnsafe(ref first, index));
        Vector512<uint> magnitude = (half & Vector512.Create(0x7FFFu)) << 13;
        Vector512<uint> finite = (magnitude.AsSingle() * Vector512.Create(5.192296858534828e33f)).AsUInt32();
        Vector512<uint> isSpecial = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(0x7C00u << 13));
        Vector512<uint> value = finite | (isSpecial & Vector512.Create(0x7F800000u));
        return (value | (half & Vector512.Create(0x8000u)) << 16).AsSingle();
    }
}

/// <summary>Signed bytes, as whole numbers.</summary>
internal readonly struct I8Element : IElement<sbyte>
{
    public static float Widen(sbyte stored) => stored;

    public static sbyte Narrow(float value) => (sbyte)Math.Clamp(MathF.Round(value, MidpointRounding.ToEven), -127, 127);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref sbyte first, nuint index)
    {
        if (Avx512F.IsSupported)
            return Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.LoadUnsafe(ref first, index)));
        (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(Vector128.LoadUnsafe(ref first, index));
        (Vector256<int> low, Vector256<int> high) = Vector256.Widen(Vector256.Create(lower, upper));
        return Vector512.ConvertToSingle(Vector512.Create(low, high));
    }
}

/// <summary>FP8 with 4 exponent and 3 fraction bits.</summary>
internal readonly struct F8E4M3Element : IElement<byte>
{
    public static float Widen(byte stored) => Codes.FromE4M3(stored);

    public static byte Narrow(float value) => (byte)Codes.ToE4M3(value);

    /// <summary>
    /// Exponent and fraction move to an F32 whose exponent is 120 too small; multiplying by 2¹²⁰ mends that, exactly,
    /// for normal and subnormal codes alike. The code of all ones is no number.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref byte first, nuint index)
    {
        (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(Vector128.LoadUnsafe(ref first, index));
        Vector512<uint> code = Lanes.Widen(Vector256.Create(lower, upper));
        Vector512<uint> magnitude = code & Vector512.Create(0x7Fu);
        Vector512<uint> finite = ((magnitude << 20).AsSingle() * Vector512.Create(1.329227995784916e36f)).AsUInt32();
        Vector512<uint> isNaN = Vector512.Equals(magnitude, Vector512.Create(0x7Fu));
        Vector512<uint> value = finite | (isNaN & Vector512.Create(0x7FC00000u));
        return (value | (code & Vector512.Create(0x80u)) << 24).AsSingle();
    }
}
