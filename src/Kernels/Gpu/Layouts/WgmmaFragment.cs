namespace Puna.Kernels.Gpu.Layouts;

/// <summary>
/// Registers of a warpgroup in <c>wgmma.mma_async</c>: warp w of the four owns rows 16w to 16w + 15 (PTX ISA, "Register
/// fragments for wgmma"; notes 7.1).
/// </summary>
internal static class WgmmaFragment
{
    /// <summary>Accumulator elements of one thread; F16 ones stand two in a register.</summary>
    public static int AccumulatorElements(int n) => n / 2;

    /// <summary>Element <paramref name="index"/> of the accumulator of thread 32 · warp + lane.</summary>
    public static MatrixPosition Accumulator(int warp, int lane, int index)
    {
        int g = lane >> 2, t = lane & 3;
        return new(16 * warp + g + 8 * ((index >> 1) & 1), 8 * (index >> 2) + 2 * t + (index & 1));
    }

    /// <summary>Element <paramref name="index"/> of A in registers: per warp the fragment of m16n8k16 or m16n8k32.</summary>
    public static MatrixPosition A(int warp, int lane, int index, int elementBits)
    {
        MatrixPosition at = MmaFragment.A(16, 8, 256 / elementBits, elementBits).At(lane, index);
        return at with { Row = at.Row + 16 * warp };
    }
}
