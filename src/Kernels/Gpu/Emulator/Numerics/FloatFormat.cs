using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>
/// A binary floating-point format: sign, exponent with bias 2^(bits - 1) - 1, fraction; subnormals always. Everything is
/// derived from the two widths and from whether the largest exponent stands for infinity and NaN.
/// </summary>
/// <param name="ExponentBits">Width of the exponent.</param>
/// <param name="FractionBits">Width of the fraction.</param>
/// <param name="HasInfinity">False for e4m3: there only the code of all ones is NaN, and nothing is infinite.</param>
/// <param name="CanonicalNaN">What an operation gives for NaN (PTX ISA, sections on floating-point instructions and cvt).</param>
internal readonly record struct FloatFormat(int ExponentBits, int FractionBits, bool HasInfinity, ulong CanonicalNaN)
{
    public static FloatFormat F64 => new(11, 52, true, 0x7FF8_0000_0000_0000);

    public static FloatFormat F32 => new(8, 23, true, 0x7FFF_FFFF);

    public static FloatFormat F16 => new(5, 10, true, 0x7FFF);

    public static FloatFormat BF16 => new(8, 7, true, 0x7FFF);

    /// <summary>19 bits; in a register they stand in the upper ones, above 13 zeros.</summary>
    public static FloatFormat TF32 => new(8, 10, true, 0x3FFFF);

    public static FloatFormat E4M3 => new(4, 3, false, 0x7F);

    public static FloatFormat E5M2 => new(5, 2, true, 0x7F);

    public int Bias => (1 << (ExponentBits - 1)) - 1;

    public ulong SignBit => 1UL << (ExponentBits + FractionBits);

    /// <summary>The largest exponent with an empty fraction: infinity where the format has one.</summary>
    public ulong Infinity => ((1UL << ExponentBits) - 1) << FractionBits;

    public ulong LargestFinite => HasInfinity ? Infinity - 1 : SignBit - 2;

    /// <summary>The code of a value, correctly rounded.</summary>
    public ulong Encode(double value, Rounding rounding, Clamping clamping = Clamping.None)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        bool isNegative = bits >> 63 != 0;
        int exponent = (int)(bits >> 52) & 0x7FF;
        ulong fraction = bits & 0xF_FFFF_FFFF_FFFF;
        if (exponent == 0x7FF)
            return fraction != 0 ? NaN(clamping) : Clamp(Overflowed(isNegative, Rounding.NearestEven, clamping), clamping);
        return exponent == 0
            ? Encode(isNegative, fraction, -1074, rounding, clamping)
            : Encode(isNegative, fraction | 1UL << 52, exponent - 1075, rounding, clamping);
    }

    /// <summary>
    /// The code of ±<paramref name="significand"/> · 2^<paramref name="exponent"/>, correctly rounded. A significand of
    /// 64 bits whose last bit is an "or" of lost bits below gives the right result too (no format keeps more than 53).
    /// </summary>
    public ulong Encode(bool isNegative, ulong significand, int exponent, Rounding rounding, Clamping clamping = Clamping.None)
    {
        ulong sign = isNegative ? SignBit : 0;
        if (significand == 0)
            return Clamp(sign, clamping);
        int top = 63 - (int)ulong.LeadingZeroCount(significand) + exponent;
        bool isSubnormal = top < 1 - Bias;
        int dropped = (isSubnormal ? 1 - Bias : top) - FractionBits - exponent;
        ulong kept = dropped <= 0 ? significand << -dropped : Round(significand, dropped, isNegative, rounding);

        // the hidden bit, or a carry out of the fraction, adds one to the exponent
        long code = isSubnormal ? (long)kept : ((long)(top + Bias - 1) << FractionBits) + (long)kept;
        if (top > Bias + 1 || (ulong)code > LargestFinite)
            return Clamp(Overflowed(isNegative, rounding, clamping), clamping);
        return Clamp(sign | (ulong)code, clamping);
    }

    /// <summary>The value of a code; exact.</summary>
    public double Decode(ulong code)
    {
        ulong magnitude = code & (SignBit - 1);
        int exponent = (int)(magnitude >> FractionBits);
        ulong fraction = magnitude & ((1UL << FractionBits) - 1);
        double sign = (code & SignBit) != 0 ? -1 : 1;
        if (magnitude > LargestFinite)
            return HasInfinity && fraction == 0 ? sign * double.PositiveInfinity : double.NaN;
        return exponent == 0
            ? sign * Math.ScaleB(fraction, 1 - Bias - FractionBits)
            : sign * Math.ScaleB(fraction | 1UL << FractionBits, exponent - Bias - FractionBits);
    }

    /// <summary>Whether a code is NaN.</summary>
    public bool IsNaN(ulong code) => (code & (SignBit - 1)) > (HasInfinity ? Infinity : LargestFinite);

    /// <summary><paramref name="significand"/> / 2^<paramref name="dropped"/>, rounded to an integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Round(ulong significand, int dropped, bool isNegative, Rounding rounding)
    {
        ulong kept = dropped >= 64 ? 0 : significand >> dropped;
        ulong rest = dropped >= 64 ? significand : significand & ((1UL << dropped) - 1);
        if (rest == 0)
            return kept;
        int toHalf = dropped > 64 ? -1 : rest.CompareTo(1UL << (dropped - 1));
        bool goesUp = rounding switch
        {
            Rounding.NearestEven => toHalf > 0 || (toHalf == 0 && (kept & 1) != 0),
            Rounding.NearestAway => toHalf >= 0,
            Rounding.Down => isNegative,
            Rounding.Up => !isNegative,
            _ => false,
        };
        return goesUp ? kept + 1 : kept;
    }

    private ulong NaN(Clamping clamping) => (clamping & Clamping.ZeroToOne) != 0 ? 0 : CanonicalNaN;

    private ulong Overflowed(bool isNegative, Rounding rounding, Clamping clamping)
    {
        bool staysFinite = (clamping & Clamping.Finite) != 0
            || rounding == Rounding.TowardZero || rounding == (isNegative ? Rounding.Up : Rounding.Down);
        ulong magnitude = staysFinite ? LargestFinite : HasInfinity ? Infinity : CanonicalNaN;
        return isNegative ? magnitude | SignBit : magnitude;
    }

    private ulong Clamp(ulong code, Clamping clamping)
    {
        if ((clamping & (Clamping.ZeroToOne | Clamping.Relu)) == 0)
            return code;
        if ((code & SignBit) != 0)
            return 0;
        ulong one = (ulong)Bias << FractionBits;
        return (clamping & Clamping.ZeroToOne) != 0 && code > one ? one : code;
    }
}
