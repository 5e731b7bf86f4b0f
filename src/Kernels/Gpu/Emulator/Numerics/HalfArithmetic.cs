namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>
/// Arithmetic on F16 and BF16 codes, rounded once to nearest even (the only rounding that PTX has for them). The exact
/// result goes to F64 rounded to odd, and from there to the format.
/// </summary>
internal static class HalfArithmetic
{
    public static uint AddF16(uint a, uint b, Clamping clamping = Clamping.None) =>
        Codes.ToF16((double)Codes.FromF16(a) + Codes.FromF16(b), Rounding.NearestEven, clamping);

    public static uint MulF16(uint a, uint b, Clamping clamping = Clamping.None) =>
        Codes.ToF16((double)Codes.FromF16(a) * Codes.FromF16(b), Rounding.NearestEven, clamping);

    public static uint FmaF16(uint a, uint b, uint c, Clamping clamping = Clamping.None) =>
        Codes.ToF16(RoundOdd.Fma(Codes.FromF16(a), Codes.FromF16(b), Codes.FromF16(c)), Rounding.NearestEven, clamping);

    public static uint AddBF16(uint a, uint b, Clamping clamping = Clamping.None) =>
        Codes.ToBF16(RoundOdd.Add(Codes.FromBF16(a), Codes.FromBF16(b)), Rounding.NearestEven, clamping);

    public static uint MulBF16(uint a, uint b, Clamping clamping = Clamping.None) =>
        Codes.ToBF16((double)Codes.FromBF16(a) * Codes.FromBF16(b), Rounding.NearestEven, clamping);

    public static uint FmaBF16(uint a, uint b, uint c, Clamping clamping = Clamping.None) =>
        Codes.ToBF16(RoundOdd.Fma(Codes.FromBF16(a), Codes.FromBF16(b), Codes.FromBF16(c)), Rounding.NearestEven, clamping);
}
