using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

internal static class WarpConstructs
{
    private static readonly Lane[] Lanes = [.. Enumerable.Range(0, 32).Select(i => new Lane(i))];

    public static readonly Construct[] All =
    [
        new("shuffles", t =>
        {
            PtxBuilder k = t.K;
            U32 x = t.In<U32>(0);
            t.Out(k.ShuffleXor(x, 5));
            t.Out(k.ShuffleDown(x, 3));
            t.Out(k.ShuffleUp(x, 3));
            t.Out(k.ShuffleFrom(t.In<F16x2>(1), k.ThreadX * 7 & 31));
        }, l =>
        [
            Lanes[l.Index ^ 5].U32(0), Lanes[l.Index + 3 < 32 ? l.Index + 3 : l.Index].U32(0), Lanes[l.Index >= 3 ? l.Index - 3 : l.Index].U32(0),
            Lanes[l.Index * 7 % 32].Word("F16x2", 1),
        ]),
        new("warp_sum_f32", t => t.Out(t.K.WarpSum(t.In<F32>(0))), l => [Tree(l.Index, i => Lanes[i].F32(0), (a, b) => a + b)]),
        new("warp_max_f32", t => t.Out(t.K.WarpMax(t.In<F32>(0)) - t.K.WarpMin(t.In<F32>(1))), _ => [Lanes.Max(l => l.F32(0)) - Lanes.Min(l => l.F32(1))]),
        new("warp_reductions", t =>
        {
            U32 x = t.In<U32>(0);
            I32 y = t.In<I32>(1);
            t.Out(t.K.WarpSum(x) + t.K.WarpMax(x) - t.K.WarpMin(x));
            t.Out(t.K.WarpSum(y) + t.K.WarpMax(y) - t.K.WarpMin(y));
        }, _ =>
        [
            Lanes.Aggregate(0u, (s, l) => s + l.U32(0)) + Lanes.Max(l => l.U32(0)) - Lanes.Min(l => l.U32(0)),
            Lanes.Aggregate(0, (s, l) => s + l.I32(1)) + Lanes.Max(l => l.I32(1)) - Lanes.Min(l => l.I32(1)),
        ]),
        new("votes", t =>
        {
            PtxBuilder k = t.K;
            Pred isOdd = (t.In<U32>(0) & 1) == 1;
            t.Out(k.Ballot(isOdd));
            t.Out(k.WarpAny(isOdd) & !k.WarpAll(isOdd));
            t.Out(k.MatchAny(t.In<U32>(1) & 3));
        }, l =>
        [
            Bits(i => (Lanes[i].U32(0) & 1) == 1), 1u, Bits(i => (Lanes[i].U32(1) & 3) == (l.U32(1) & 3)),
        ]),
        new("elect", t =>
        {
            U32 chosen = t.K.Variable<U32>(0);
            t.K.If(t.K.Elect(), () => t.K.Set(chosen, 1));
            t.Out(t.K.WarpSum(chosen));
        }, _ => [1u]) { Lowest = GpuArch.Sm90 },
        new("block_sum", t => t.Out(t.K.BlockSum(t.Input<F32>(0)[t.K.ThreadX & 31]) + t.K.BlockMax(t.Input<F32>(1)[t.K.ThreadX & 31]))) { Threads = 96 },
        new("named_barriers", t =>
        {
            PtxBuilder k = t.K;
            Shared<U32> box = k.SharedArray<U32>("box", 32);
            U32 lane = k.ThreadX & 31;
            k.If(k.ThreadX < 32, () =>
            {
                box[lane] = lane + 7;
                k.BarrierArrive(1, 64);
            }).Else(() => k.Barrier(1, 64));
            k.Barrier(k.ThreadX * 0 + 2, 64);
            t.Out(box[lane ^ 1]);
        }) { Threads = 64 },
        new("special_registers", t =>
        {
            PtxBuilder k = t.K;
            t.Out(k.ThreadY + k.ThreadZ + k.BlockX + k.BlockY + k.BlockZ + k.GridX + k.GridY + k.GridZ + k.Lane);
        }, l => [3 + (uint)l.Index]),
        new("clocks", t =>
        {
            PtxBuilder k = t.K;
            U64 start = k.Clock(), now = k.GlobalTimer();
            k.Sleep(20);
            t.Out((k.Clock() >= start) & (k.GlobalTimer() >= now) & (k.Multiprocessor() < 1000));
        }, _ => [1u]),
        new("warp_barrier", t =>
        {
            t.K.WarpBarrier();
            t.K.WarpBarrier(0xFFFFFFFF);
            t.Out(t.In<U32>(0));
        }, l => [l.U32(0)]),
    ];

    private static uint Bits(Func<int, bool> holds) => Enumerable.Range(0, 32).Aggregate(0u, (word, i) => word | (holds(i) ? 1u << i : 0));

    private static T Tree<T>(int lane, Func<int, T> value, Func<T, T, T> combine, int distance = 1) => distance > 16
        ? value(lane)
        : combine(Tree(lane, value, combine, 2 * distance), Tree(lane ^ distance, value, combine, 2 * distance));
}
