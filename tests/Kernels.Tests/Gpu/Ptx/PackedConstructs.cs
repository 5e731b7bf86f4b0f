using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

internal static class PackedConstructs
{
    public static readonly Construct[] All =
    [
        new("f16_arithmetic", t =>
        {
            F16 a = t.In<F16>(0), b = t.In<F16>(1);
            t.Out(F16.Max((a + b) * (a - (F16)1.5f), -b));
            t.Out(F16.Fma(a, b, F16.Min(F16.Abs(a), b)));
        }, l =>
        {
            (Half a, Half b) = (l.F16(0), l.F16(1));
            return [Half.Max((a + b) * (a - (Half)1.5f), -b), Fma(a, b, Half.Min(Half.Abs(a), b))];
        }),
        new("f16x2_arithmetic", t =>
        {
            F16x2 a = t.In<F16x2>(0), b = t.In<F16x2>(1);
            t.Out(F16x2.Max((a + b) * (a - F16x2.FromBits(0x3C003E00)), -b));
            t.Out(F16x2.Fma(a, b, F16x2.Min(F16x2.Abs(a), b)));
        }, l =>
        {
            ((Half Low, Half High) a, (Half Low, Half High) b) = (l.F16x2(0), l.F16x2(1));
            return
            [
                Pack(Half.Max((a.Low + b.Low) * (a.Low - (Half)1.5f), -b.Low), Half.Max((a.High + b.High) * (a.High - Half.One), -b.High)),
                Pack(Fma(a.Low, b.Low, Half.Min(Half.Abs(a.Low), b.Low)), Fma(a.High, b.High, Half.Min(Half.Abs(a.High), b.High))),
            ];
        }),
        new("bf16_fma", t => t.Out(BF16.Fma(t.In<BF16>(0), t.In<BF16>(1), BF16.Max(t.In<BF16>(2), BF16.Abs(-BF16.Min(t.In<BF16>(3), t.In<BF16>(4)))))),
            l => [Round(Math.FusedMultiplyAdd((double)l.BF16(0), l.BF16(1), MathF.Max(l.BF16(2), MathF.Abs(MathF.Min(l.BF16(3), l.BF16(4))))))]),
        new("bf16x2_fma", t => t.Out(BF16x2.Fma(t.In<BF16x2>(0), t.In<BF16x2>(1), BF16x2.Max(t.In<BF16x2>(2), -BF16x2.Abs(t.In<BF16x2>(3))))), l =>
        {
            ((float Low, float High) a, (float Low, float High) b, (float Low, float High) c, (float Low, float High) d) =
                (l.BF16x2(0), l.BF16x2(1), l.BF16x2(2), l.BF16x2(3));
            return [Pair(Round(Math.FusedMultiplyAdd((double)a.Low, b.Low, MathF.Max(c.Low, -MathF.Abs(d.Low)))),
                Round(Math.FusedMultiplyAdd((double)a.High, b.High, MathF.Max(c.High, -MathF.Abs(d.High)))))];
        }),
        new("bf16x2_operators", t =>
        {
            BF16x2 a = t.In<BF16x2>(0), b = t.In<BF16x2>(1);
            t.Out((a + b) * (a - b));
        }, l =>
        {
            ((float Low, float High) a, (float Low, float High) b) = (l.BF16x2(0), l.BF16x2(1));
            return [Pair(Round((double)Value(a.Low + (double)b.Low) * Value(a.Low - (double)b.Low)), Round((double)Value(a.High + (double)b.High) * Value(a.High - (double)b.High)))];
        })
        { Lowest = GpuArch.Sm90 },
        new("f16x2_ex2", t => t.Out(F16x2.Ex2(t.In<F16x2>(0)).Split().High.ToF32()), l => [MathF.Pow(2, (float)l.F16x2(0).High)]) { Within = 2e-3 },
        new("bf16x2_ex2", t => t.Out(BF16x2.Ex2Ftz(t.In<BF16x2>(0)).Split().Low.ToF32()), l => [MathF.Pow(2, l.BF16x2(0).Low)]) { Within = 1.0 / 64, Lowest = GpuArch.Sm90 },
        new("packs_and_splits", t =>
        {
            (F16 low, F16 high) = t.In<F16x2>(0).Split();
            t.Out(F16x2.Pack(high, low));
            (BF16 first, BF16 second) = t.In<BF16x2>(1).Split();
            t.Out(BF16x2.Pack(second, first));
            (U32 lower, U32 upper) = t.In<U64>(2).Split();
            t.Out(U64.Pack(upper, lower));
            (U16 even, U16 odd) = t.In<U32>(3).Split();
            t.Out(U32.Pack(odd, even));
            (E4M3x2 two, E4M3x2 four) = E4M3x4.FromBits(t.In<U32>(4)).Split();
            t.Out(E4M3x4.Pack(four, two).Bits);
        }, l => [Turn(l.Word("F16x2", 0)), Turn(l.Word("BF16x2", 1)), l.U64(2) >> 32 | l.U64(2) << 32, Turn(l.U32(3)), Turn(l.U32(4))]),
        new("pack_saturated", t => t.Out(I8x4.PackSaturated(t.In<I32>(0) >> 22, t.In<I32>(1) >> 23, t.In<I32>(2) >> 24, t.In<I32>(3) >> 25).Bits),
            l => [Byte(l.I32(0) >> 22) | Byte(l.I32(1) >> 23) << 8 | Byte(l.I32(2) >> 24) << 16 | Byte(l.I32(3) >> 25) << 24]),
    ];

    private static uint Byte(int value) => (byte)(sbyte)Math.Clamp(value, sbyte.MinValue, sbyte.MaxValue);

    private static Half Fma(Half a, Half b, Half c) => (Half)((double)a * (double)b + (double)c);   // exact in double

    private static uint Turn(uint word) => word << 16 | word >> 16;

    private static uint Pack(Half low, Half high) => BitConverter.HalfToUInt16Bits(low) | (uint)BitConverter.HalfToUInt16Bits(high) << 16;

    private static uint Pair(ushort low, ushort high) => low | (uint)high << 16;

    private static float Value(double value) => Lane.Wide(Round(value));

    /// <summary>The nearest BF16 of a double, ties to even, by comparing the two around it.</summary>
    public static ushort Round(double value)
    {
        uint bits = BitConverter.SingleToUInt32Bits((float)value);
        ushort down = (ushort)(bits >> 16), below = (ushort)(down - 1), up = (ushort)(down + 1);
        ushort best = down;
        foreach (ushort other in (ushort[])[below, up])
        {
            double was = Math.Abs(Lane.Wide(best) - value), now = Math.Abs(Lane.Wide(other) - value);
            if ((other & 0x8000) == (down & 0x8000) && (now < was || (now == was && other % 2 == 0)))
                best = other;
        }

        return best;
    }
}
