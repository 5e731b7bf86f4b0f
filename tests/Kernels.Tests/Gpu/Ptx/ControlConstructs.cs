using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

internal static class ControlConstructs
{
    public static readonly Construct[] All =
    [
        new("variables", t =>
        {
            PtxBuilder k = t.K;
            U32 x = t.In<U32>(0);
            U32 total = k.Variable<U32>(5);
            U32 before = k.Copy(total);
            k.Set(total, total + x);
            k.Set(total, total * 3);
            U32[] parts = k.Variables<U32>(2, 1);
            k.Set(parts[1], x - total);
            k.Set(parts[0], parts[1]);
            F16x2 packed = k.Variable(F16x2.FromBits(0x12345678));
            t.Out(total + before);
            t.Out(parts[0] ^ parts[1] ^ packed.Bits);
        }, l => [(5 + l.U32(0)) * 3 + 5, 0x12345678u]),
        new("if_one_instruction", t =>
        {
            U32 x = t.K.Variable(t.In<U32>(0));
            t.K.If(x < 1u << 31, () => t.K.Set(x, 3));
            t.Out(x);
        }, l => [l.U32(0) < 1u << 31 ? 3 : l.U32(0)]),
        new("if_else", t =>
        {
            PtxBuilder k = t.K;
            U32 x = t.In<U32>(0), y = k.Variable<U32>(), z = k.Variable<U32>(0);
            Pred isSmall = x < 1u << 31;
            k.If(isSmall, () => k.Set(y, x * 3 + 1)).Else(() => k.Set(y, 7));
            k.If(x == 3, () => k.Set(y, 1)).Else(() => k.If(!isSmall, () =>
            {
                k.Set(z, x >> 3);
                k.Set(y, y + z);
            }));
            t.Out(y);
        }, l => [l.U32(0) < 1u << 31 ? l.U32(0) * 3 + 1 : 7 + (l.U32(0) >> 3)]),
        new("for_constant", t =>
        {
            U32 sum = t.K.Variable<U32>();
            t.K.For(0, 10, i => t.K.Set(sum, i * i));
            t.Out(sum);
        }, _ => [81u]),
        new("for_run_time", t =>
        {
            U32 sum = t.K.Variable<U32>(0), first = t.In<U32>(0) & 7, last = t.In<U32>(1) & 63;
            t.K.For(first, last, step: 3, i => t.K.Set(sum, sum + i));
            t.Out(sum);
        }, l => [Sum(l.U32(0) & 7, l.U32(1) & 63, 3)]),
        new("for_signed", t =>
        {
            I32 sum = t.K.Variable<I32>(0), last = (t.In<I32>(0) & 31) - 16;
            t.K.For((I32)(-8), last, i => t.K.Set(sum, sum + i));
            t.Out(sum);
        }, l => [Enumerable.Range(-8, Math.Max(0, (l.I32(0) & 31) - 8)).Sum()]),
        new("for_unrolled", t =>
        {
            U32 sum = t.K.Variable<U32>(0), last = t.In<U32>(0) & 31;
            t.K.For(1, last, step: 2, i => t.K.Set(sum, sum + i), unroll: 4);
            t.Out(sum);
        }, l => [Sum(1, l.U32(0) & 31, 2)]),
        new("for_unrolled_constant", t =>
        {
            U32 sum = t.K.Variable<U32>(0);
            t.K.For(0, 11, i => t.K.Set(sum, sum + i), unroll: 4);
            t.K.For(0, 12, i => t.K.Set(sum, sum + i), unroll: 4);
            t.K.For(0, 3, i => t.K.Set(sum, sum + i), unroll: 4);
            t.Out(sum);
        }, _ => [55u + 66 + 3]),
        new("break_continue", t =>
        {
            PtxBuilder k = t.K;
            U32 sum = k.Variable<U32>(0), x = t.In<U32>(0);
            k.For(0, 31, i =>
            {
                k.If(i > (x & 31), () => k.Break());
                k.If((x >> i & 1) == 0, () => k.Continue());
                k.Set(sum, sum + i);
            }, unroll: 2);
            t.Out(sum);
        }, l => [(uint)Enumerable.Range(0, 31).Where(i => i <= (l.U32(0) & 31) && (l.U32(0) >> i & 1) == 1).Sum()]),
        new("while", t =>
        {
            PtxBuilder k = t.K;
            U32 x = k.Variable(t.In<U32>(0)), rounds = k.Variable<U32>(0);
            k.While(() => x != 0, () =>
            {
                k.Set(x, x & (x - 1));
                k.Set(rounds, rounds + 1);
            });
            t.Out(rounds);
        }, l => [(uint)System.Numerics.BitOperations.PopCount(l.U32(0))]),
        new("do_while", t =>
        {
            PtxBuilder k = t.K;
            U32 x = k.Variable(t.In<U32>(0)), rounds = k.Variable<U32>(0);
            k.DoWhile(() =>
            {
                k.Set(x, x >> 1);
                k.Set(rounds, rounds + 1);
                return x > 0;
            });
            t.Out(rounds);
        }, l => [32 - (uint)System.Numerics.BitOperations.LeadingZeroCount(l.U32(0) | 1)]),
        new("unroll", t =>
        {
            F32[] sums = t.K.Variables<F32>(3, 0);
            F32 x = t.In<F32>(0);
            t.K.Unroll(6, i => t.K.Set(sums[i % 3], F32.Fma(x, i, sums[i % 3])));
            t.Out(sums[0]);
            t.Out(sums[1] + sums[2]);
        }, l => [MathF.FusedMultiplyAdd(l.F32(0), 3, 0), MathF.FusedMultiplyAdd(l.F32(0), 4, l.F32(0)) + MathF.FusedMultiplyAdd(l.F32(0), 5, l.F32(0) * 2)]),
        new("return", t =>
        {
            PtxBuilder k = t.K;
            Global<U32> y = t.Output<U32>();
            y[k.ThreadX] = 1;
            k.If(t.In<U32>(0) < 1u << 31, () => k.Return());
            y[k.ThreadX] = 2;
        }, l => [l.U32(0) < 1u << 31 ? 1u : 2]),
        new("names_and_comments", t =>
        {
            PtxBuilder k = t.K;
            k.Comment("the sum of squares");
            F32 sum = k.Variable<F32>(0, name: "sum_of_squares");
            F32 x = t.In<F32>(0);
            k.Set(sum, F32.Fma(x, x, sum).Named("square"));
            U32 clock = k.Variable<U32>(0);
            k.Set(clock, clock + 1);   // %clock is a special register
            t.Out(sum);
        }, l => [l.F32(0) * l.F32(0)]),
        new("options", t => t.Out(t.In<F32>(0)), l => [l.F32(0)]) { Options = new KernelOptions { MaxRegisters = 64 }, Threads = 32 },
        new("blocks_per_sm", t => t.Out(t.In<F32>(0)), l => [l.F32(0)]) { Options = new KernelOptions { MinBlocksPerSm = 4 }, Threads = 32 },
        new("cluster", t => t.Out(t.In<F32>(0)), l => [l.F32(0)]) { Options = new KernelOptions { Cluster = new GpuDim(1) }, Lowest = GpuArch.Sm90 },
        new("starts_early", t =>
        {
            t.K.LaunchDependents();
            t.K.WaitForPredecessors();
            t.Out(t.In<F32>(0));
        }, l => [l.F32(0)]) { Options = new KernelOptions { StartsEarly = true }, Lowest = GpuArch.Sm90 },
    ];

    private static uint Sum(uint first, uint last, uint step)
    {
        uint sum = 0;
        for (uint i = first; i < last; i += step)
            sum += i;
        return sum;
    }
}
