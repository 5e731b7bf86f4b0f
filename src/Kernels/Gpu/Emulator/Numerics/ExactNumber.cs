namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>
/// ±significand · 2^exponent in 128 bits, for correctly rounded arithmetic in any direction. Operands have at most 53
/// bits. Where bits are lost, the last bit of the significand becomes one; at least 60 bits stand above it, so that a
/// rounding to 53 bits or fewer cannot see the difference.
/// </summary>
internal readonly record struct ExactNumber(bool IsNegative, UInt128 Significand, int Exponent)
{
    /// <summary>The value of a finite number.</summary>
    public static ExactNumber From(double value)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        int exponent = (int)(bits >> 52) & 0x7FF;
        ulong fraction = bits & 0xF_FFFF_FFFF_FFFF;
        return exponent == 0
            ? new ExactNumber(value < 0 || double.IsNegative(value), fraction, -1074)
            : new ExactNumber(value < 0, fraction | 1UL << 52, exponent - 1075);
    }

    public bool IsZero => Significand == UInt128.Zero;

    /// <summary>The product; exact for operands of 64 bits.</summary>
    public static ExactNumber operator *(ExactNumber a, ExactNumber b) =>
        new(a.IsNegative != b.IsNegative, a.Significand * b.Significand, a.Exponent + b.Exponent);

    /// <summary>The sum of two numbers of at most 106 bits; a sum of zero is +0 unless both are -0.</summary>
    public static ExactNumber operator +(ExactNumber a, ExactNumber b)
    {
        if (a.IsZero)
            return b.IsZero ? new ExactNumber(a.IsNegative && b.IsNegative, 0, 0) : b;
        if (b.IsZero)
            return a;
        (a, b) = (a.Normalized(), b.Normalized());
        if (a.Exponent < b.Exponent || (a.Exponent == b.Exponent && a.Significand < b.Significand))
            (a, b) = (b, a);
        UInt128 smaller = ShiftRight(b.Significand, a.Exponent - b.Exponent);
        UInt128 sum = a.IsNegative == b.IsNegative ? a.Significand + smaller : a.Significand - smaller;
        return new ExactNumber(a.IsNegative && sum != UInt128.Zero, sum, a.Exponent);
    }

    /// <summary>The quotient of operands of at most 53 bits; <paramref name="b"/> is not zero.</summary>
    public static ExactNumber operator /(ExactNumber a, ExactNumber b)
    {
        if (a.IsZero)
            return new ExactNumber(a.IsNegative != b.IsNegative, 0, 0);
        a = a.Normalized();
        (UInt128 quotient, UInt128 remainder) = UInt128.DivRem(a.Significand, b.Significand);
        return new ExactNumber(
            a.IsNegative != b.IsNegative, remainder == UInt128.Zero ? quotient : quotient | 1, a.Exponent - b.Exponent);
    }

    /// <summary>The square root of a number that is not negative and has at most 53 bits.</summary>
    public static ExactNumber Sqrt(ExactNumber a)
    {
        if (a.IsZero)
            return a;
        a = a.Normalized();
        if ((a.Exponent & 1) != 0)
            a = new ExactNumber(false, a.Significand >> 1, a.Exponent + 1);   // the last bit of 126 is free
        UInt128 root = 0, rest = a.Significand;
        for (int bit = 63; bit >= 0; bit--)
        {
            UInt128 step = (root << (bit + 1)) + (UInt128.One << (2 * bit));
            if (step <= rest)
                (rest, root) = (rest - step, root | UInt128.One << bit);
        }

        return new ExactNumber(false, rest == UInt128.Zero ? root << 1 : root << 1 | 1, a.Exponent / 2 - 1);
    }

    /// <summary>The code of this number in a format.</summary>
    public ulong Round(in FloatFormat format, Rounding rounding, Clamping clamping = Clamping.None)
    {
        int extra = 64 - (int)UInt128.LeadingZeroCount(Significand);
        return extra <= 0
            ? format.Encode(IsNegative, (ulong)Significand, Exponent, rounding, clamping)
            : format.Encode(IsNegative, (ulong)ShiftRight(Significand, extra), Exponent + extra, rounding, clamping);
    }

    /// <summary>The same with the highest bit at 2^126, so that a sum has room; the significand is not zero.</summary>
    private ExactNumber Normalized()
    {
        int shift = (int)UInt128.LeadingZeroCount(Significand) - 1;
        return new ExactNumber(IsNegative, shift >= 0 ? Significand << shift : ShiftRight(Significand, -shift), Exponent - shift);
    }

    private static UInt128 ShiftRight(UInt128 value, int count)
    {
        if (count >= 128)
            return UInt128.One;
        UInt128 shifted = value >> count;
        return shifted << count == value ? shifted : shifted | 1;
    }
}
