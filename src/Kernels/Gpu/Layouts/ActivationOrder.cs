namespace Puna.Kernels.Gpu.Layouts;

/// <summary>
/// Activations x [columns, k] in shared memory in the order of B fragments, so that lane 4g + t of a warp reads 16 bytes
/// of column g at once, at 64 · columns · block + 64 · g + 16 · t (notes 4.4).
/// </summary>
internal static class ActivationOrder
{
    /// <summary>Byte of a 16-bit element: the 16 bytes are b0, b1 of the two k16 steps of a block of 32.</summary>
    public static int Bits16(int column, int k, int columns)
    {
        int within = k & 31;
        return 64 * columns * (k >> 5) + 64 * column + 16 * (within >> 1 & 3) + 4 * (within >> 3) + 2 * (within & 1);
    }

    /// <summary>Byte of an 8-bit element: the 16 bytes are b0, b1 of the two k32 steps of a block of 64.</summary>
    public static int Bits8(int column, int k, int columns)
    {
        int within = k & 63;
        return 64 * columns * (k >> 6) + 64 * column + 16 * (within >> 2 & 3) + 4 * (within >> 4) + (within & 3);
    }
}
