using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class Rope
{
    private const int TargetThreads = 256;

    /// <summary>
    /// One block per row: a thread computes one angle and rotates its pair in every few heads, in place.
    /// </summary>
    /// <remarks>
    /// Parameters: rows F32 <c>[rows, query + 2 kv sizes]</c>, frequencies F32 <c>[head dim / 2]</c>, positions I32
    /// <c>[rows]</c>.
    /// </remarks>
    /// <param name="heads">Sizes of a row; constants in the PTX.</param>
    /// <param name="arch">The target.</param>
    public static GpuKernel Ptx(HeadLayout heads, GpuArch arch)
    {
        int half = heads.HeadDim / 2, count = heads.HeadCount + heads.KvHeadCount;
        int together = Math.Clamp(TargetThreads / half, 1, count);
        string name = $"rope_f32_{heads.HeadCount}_{heads.KvHeadCount}_{heads.HeadDim}";
        return PtxBuilder.Kernel(name, arch, together * half, k =>
        {
            Global<F32> rows = k.PointerParam<F32>("rows"), frequencies = k.PointerParam<F32>("frequencies");
            Global<I32> positions = k.PointerParam<I32>("positions");
            (U32 first, U32 j) = k.ThreadX.DivideBy(half);
            (F32 sin, F32 cos) = SinCos(k, positions[k.BlockX].ToF32() * frequencies[j]);

            Global<F32> pair = rows.Row(k.BlockX, heads.QuerySize + 2 * heads.KvSize).Offset(j);
            k.For(first, count, step: together, head =>
            {
                Global<F32> at = pair.Row(head, heads.HeadDim);
                F32 a = at[0], b = at[half];
                at[0] = F32.Fma(a, cos, -(b * sin));
                at[half] = F32.Fma(b, cos, a * sin);
            });
        });
    }

    /// <summary>
    /// Sine and cosine of an angle up to 2^21 within 2^-23.5: the nearest multiple n of π/2 is taken away in three
    /// parts of
    /// π/2 (Cody and Waite 1980), then polynomials of degree 7 and 8 interpolate at Chebyshev's points.
    /// </summary>
    /// <remarks>
    /// angle − n · <see cref="HalfPi1"/> is exact: both are multiples of 2^-23 or of the angle's own unit, and the
    /// difference stays below 1.
    /// The second part rounds once, 2^-25; the third is below 2^-29. The polynomials are within 2^-26.4, their
    /// evaluation 2^-24.
    /// </remarks>
    private static (F32 Sin, F32 Cos) SinCos(PtxBuilder k, F32 angle)
    {
        F32 shifted = F32.Fma(angle, TwoOverPi, RoundingShift);   // the low bits of its fraction are n
        U32 quadrant = shifted.Bits;
        F32 n = shifted - RoundingShift;
        F32 r = F32.Fma(n, -HalfPi3, F32.Fma(n, -HalfPi2, F32.Fma(n, -HalfPi1, angle)));

        F32 z = r * r;
        F32 sin = F32.Fma(F32.Fma(F32.Fma(z, -1.957490895e-4f, 8.332686498e-3f), z, -0.16666664183f) * z, r, r);
        F32 cos = F32.Fma(F32.Fma(F32.Fma(F32.Fma(z, 2.453493107e-5f, -1.388824079e-3f), z, 0.04166666418f), z, -0.5f), z, 1);
        Pred isOdd = (quadrant & 1) != 0;
        return (Signed(k.Select(isOdd, cos, sin), quadrant), Signed(k.Select(isOdd, sin, cos), quadrant + 1));
    }

    // bit 1 of the quadrant turns the sign
    private static F32 Signed(F32 value, U32 quadrant) => F32.FromBits(value.Bits ^ ((quadrant & 2) << 30));

    private const float TwoOverPi = 0.63661977f, RoundingShift = 12582912f;   // 1.5 · 2^23

    private const float HalfPi1 = 1.57079637f, HalfPi2 = -4.37113883e-8f, HalfPi3 = -1.71512451e-15f;
}
