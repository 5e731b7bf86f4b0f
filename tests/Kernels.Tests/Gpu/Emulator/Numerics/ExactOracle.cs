using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>
/// Rounding by definition, slow and sure: among all codes of a format, by bisection, the two that enclose a rational
/// number; then the one that the direction asks for. Shares nothing with the code under test but the format's widths.
/// </summary>
internal static class ExactOracle
{
    /// <summary>m · 2^e.</summary>
    public readonly record struct Binary(BigInteger Mantissa, int Exponent)
    {
        public static Binary Of(double value)
        {
            long bits = BitConverter.DoubleToInt64Bits(value);
            int exponent = (int)(bits >> 52) & 0x7FF;
            long mantissa = bits & 0xF_FFFF_FFFF_FFFF;
            if (exponent != 0)
                mantissa |= 1L << 52;
            return new Binary(bits < 0 ? -mantissa : mantissa, Math.Max(exponent, 1) - 1075);
        }

        public static Binary operator +(Binary a, Binary b)
        {
            int low = Math.Min(a.Exponent, b.Exponent);
            return new Binary((a.Mantissa << (a.Exponent - low)) + (b.Mantissa << (b.Exponent - low)), low);
        }

        public static Binary operator *(Binary a, Binary b) => new(a.Mantissa * b.Mantissa, a.Exponent + b.Exponent);

        public int CompareTo(Binary other) => (this + new Binary(-other.Mantissa, other.Exponent)).Mantissa.Sign;
    }

    /// <summary>The code nearest to a number in a direction.</summary>
    public static ulong Round(Binary value, FloatFormat format, Rounding rounding) =>
        Round(value.Mantissa.Sign < 0, x => x.CompareTo(value with { Mantissa = BigInteger.Abs(value.Mantissa) }), format, rounding);

    /// <summary>The code nearest to a / b.</summary>
    public static ulong RoundQuotient(Binary a, Binary b, FloatFormat format, Rounding rounding)
    {
        bool isNegative = a.Mantissa.Sign * b.Mantissa.Sign < 0;
        Binary top = a with { Mantissa = BigInteger.Abs(a.Mantissa) }, bottom = b with { Mantissa = BigInteger.Abs(b.Mantissa) };
        return Round(isNegative, x => (x * bottom).CompareTo(top), format, rounding);
    }

    /// <summary>The code nearest to a square root.</summary>
    public static ulong RoundRoot(Binary a, FloatFormat format, Rounding rounding) =>
        Round(false, x => (x * x).CompareTo(a), format, rounding);

    /// <summary>The code for a number that only answers comparisons with its magnitude.</summary>
    private static ulong Round(bool isNegative, Func<Binary, int> compare, FloatFormat format, Rounding rounding)
    {
        ulong low = 0, high = format.LargestFinite + 1;   // value(low) <= x; the code after the largest continues the scale
        if (compare(Magnitude(high, format)) > 0)
        {
            while (high - low > 1)
            {
                ulong middle = low + (high - low) / 2;
                if (compare(Magnitude(middle, format)) <= 0)
                    low = middle;
                else
                    high = middle;
            }
        }
        else
        {
            low = high;
        }

        ulong code = low;
        if (low <= format.LargestFinite && compare(Magnitude(low, format)) != 0)
        {
            Binary sum = Magnitude(low, format) + Magnitude(low + 1, format);
            int half = compare(sum with { Exponent = sum.Exponent - 1 });   // > 0: the number is below the middle
            bool up = rounding switch
            {
                Rounding.NearestEven => half < 0 || (half == 0 && (low & 1) == 1),
                Rounding.NearestAway => half <= 0,
                Rounding.Up => !isNegative,
                Rounding.Down => isNegative,
                _ => false,
            };
            code = up ? low + 1 : low;
        }

        if (code > format.LargestFinite)
        {
            bool isFinite = rounding == Rounding.TowardZero || rounding == (isNegative ? Rounding.Up : Rounding.Down);
            code = isFinite ? format.LargestFinite : format.HasInfinity ? format.Infinity : format.CanonicalNaN;
        }

        return isNegative ? code | 1UL << (format.ExponentBits + format.FractionBits) : code;
    }

    private static Binary Magnitude(ulong code, FloatFormat format)
    {
        int exponent = (int)(code >> format.FractionBits);
        ulong fraction = code & ((1UL << format.FractionBits) - 1);
        int bias = (1 << (format.ExponentBits - 1)) - 1;
        return exponent == 0
            ? new Binary(fraction, 1 - bias - format.FractionBits)
            : new Binary(fraction + (1UL << format.FractionBits), exponent - bias - format.FractionBits);
    }
}
