namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>
/// F64 operations in every rounding. Nearest is the processor's own. Infinities and NaN do not depend on the direction,
/// so the processor's result stands for them; finite operands go through <see cref="ExactNumber"/>.
/// </summary>
internal static class F64Arithmetic
{
    public static double Add(double a, double b, Rounding rounding)
    {
        if (rounding == Rounding.NearestEven || !(double.IsFinite(a) && double.IsFinite(b)))
            return a + b;
        return Round(ExactNumber.From(a) + ExactNumber.From(b), double.IsNegative(a) || double.IsNegative(b), rounding);
    }

    public static double Mul(double a, double b, Rounding rounding)
    {
        if (rounding == Rounding.NearestEven || !(double.IsFinite(a) && double.IsFinite(b)))
            return a * b;
        return Round(ExactNumber.From(a) * ExactNumber.From(b), false, rounding);
    }

    public static double Fma(double a, double b, double c, Rounding rounding)
    {
        if (rounding == Rounding.NearestEven || !(double.IsFinite(a) && double.IsFinite(b) && double.IsFinite(c)))
            return Math.FusedMultiplyAdd(a, b, c);
        ExactNumber product = ExactNumber.From(a) * ExactNumber.From(b);
        return Round(product + ExactNumber.From(c), product.IsNegative || double.IsNegative(c), rounding);
    }

    public static double Div(double a, double b, Rounding rounding)
    {
        if (rounding == Rounding.NearestEven || !(double.IsFinite(a) && double.IsFinite(b)) || b == 0)
            return a / b;
        return Round(ExactNumber.From(a) / ExactNumber.From(b), false, rounding);
    }

    public static double Sqrt(double a, Rounding rounding)
    {
        if (rounding == Rounding.NearestEven || !(a > 0 && double.IsFinite(a)))
            return Math.Sqrt(a);
        return Round(ExactNumber.Sqrt(ExactNumber.From(a)), false, rounding);
    }

    // x + (-x) is -0 when rounding down (IEEE 754, 6.3)
    private static double Round(ExactNumber value, bool hasNegative, Rounding rounding)
    {
        if (value.IsZero && hasNegative && rounding == Rounding.Down)
            return -0.0;
        return BitConverter.UInt64BitsToDouble(value.Round(FloatFormat.F64, rounding));
    }
}
