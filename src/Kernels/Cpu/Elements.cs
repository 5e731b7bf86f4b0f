using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels.Cpu;

/// <summary>A stored element type: how one, and how sixteen, become F32 and are made of F32. Widening is exact.</summary>
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

    /// <summary>Stores sixteen numbers from <paramref name="index"/> on, each as <see cref="Narrow"/> would.</summary>
    static abstract void Store(Vector512<float> values, ref TStored first, nuint index);
}

/// <summary>An element type whose elements are codes, to be multiplied by a scale.</summary>
internal interface ICode<TStored> : IElement<TStored>
    where TStored : unmanaged
{
    /// <summary>The largest number that has a code: what the largest element of a row becomes.</summary>
    static abstract float Largest { get; }
}

/// <summary>F32, as it is.</summary>
internal readonly struct F32Element : IElement<float>
{
    public static float Widen(float stored) => stored;

    public static float Narrow(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float first, nuint index) => Vector512.LoadUnsafe(ref first, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref float first, nuint index) => values.StoreUnsafe(ref first, index);
}

/// <summary>BF16: the upper half of an F32.</summary>
internal readonly struct BF16Element : IElement<ushort>
{
    public static float Widen(ushort stored) => DTypes.WidenBF16(stored);

    public static ushort Narrow(float value) => DTypes.RoundToBF16(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref ushort first, nuint index) =>
        (Lanes.Widen(Vector256.LoadUnsafe(ref first, index)) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref ushort first, nuint index) =>
        Lanes.NarrowTo16(Bits(values)).StoreUnsafe(ref first, index);

    /// <summary>The bits of sixteen numbers rounded to BF16, in the lower halves of 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Bits(Vector512<float> values)
    {
        Vector512<uint> bits = values.AsUInt32(), upper = bits >>> 16;
        Vector512<uint> rounded = (bits + Vector512.Create(0x7FFFu) + (upper & Vector512<uint>.One)) >>> 16;
        Vector512<uint> isNumber = Vector512.Equals(values, values).AsUInt32();
        return Vector512.ConditionalSelect(isNumber, rounded, upper | Vector512.Create(0x40u));
    }
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

    /// <summary>
    /// A normal half's fraction is rounded by an integer addition; a subnormal one's by adding 0.5, in whose neighbourhood
    /// F32 has the steps of 2⁻²⁴ that subnormal halves have.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref ushort first, nuint index)
    {
        Vector512<uint> bits = values.AsUInt32(), magnitude = bits & Vector512.Create(0x7FFFFFFFu);
        Vector512<uint> normal = (magnitude - Vector512.Create(112u << 23) + Vector512.Create(0xFFFu)
            + (magnitude >>> 13 & Vector512<uint>.One)) >>> 13;
        Vector512<uint> small = (magnitude.AsSingle() + Vector512.Create(0.5f)).AsUInt32() - Vector512.Create(0x3F000000u);
        Vector512<uint> isSmall = Vector512.LessThan(magnitude, Vector512.Create(113u << 23));
        Vector512<uint> isLarge = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(143u << 23));
        Vector512<uint> isNumber = Vector512.Equals(values, values).AsUInt32();
        Vector512<uint> large = Vector512.ConditionalSelect(isNumber, Vector512.Create(0x7C00u), Vector512.Create(0x7E00u));
        Vector512<uint> half = Vector512.ConditionalSelect(isLarge, large, Vector512.ConditionalSelect(isSmall, small, normal));
        Lanes.NarrowTo16(half | (bits >>> 16 & Vector512.Create(0x8000u))).StoreUnsafe(ref first, index);
    }
}

/// <summary>Signed bytes, as whole numbers.</summary>
internal readonly struct I8Element : ICode<sbyte>
{
    public static float Largest => 127;

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

    /// <inheritdoc/>
    /// <remarks>Numbers only: a NaN gets some code.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref sbyte first, nuint index) =>
        Lanes.NarrowTo8(Bits(values)).AsSByte().StoreUnsafe(ref first, index);

    /// <summary>Sixteen codes. Near 1.5 · 2²³ F32 has whole numbers only, so that adding it rounds, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Bits(Vector512<float> values)
    {
        Vector512<float> clamped = Vector512.MinNative(Vector512.MaxNative(values, Vector512.Create(-127f)), Vector512.Create(127f));
        return (clamped + Vector512.Create(12582912f)).AsUInt32() - Vector512.Create(12582912f).AsUInt32();
    }
}

/// <summary>Signed bytes, with 128 added: as the machine's products of bytes take activations.</summary>
internal readonly struct ShiftedI8Element : ICode<byte>
{
    public static float Largest => I8Element.Largest;

    public static float Widen(byte stored) => stored - 128;

    public static byte Narrow(float value) => (byte)(I8Element.Narrow(value) ^ 0x80);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref byte first, nuint index)
    {
        Vector128<byte> codes = Vector128.LoadUnsafe(ref first, index) ^ Vector128.Create((byte)0x80);
        (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(codes.AsSByte());
        (Vector256<int> low, Vector256<int> high) = Vector256.Widen(Vector256.Create(lower, upper));
        return Vector512.ConvertToSingle(Vector512.Create(low, high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref byte first, nuint index) =>
        (Lanes.NarrowTo8(I8Element.Bits(values)) ^ Vector128.Create((byte)0x80)).StoreUnsafe(ref first, index);
}

/// <summary>FP8 with 4 exponent and 3 fraction bits.</summary>
internal readonly struct F8E4M3Element : ICode<byte>
{
    public static float Largest => 448;

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

    /// <summary>
    /// A normal code's fraction is rounded by an integer addition; a subnormal one's by adding 2¹⁴, in whose neighbourhood F32
    /// has the steps of 2⁻⁹ that subnormal codes have.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref byte first, nuint index)
    {
        Vector512<uint> bits = values.AsUInt32();
        Vector512<uint> magnitude = Vector512.Min(bits & Vector512.Create(0x7FFFFFFFu), Vector512.Create(448f).AsUInt32());
        Vector512<uint> normal = (magnitude - Vector512.Create(120u << 23) + Vector512.Create(0x7FFFFu)
            + (magnitude >>> 20 & Vector512<uint>.One)) >>> 20;
        Vector512<uint> small = (magnitude.AsSingle() + Vector512.Create(16384f)).AsUInt32() - Vector512.Create(16384f).AsUInt32();
        Vector512<uint> isSmall = Vector512.LessThan(magnitude, Vector512.Create(121u << 23));
        Vector512<uint> code = Vector512.ConditionalSelect(isSmall, small, normal);
        Vector512<uint> isNumber = Vector512.Equals(values, values).AsUInt32();
        code = Vector512.ConditionalSelect(isNumber, code, Vector512.Create(0x7Fu));
        Lanes.NarrowTo8(code | (bits >>> 24 & Vector512.Create(0x80u))).StoreUnsafe(ref first, index);
    }
}

/// <summary>F32 that BF16 has: what is stored is rounded.</summary>
internal readonly struct RoundedToBF16Element : IElement<float>
{
    public static float Widen(float stored) => stored;

    public static float Narrow(float value) => DTypes.WidenBF16(DTypes.RoundToBF16(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float first, nuint index) => Vector512.LoadUnsafe(ref first, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref float first, nuint index) =>
        (BF16Element.Bits(values) << 16).AsSingle().StoreUnsafe(ref first, index);
}

/// <summary>Whole numbers from −127 to 127 as F32: what is stored is rounded.</summary>
internal readonly struct RoundedToI8Element : ICode<float>
{
    public static float Largest => I8Element.Largest;

    public static float Widen(float stored) => stored;

    public static float Narrow(float value) => I8Element.Narrow(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float first, nuint index) => Vector512.LoadUnsafe(ref first, index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, ref float first, nuint index) =>
        Vector512.ConvertToSingle(I8Element.Bits(values).AsInt32()).StoreUnsafe(ref first, index);
}
