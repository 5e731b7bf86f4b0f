using System.Numerics;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Gpu;

/// <summary>
/// Division by a number that is known while the kernel is written: the assembler would divide as by any other.
/// </summary>
internal static class ConstantDivision
{
    /// <summary>Quotient and rest, by a shift or a multiplication.</summary>
    /// <param name="x">Dividend; its product with <paramref name="divisor"/> must stay below 2^32.</param>
    /// <param name="divisor">1 or more.</param>
    public static (U32 Quotient, U32 Remainder) DivideBy(this U32 x, int divisor)
    {
        if (divisor == 1)
            return (x, 0);
        if (BitOperations.IsPow2(divisor))
            return (x >> BitOperations.Log2((uint)divisor), x & (divisor - 1));

        // ⌈2^32 / d⌉ is too large by less than 1, so the quotient by less than x / 2^32 < 1 / d: not enough to reach
        // the next
        U32 quotient = U32.MulHigh(x, (uint)((1L << 32) / divisor + 1));
        return (quotient, x - quotient * divisor);
    }
}
