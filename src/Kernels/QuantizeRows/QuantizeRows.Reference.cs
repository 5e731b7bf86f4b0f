using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels;

/// <summary>
/// Rows of activations as signed bytes and a scale each, found anew for every row: Dettmers et al. 2022,
/// arXiv:2208.07339, section 2.1, by rows.
/// </summary>
public static partial class QuantizeRows
{
    /// <summary>
    /// The definition: the scale is amax / 127, the code of x the integer nearest to x / scale, ties to even, in [-127, 127].
    /// Both quotients are rounded to F32, so that every backend gives the same codes.
    /// </summary>
    /// <remarks>
    /// Where the scale is 0 (a row of zeros, or so small that its scale is none) or not finite, the codes are 0. An infinity
    /// makes the scale infinite and a NaN makes it NaN: code · scale is then NaN in the whole row, so that neither is lost.
    /// </remarks>
    /// <param name="x">One row, <c>[cols]</c>.</param>
    /// <param name="codes">The result, <c>[cols]</c>.</param>
    /// <returns>The scale.</returns>
    /// <exception cref="ArgumentException">The rows differ in length.</exception>
    public static float Reference(ReadOnlySpan<float> x, Span<sbyte> codes)
    {
        if (x.Length != codes.Length)
            throw new ArgumentException($"QuantizeRows: x has {x.Length} columns, codes {codes.Length}.");
        double largest = 0;
        foreach (float value in x)
            largest = Math.Max(largest, Math.Abs((double)value));   // NaN where one is
        float scale = (float)(largest / 127);
        for (int c = 0; c < x.Length; c++)
            codes[c] = scale != 0 && float.IsFinite(scale) ? NearestCode(x[c], scale) : (sbyte)0;
        return scale;
    }

    /// <summary>
    /// The same for FP8: the scale is amax / 448, the code the e4m3 number nearest to x / scale, ties to even, no further
    /// from 0 than 448.
    /// </summary>
    /// <param name="x">One row, <c>[cols]</c>.</param>
    /// <param name="codes">The result as numbers that e4m3 has, <c>[cols]</c>.</param>
    /// <returns>The scale.</returns>
    /// <exception cref="ArgumentException">The rows differ in length.</exception>
    public static float ReferenceE4M3(ReadOnlySpan<float> x, Span<float> codes)
    {
        if (x.Length != codes.Length)
            throw new ArgumentException($"QuantizeRows: x has {x.Length} columns, codes {codes.Length}.");
        double largest = 0;
        foreach (float value in x)
            largest = Math.Max(largest, Math.Abs((double)value));
        float scale = (float)(largest / 448);
        for (int c = 0; c < x.Length; c++)
            codes[c] = scale != 0 && float.IsFinite(scale) ? Codes.FromE4M3(Codes.ToE4M3((float)((double)x[c] / scale))) : 0;
        return scale;
    }

    private static sbyte NearestCode(double x, double scale) =>
        (sbyte)Math.Clamp(Math.Round((float)(x / scale), MidpointRounding.ToEven), -127, 127);
}
