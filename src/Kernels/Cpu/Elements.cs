using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
