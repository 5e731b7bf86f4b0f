using System.Numerics;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

internal static class IntegerConstructs
{
    public static readonly Construct[] All =
    [
        new("u32_operators", t =>
        {
            U32 a = t.In<U32>(0), b = t.In<U32>(1);
            t.Out((a + b) ^ (a - 3) | (b * 7));
            t.Out((a / (b | 1)) + (a % (b | 1)) & ~b);
            t.Out((a << 5) + (b >> (a & 31)));
        }, l =>
        {
            (uint a, uint b) = (l.U32(0), l.U32(1));
            return [(a + b) ^ (a - 3) | (b * 7), (a / (b | 1)) + (a % (b | 1)) & ~b, (a << 5) + (b >> (int)(a & 31))];
        }),
        new("i32_operators", t =>
        {
            I32 a = t.In<I32>(0), b = t.In<I32>(1);
            t.Out(-(a + b) * (a - -3));
            t.Out((a / (b | 1)) + (a % (b | 1)));
            t.Out((a >> 3) ^ (b << 4) | ~a & b);
        }, l =>
        {
            (int a, int b) = (l.I32(0), l.I32(1));
            return [-(a + b) * (a + 3), (a / (b | 1)) + (a % (b | 1)), (a >> 3) ^ (b << 4) | ~a & b];
        }),
        new("u64_operators", t =>
        {
            U64 a = t.In<U64>(0), b = t.In<U64>(1);
            t.Out((a + b) * (a - 3) ^ (b >> 9));
            t.Out((a / (b | 1)) + (a % (b | 1)) & ~b | a << 40);
        }, l =>
        {
            (ulong a, ulong b) = (l.U64(0), l.U64(1));
            return [(a + b) * (a - 3) ^ (b >> 9), (a / (b | 1)) + (a % (b | 1)) & ~b | a << 40];
        }),
        new("i64_operators", t =>
        {
            I64 a = t.In<I64>(0), b = t.In<I64>(1);
            t.Out(-(a + b) * (a - 3) ^ (b >> 9));
            t.Out((a / (b | 1)) + (a % (b | 1)));
        }, l =>
        {
            (long a, long b) = (l.I64(0), l.I64(1));
            return [-(a + b) * (a - 3) ^ (b >> 9), (a / (b | 1)) + (a % (b | 1))];
        }),
        new("u16_operators", t =>
        {
            U16 a = t.In<U16>(0), b = t.In<U16>(1);
            t.Out((a + b) * (a - 3) ^ (b >> 9) | ~a & (b << 2));
            t.Out(a < b);
        }, l =>
        {
            (ushort a, ushort b) = (l.U16(0), l.U16(1));
            return [(ushort)((ushort)((a + b) * (a - 3)) ^ (b >> 9) | ~a & (b << 2)), a < b ? 1u : 0];
        }),
        new("i16_operators", t =>
        {
            I16 a = t.In<I16>(0), b = t.In<I16>(1);
            t.Out(-(a + b) * (a - 3) ^ (b >> 9));
            t.Out(a < b);
        }, l =>
        {
            (short a, short b) = (l.I16(0), l.I16(1));
            return [(short)((short)(-(a + b) * (a - 3)) ^ (b >> 9)), a < b ? 1u : 0];
        }),
        new("u32_comparisons", t =>
        {
            U32 a = t.In<U32>(0) & 3, b = t.In<U32>(1) & 3;
            t.Out((a < b) ^ (a <= b));
            t.Out((a > b) | (a == 2));
            t.Out((a >= b) & (b != 1) & !(a == 3));
        }, l =>
        {
            (uint a, uint b) = (l.U32(0) & 3, l.U32(1) & 3);
            return [Bit((a < b) ^ (a <= b)), Bit((a > b) | (a == 2)), Bit((a >= b) & (b != 1) & !(a == 3))];
        }),
        new("i32_comparisons", t => t.Out((t.In<I32>(0) < t.In<I32>(1)) | (t.In<I32>(2) == -1)), l => [Bit(l.I32(0) < l.I32(1) | l.I32(2) == -1)]),
        new("integer_min_max", t =>
        {
            U32 a = t.In<U32>(0);
            I32 b = t.In<I32>(1);
            t.Out(U32.Max(a, 1u << 31) - U32.Min(a, 77));
            t.Out(I32.Max(b, -5) - I32.Min(b, 5) + I32.Abs(b));
        }, l => [Math.Max(l.U32(0), 1u << 31) - Math.Min(l.U32(0), 77), Math.Max(l.I32(1), -5) - Math.Min(l.I32(1), 5) + Math.Abs(l.I32(1))]),
        new("integer_products", t =>
        {
            U32 a = t.In<U32>(0), b = t.In<U32>(1);
            t.Out(U32.Mad(a, b, 9) + U32.MulHigh(a, b));
            t.Out(U32.MadWide(a, b, U32.MulWide(a, 3)));
            t.Out(I32.MulWide((I32)a, (I32)b) + I64.MulHigh(t.In<I64>(2), t.In<I64>(3)));
        }, l =>
        {
            (uint a, uint b) = (l.U32(0), l.U32(1));
            long high = Math.BigMul(l.I64(2), l.I64(3), out _);
            return [a * b + 9 + (uint)((ulong)a * b >> 32), (ulong)a * b + (ulong)a * 3, (long)(int)a * (int)b + high];
        }),
        new("bit_counts", t =>
        {
            U32 a = t.In<U32>(0);
            t.Out(U32.PopCount(a) + (U32.LeadingZeros(a >> (a & 15)) << 8) + (U32.FindHighest(a >> 3) << 16));
            t.Out(U32.Reverse(a));
            t.Out(U64.PopCount(t.In<U64>(1)) + U64.LeadingZeros(t.In<U64>(2) >> 5));
        }, l =>
        {
            uint a = l.U32(0);
            uint reversed = Enumerable.Range(0, 32).Aggregate(0u, (r, i) => r | (a >> i & 1) << (31 - i));
            uint first = (uint)BitOperations.PopCount(a) + ((uint)BitOperations.LeadingZeroCount(a >> (int)(a & 15)) << 8) + ((uint)BitOperations.Log2(a >> 3) << 16);
            return [first, reversed, (uint)(BitOperations.PopCount(l.U64(1)) + BitOperations.LeadingZeroCount(l.U64(2) >> 5))];
        }),
        new("bit_fields", t =>
        {
            U32 a = t.In<U32>(0);
            t.Out(U32.ExtractBits(a, 5, 9) + a.Byte(2));
            t.Out(I32.ExtractBits((I32)a, 7, 6));
            t.Out(U32.InsertBits(a, t.In<U32>(1), 8, 4));
        }, l =>
        {
            uint a = l.U32(0);
            return [(a >> 5 & 0x1FF) + (a >> 16 & 0xFF), (int)(a << 19) >> 26, l.U32(1) & ~0xF00u | (a & 15) << 8];
        }),
        new("lop3", t => t.Out(U32.Lop3(t.In<U32>(0), t.In<U32>(1), t.In<U32>(2), 0xE4)),
            l => [l.U32(0) & l.U32(2) | l.U32(1) & ~l.U32(2)]) /* c selects a or b */,
        new("permute", t => t.Out(U32.Permute(t.In<U32>(0), t.In<U32>(1), 0x5140)),
            l => [l.U32(0) & 0xFF | (l.U32(1) & 0xFF) << 8 | (l.U32(0) >> 8 & 0xFF) << 16 | (l.U32(1) >> 8 & 0xFF) << 24]),
        new("funnel_shifts", t =>
        {
            U32 low = t.In<U32>(0), high = t.In<U32>(1);
            t.Out(U32.FunnelShiftLeft(low, high, 8) ^ U32.FunnelShiftRight(low, high, 12));
        }, l => [(l.U32(1) << 8 | l.U32(0) >> 24) ^ (l.U32(0) >> 12 | l.U32(1) << 20)]),
        new("dot4", t =>
        {
            t.Out(I8x4.Dot(I8x4.FromBits(t.In<U32>(0)), I8x4.FromBits(t.In<U32>(1)), 5));
            t.Out(U8x4.Dot(U8x4.FromBits(t.In<U32>(2)), U8x4.FromBits(t.In<U32>(3)), 5));
        }, l =>
        {
            int signed = 5;
            uint unsigned = 5;
            for (int i = 0; i < 32; i += 8)
            {
                signed += (sbyte)(l.U32(0) >> i) * (sbyte)(l.U32(1) >> i);
                unsigned += (uint)(byte)(l.U32(2) >> i) * (byte)(l.U32(3) >> i);
            }

            return [signed, unsigned];
        }),
        new("select", t =>
        {
            Pred isSmall = t.In<U32>(0) < 1u << 31;
            t.Out(t.K.Select(isSmall, t.In<F32>(1), 2.5f));
            t.Out(t.K.Select<U64>(isSmall, 7, t.In<U64>(2)));
            t.Out(t.K.Select(isSmall, t.In<F16x2>(3), t.In<F16x2>(4)));
        }, l =>
        {
            bool isSmall = l.U32(0) < 1u << 31;
            return [isSmall ? l.F32(1) : 2.5f, isSmall ? 7UL : l.U64(2), l.Word("F16x2", isSmall ? 3 : 4)];
        }),
    ];

    public static uint Bit(bool value) => value ? 1u : 0;
}
