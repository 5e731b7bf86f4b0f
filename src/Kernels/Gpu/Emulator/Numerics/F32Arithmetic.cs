using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>
/// F32 operations in every rounding, with PTX's one NaN. Nearest is the processor's own; the other directions go
/// through F64, whose result is rounded to odd where it is inexact, so that the second rounding sees what was lost.
/// </summary>
internal static class F32Arithmetic
{
    /// <summary>Every F32 operation that gives NaN gives this one.</summary>
    public const uint CanonicalNaN = 0x7FFF_FFFF;

    public static float Add(float a, float b, Rounding rounding) =>
        rounding == Rounding.NearestEven ? Canonical(a + b) : Round(SignedSum(a, b, rounding), rounding);

    public static float Mul(float a, float b, Rounding rounding) =>
        rounding == Rounding.NearestEven ? Canonical(a * b) : Round((double)a * b, rounding);

    public static float Fma(float a, float b, float c, Rounding rounding) =>
        rounding == Rounding.NearestEven
            ? Canonical(MathF.FusedMultiplyAdd(a, b, c))
            : Round(SignedSum((double)a * b, c, rounding), rounding);

    public static float Div(float a, float b, Rounding rounding)
    {
        if (rounding == Rounding.NearestEven)
            return Canonical(a / b);
        double quotient = (double)a / b;
        if (!double.IsFinite(quotient) || quotient == 0)
            return Round(quotient, rounding);
        return Round(RoundOdd.Nudge(quotient, -Math.FusedMultiplyAdd(quotient, b, -a) * Math.Sign(b)), rounding);
    }

    public static float Sqrt(float a, Rounding rounding)
    {
        if (rounding == Rounding.NearestEven)
            return Canonical(MathF.Sqrt(a));
        double root = Math.Sqrt(a);
        return Round(double.IsFinite(root) ? RoundOdd.Nudge(root, -Math.FusedMultiplyAdd(root, root, -a)) : root, rounding);
    }

    /// <summary>An F64 (or an F32) rounded to F32.</summary>
    public static float Round(double value, Rounding rounding, Clamping clamping = Clamping.None)
    {
        if (rounding == Rounding.NearestEven && clamping == Clamping.None)
            return Canonical((float)value);
        return BitConverter.UInt32BitsToSingle((uint)FloatFormat.F32.Encode(value, rounding, clamping));
    }

    /// <summary>NaN becomes the canonical one; everything else stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Canonical(float value) =>
        float.IsNaN(value) ? BitConverter.UInt32BitsToSingle(CanonicalNaN) : value;

    /// <summary><c>.ftz</c>: subnormals become zeros of their sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FlushSubnormal(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;

    /// <summary><c>.sat</c>: to [0, 1]; NaN and -0 give +0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Saturate(float value) => value >= 1 ? 1 : value > 0 ? value : 0;

    // x + (-x) is -0 when rounding down (IEEE 754, 6.3)
    private static double SignedSum(double a, double b, Rounding rounding)
    {
        double sum = RoundOdd.Add(a, b);
        return sum == 0 && rounding == Rounding.Down && (double.IsNegative(a) || double.IsNegative(b)) ? -0.0 : sum;
    }
}

/// <summary>
/// F64 results rounded to odd: inexact ones have their last bit set. Rounding such a result once more, to 51 bits or
/// fewer, gives what rounding the exact one would have (Boldo and Melquiond 2008).
/// </summary>
internal static class RoundOdd
{
    /// <summary>a + b. Neither may be near F64's largest value.</summary>
    public static double Add(double a, double b)
    {
        double sum = a + b;
        if (!double.IsFinite(sum))
            return sum;
        double bPart = sum - a, aPart = sum - bPart;      // Knuth's exact error of a sum
        return Nudge(sum, (a - aPart) + (b - bPart));
    }

    /// <summary>a · b + c for operands whose product is exact in F64: F32 and all narrower formats.</summary>
    public static double Fma(float a, float b, float c) => Add((double)a * b, c);

    /// <summary>The odd neighbour of <paramref name="nearest"/> on the side where the exact value lies.</summary>
    public static double Nudge(double nearest, double error)
    {
        if (error == 0 || double.IsNaN(error) || (BitConverter.DoubleToInt64Bits(nearest) & 1) != 0)
            return nearest;
        return error > 0 ? Math.BitIncrement(nearest) : Math.BitDecrement(nearest);
    }
}
