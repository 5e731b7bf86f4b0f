namespace Puna.Kernels;

/// <summary>
/// The eight fixed pieces that every product cuts its inner dimension into. Each is summed by itself and the eight sums
/// are added in order, so that 1, 2, 4 or 8 ranks which own whole pieces arrive at the same bits.
/// </summary>
public static class Segments
{
    /// <summary>Number of pieces; some are empty when the inner dimension is small.</summary>
    public const int Count = 8;

    /// <summary>Where piece <paramref name="segment"/> begins; piece 8 would begin at <paramref name="inSize"/>.</summary>
    /// <param name="inSize">The inner dimension, K: bounds depend on nothing else.</param>
    /// <param name="segment">0 to 8.</param>
    /// <returns>A multiple of 128 when K is at least 1,024, else of 16, but for the end.</returns>
    public static int Start(int inSize, int segment)
    {
        int unit = inSize >= 1024 ? 128 : 16;
        int units = (inSize + unit - 1) / unit;
        return Math.Min(inSize, units * segment / Count * unit);
    }
}
