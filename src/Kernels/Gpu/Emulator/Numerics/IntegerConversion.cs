namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>Between floats and integers, and between integers, as PTX's <c>cvt</c> defines it.</summary>
internal static class IntegerConversion
{
    /// <summary>
    /// A float to an integer of <paramref name="bits"/> bits; results beyond the range give the nearest end of it. NaN
    /// gives 0, but the highest bit where source or destination has 64 bits.
    /// </summary>
    /// <param name="value">The float, in F64.</param>
    /// <param name="bits">8, 16, 32 or 64.</param>
    /// <param name="isSigned">Whether the destination is signed.</param>
    /// <param name="rounding"><c>.rni .rzi .rmi .rpi</c>.</param>
    /// <param name="isFromF64">Whether the source is F64.</param>
    /// <returns>The integer in the low bits, sign-extended where it is signed.</returns>
    public static ulong FromFloat(double value, int bits, bool isSigned, Rounding rounding, bool isFromF64)
    {
        if (double.IsNaN(value))
            return isFromF64 || bits == 64 ? Extend(1UL << (bits - 1), bits, isSigned) : 0;
        double whole = rounding switch
        {
            Rounding.NearestEven => Math.Round(value, MidpointRounding.ToEven),
            Rounding.NearestAway => Math.Round(value, MidpointRounding.AwayFromZero),
            Rounding.Down => Math.Floor(value),
            Rounding.Up => Math.Ceiling(value),
            _ => Math.Truncate(value),
        };
        double limit = Math.ScaleB(1, isSigned ? bits - 1 : bits);
        if (!isSigned)
            return whole <= 0 ? 0 : whole >= limit ? ulong.MaxValue >> (64 - bits) : (ulong)whole;
        return whole < -limit ? (ulong)(-1L << (bits - 1)) : whole >= limit ? ulong.MaxValue >> (65 - bits) : (ulong)(long)whole;
    }

    /// <summary>A signed integer to a float format.</summary>
    public static ulong ToFloat(long value, in FloatFormat format, Rounding rounding, Clamping clamping = Clamping.None) =>
        format.Encode(value < 0, value < 0 ? (ulong)-value : (ulong)value, 0, rounding, clamping);

    /// <summary>An unsigned integer to a float format.</summary>
    public static ulong ToFloat(ulong value, in FloatFormat format, Rounding rounding, Clamping clamping = Clamping.None) =>
        format.Encode(false, value, 0, rounding, clamping);

    /// <summary><c>cvt.sat</c> of a signed integer to one of <paramref name="bits"/> bits.</summary>
    public static ulong Saturate(long value, int bits, bool isSigned)
    {
        if (isSigned)
            return (ulong)Math.Clamp(value, -1L << (bits - 1), (long)(ulong.MaxValue >> (65 - bits)));
        return value < 0 ? 0 : Math.Min((ulong)value, ulong.MaxValue >> (64 - bits));
    }

    /// <summary><c>cvt.sat</c> of an unsigned integer to one of <paramref name="bits"/> bits.</summary>
    public static ulong Saturate(ulong value, int bits, bool isSigned) =>
        Math.Min(value, ulong.MaxValue >> (isSigned ? 65 - bits : 64 - bits));

    /// <summary>The low <paramref name="bits"/> bits, extended to 64 by sign or by zeros.</summary>
    public static ulong Extend(ulong value, int bits, bool isSigned) =>
        isSigned ? (ulong)((long)(value << (64 - bits)) >> (64 - bits)) : value << (64 - bits) >> (64 - bits);
}
