using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

internal static class ConvertConstructs
{
    public static readonly Construct[] All =
    [
        new("f32_to_integers", t =>
        {
            F32 x = t.In<F32>(0);
            t.Out(x.ToI32() + x.RoundToI32());
            t.Out(x.ToU32() + x.RoundToU32());
            t.Out(x.ToI64() + x.RoundToI64());
            t.Out(x.ToU64() + x.RoundToU64());
        }, l =>
        {
            float x = l.F32(0), even = MathF.Round(x, MidpointRounding.ToEven);
            ulong sum = (ulong)Math.Max(x, 0) + (ulong)Math.Max(even, 0);
            return [(int)x + (int)even, (uint)sum, (long)x + (long)even, sum];
        }),
        new("f32_to_i8", t => t.Out((I32)(t.In<F32>(0) * 16).RoundToI8()), l => [(int)Math.Clamp(MathF.Round(l.F32(0) * 16, MidpointRounding.ToEven), -128, 127)]),
        new("integers_to_f32", t =>
        {
            t.Out(t.In<U32>(0).ToF32());
            t.Out(t.In<I32>(1).ToF32());
            t.Out(t.In<U64>(2).ToF32());
            t.Out(t.In<I64>(3).ToF32());
            t.Out(t.In<U16>(4).ToF32());
            t.Out(t.In<I16>(5).ToF32());
        }, l => [(float)l.U32(0), (float)l.I32(1), Nearest(l.U64(2)), (float)l.I64(3), (float)l.U16(4), (float)l.I16(5)]),
        new("integers_to_f64", t =>
        {
            t.Out(t.In<U32>(0).ToF64());
            t.Out(t.In<I32>(1).ToF64());
            t.Out(t.In<I64>(2).ToF64());
        }, l => [(double)l.U32(0), (double)l.I32(1), (double)l.I64(2)]),
        new("f64_conversions", t =>
        {
            F64 x = t.In<F64>(0);
            t.Out(x.ToI32());
            t.Out(x.ToF32() + t.In<F32>(1).ToF64().ToF32());
            t.Out(x.ToI64() + x.ToU64().ToI32().ToI64() + x.ToU32().ToU64().ToU32().ToI64());
        }, l =>
        {
            double x = l.F64(0);
            return [(int)x, (float)x + l.F32(1), (long)x + (long)Math.Max(x, 0) + (long)Math.Max(x, 0)];
        }),
        new("integer_widths", t =>
        {
            t.Out(t.In<I32>(0).ToI64());
            t.Out(t.In<U32>(1).ToU64());
            t.Out(t.In<I16>(2).ToI32() + t.In<U16>(3).ToI32());
            t.Out(t.In<U64>(4).ToU32() + t.In<I32>(5).ToU16().ToU32());
            t.Out(t.In<I64>(6).ToI16());
        }, l => [(long)l.I32(0), (ulong)l.U32(1), l.I16(2) + l.U16(3), (uint)l.U64(4) + (ushort)l.I32(5), (short)l.I64(6)]),
        new("bytes", t =>
        {
            t.Out((U32)t.In<U8>(0) + 1000);
            t.Out((I32)t.In<I8>(1) + 1000);
            t.Out((U8)(t.In<U32>(2) >> 4));
            t.Out((I8)(t.In<I32>(3) >> 4));
        }, l => [l.U8(0) + 1000u, l.I8(1) + 1000, (byte)(l.U32(2) >> 4), (sbyte)(l.I32(3) >> 4)]),
        new("f32_roundings", t =>
        {
            F32 x = t.In<F32>(0);
            t.Out(x.Floor() * 1000 + x.Ceiling());
            t.Out(x.Round() * 1000 + x.Truncate());
            t.Out(x.Saturate());
        }, l =>
        {
            float x = l.F32(0);
            return [MathF.Floor(x) * 1000 + MathF.Ceiling(x), MathF.Round(x, MidpointRounding.ToEven) * 1000 + MathF.Truncate(x), Math.Clamp(x, 0, 1)];
        }),
        new("bit_casts", t =>
        {
            t.Out(F32.FromBits(t.In<F32>(0).Bits ^ 0x80000000u));
            t.Out(F64.FromBits(t.In<F64>(1).Bits ^ (1UL << 63)));
            t.Out((U32)(t.In<I32>(2) + 1));
        }, l => [-l.F32(0), -l.F64(1), (uint)(l.I32(2) + 1)]),
        new("f32_to_halves", t =>
        {
            t.Out(t.In<F32>(0).ToF16());
            t.Out(t.In<F32>(1).ToBF16());
            t.Out(F16x2.Convert(t.In<F32>(2), t.In<F32>(3)));
            t.Out(BF16x2.Convert(t.In<F32>(4), t.In<F32>(5)));
        }, l =>
        [
            (Half)l.F32(0), PackedConstructs.Round(l.F32(1)),
            BitConverter.HalfToUInt16Bits((Half)l.F32(2)) | (uint)BitConverter.HalfToUInt16Bits((Half)l.F32(3)) << 16,
            PackedConstructs.Round(l.F32(4)) | (uint)PackedConstructs.Round(l.F32(5)) << 16,
        ]),
        new("halves_to_f32", t =>
        {
            t.Out(t.In<F16>(0).ToF32());
            t.Out(t.In<BF16>(1).ToF32());
        }, l => [(float)l.F16(0), l.BF16(1)]),
        new("f32_to_tf32", t => t.Out(t.In<F32>(0).ToTF32().Bits), l => [BitConverter.SingleToUInt32Bits(l.F32(0)) + 0x1000 & ~0x1FFFu]),
        new("e4m3x2_to_f16x2", t =>
        {
            (E4M3x2 low, E4M3x2 high) = E4M3x4.FromBits(t.In<U32>(0)).Split();
            t.Out(F16x2.Convert(low));
            t.Out(F16x2.Convert(high));
        }, l => [Halves(l.U32(0), E4M3), Halves(l.U32(0) >> 16, E4M3)]) { Lowest = GpuArch.Sm89 },
        new("e5m2x2_to_f16x2", t =>
        {
            (E5M2x2 low, E5M2x2 high) = E5M2x4.FromBits(t.In<U32>(0) & 0x7B7B7B7B).Split();
            t.Out(F16x2.Convert(low));
            t.Out(F16x2.Convert(high));
        }, l => [Halves(l.U32(0) & 0x7B7B7B7B, E5M2), Halves((l.U32(0) & 0x7B7B7B7B) >> 16, E5M2)]) { Lowest = GpuArch.Sm89 },
        new("f32_to_e4m3x2", t => t.Out(E4M3x2.Convert(t.In<F32>(0) * 64, t.In<F32>(1))), l => [Codes(l.F32(0) * 64, l.F32(1), E4M3)]) { Lowest = GpuArch.Sm89 },
        new("f32_to_e5m2x2", t => t.Out(E5M2x2.Convert(t.In<F32>(0), t.In<F32>(1))), l => [Codes(l.F32(0), l.F32(1), E5M2)]) { Lowest = GpuArch.Sm89 },
        new("f16x2_to_e4m3x2", t => t.Out(E4M3x2.Convert(t.In<F16x2>(0))), l => [Codes((float)l.F16x2(0).Low, (float)l.F16x2(0).High, E4M3)]) { Lowest = GpuArch.Sm89 },
        new("f16x2_to_e5m2x2", t => t.Out(E5M2x2.Convert(t.In<F16x2>(0))), l => [Codes((float)l.F16x2(0).Low, (float)l.F16x2(0).High, E5M2)]) { Lowest = GpuArch.Sm89 },
    ];

    // .NET rounds u64 to float twice on some platforms
    private static float Nearest(ulong value) => (float)(UInt128)value;

    private static double E4M3(byte code) => Small(code, fraction: 3, bias: 7);

    private static double E5M2(byte code) => Small(code, fraction: 2, bias: 15);

    private static double Small(byte code, int fraction, int bias)
    {
        int exponent = (code & 0x7F) >> fraction, mantissa = code & ((1 << fraction) - 1);
        if (fraction == 3 ? (code & 0x7F) == 0x7F : exponent == 31)
            return double.NaN;
        double size = exponent == 0 ? mantissa * Math.Pow(2, 1 - bias - fraction) : (1 + mantissa / Math.Pow(2, fraction)) * Math.Pow(2, exponent - bias);
        return code >= 0x80 ? -size : size;
    }

    private static uint Halves(uint codes, Func<byte, double> decode) => Half2((byte)codes, decode) | (uint)Half2((byte)(codes >> 8), decode) << 16;

    private static ushort Half2(byte code, Func<byte, double> decode) =>
        decode(code) is var value && double.IsNaN(value) ? (ushort)0x7FFF : BitConverter.HalfToUInt16Bits((Half)value);

    private static ushort Codes(float low, float high, Func<byte, double> decode) => (ushort)(Code(low, decode) | Code(high, decode) << 8);

    // the nearest of all finite codes, the even one of two
    private static byte Code(float value, Func<byte, double> decode) => Enumerable.Range(0, 256).Select(c => (byte)c)
        .Where(c => double.IsFinite(decode(c)) && double.IsNegative(decode(c)) == float.IsNegative(value))
        .OrderBy(c => Math.Abs(decode(c) - value)).ThenBy(c => c & 1).First();
}
