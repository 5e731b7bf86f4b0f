using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

internal static class MemoryConstructs
{
    public static readonly Construct[] All =
    [
        new("vector_accesses", t =>
        {
            V4<F32> four = t.Input<V4<F32>>(0)[t.K.ThreadX];
            V2<U64> two = t.Input<V2<U64>>(1)[t.K.ThreadX];
            t.Out(new V4<F32>(four.W, four[2], four.Y, four.X));
            t.Out(new V2<U64>(two.Y, two.X));
            t.Out(new V2<U16>(t.In<U16>(2), 7));
        }),
        new("indices", t =>
        {
            PtxBuilder k = t.K;
            Global<U32> x = t.Input<U32>(0);
            U32 lane = k.ThreadX;
            Global<U32> second = x.Offset(1);
            Global<U32> y = t.Output<U32>();
            y[lane] = second[-1] + x[(I32)lane] + x[lane.ToU64()] + x.Offset(lane)[0] + x.Row(lane >> 2, 4)[lane & 3] + x.Row(lane >> 2, lane * 0 + 4)[3];
        }, l => [new Lane(0).U32(0) + 4 * l.U32(0) + new Lane(l.Index / 4 * 4 + 3).U32(0)]),
        new("casts", t =>
        {
            Global<U16> halves = t.Input<U32>(0).Cast<U16>();
            t.Out(halves[2 * t.K.ThreadX + 1]);
        }, l => [(ushort)(l.U32(0) >> 16)]),
        new("streaming_load", t => t.Out(t.Input<V4<U32>>(0).Load(t.K.ThreadX, AccessOptions.Stream))),
        new("read_only_load", t => t.Out(t.Input<U32>(0).Load(t.K.ThreadX, new AccessOptions { IsReadOnly = true })), l => [l.U32(0)]),
        new("cache_policy", t =>
        {
            U64 first = t.K.CachePolicy(L2Eviction.First), last = t.K.CachePolicy(L2Eviction.Last);
            AccessOptions options = AccessOptions.Stream with { Policy = first };
            V4<U32> x = t.Input<V4<U32>>(0).Load(t.K.ThreadX, options);
            t.Output<V4<U32>>().Store(t.K.ThreadX, x, new AccessOptions { Policy = last });
        }),
        new("cache_hints", t =>
        {
            U32 x = t.Input<U32>(0).Load(t.K.ThreadX, new AccessOptions { L1 = L1Caching.EvictFirst, Prefetch = L2Prefetch.Bytes64 });
            U32 y = t.Input<U32>(1).Load(t.K.ThreadX, new AccessOptions { L1 = L1Caching.EvictLast, Prefetch = L2Prefetch.Bytes128 });
            t.Output<U32>().Store(t.K.ThreadX, x + y, new AccessOptions { L1 = L1Caching.None });
        }, l => [l.U32(0) + l.U32(1)]),
        new("memory_orders", t =>
        {
            U32 i = t.K.ThreadX;
            U32 a = t.Input<U32>(0).Load(i, new AccessOptions { Order = MemoryOrder.Acquire, Scope = MemoryScope.Device });
            U32 b = t.Input<U32>(1).Load(i, new AccessOptions { Order = MemoryOrder.Relaxed, Scope = MemoryScope.System });
            U32 c = t.Input<U32>(2).Load(i, new AccessOptions { Order = MemoryOrder.Volatile });
            t.Output<U32>().Store(i, a, new AccessOptions { Order = MemoryOrder.Release, Scope = MemoryScope.Device });
            t.Output<U32>().Store(i, b, new AccessOptions { Order = MemoryOrder.Relaxed, Scope = MemoryScope.Block });
            t.Output<U32>().Store(i, c, new AccessOptions { Order = MemoryOrder.Volatile });
            t.K.Fence(MemoryScope.Block);
            t.K.Fence(MemoryScope.Device);
            t.K.Fence(MemoryScope.System);
        }, l => [l.U32(0), l.U32(1), l.U32(2)]),
        new("cluster_scope", t =>
        {
            t.Out(t.Input<U32>(0).Load(t.K.ThreadX, new AccessOptions { Order = MemoryOrder.Acquire, Scope = MemoryScope.Cluster }));
            t.K.Fence(MemoryScope.Cluster);
        }, l => [l.U32(0)]) { Lowest = GpuArch.Sm90 },
        new("prefetches", t =>
        {
            Global<U32> x = t.Input<U32>(0);
            x.Prefetch();
            x.Offset(t.K.ThreadX).Prefetch(L2Eviction.Last);
            t.Out(x[t.K.ThreadX]);
        }, l => [l.U32(0)]),
        new("shared_array", t =>
        {
            PtxBuilder k = t.K;
            Shared<F32> tile = k.SharedArray<F32>("tile", 32 * 3, align: 128);
            Shared<U8> bytes = k.SharedArray<U8>("bytes", 32);
            F32 x = t.In<F32>(0);
            U32 lane = k.ThreadX;
            tile.Row(lane, 3)[1] = x;
            bytes[lane] = (U8)lane;
            k.Barrier();
            t.Out(tile.Row(31 - lane, 3)[1]);
            t.Out(tile[94]);
            t.Out((U32)bytes[lane ^ 1]);
            t.Out(tile.Offset(1).Address - tile.Address);
        }, l => [new Lane(31 - l.Index).F32(0), new Lane(31).F32(0), (uint)l.Index ^ 1, 4u]),
        new("shared_dynamic", t =>
        {
            PtxBuilder k = t.K;
            Shared<F16> first = k.DynamicShared<F16>("first", 33);
            Shared<V4<U32>> second = k.DynamicShared<V4<U32>>("second", 32, align: 128);
            U32 lane = k.ThreadX;
            first[lane] = t.In<F16>(0);
            second[lane] = new V4<U32>(lane, lane + 1, 2, 3);
            k.WarpBarrier();
            t.Out(first[lane ^ 1]);
            t.Out(second[lane ^ 3].Y);
            t.Out(second.Address - first.Address);
        }, l => [new Lane(l.Index ^ 1).F16(0), ((uint)l.Index ^ 3) + 1, 128u]),
        new("atomics", t =>
        {
            PtxBuilder k = t.K;
            Shared<U32> counter = k.SharedArray<U32>("counter", 8);
            U32 lane = k.ThreadX, bit = (U32)1 + lane * 0 << lane;
            k.If(lane < 8, () => counter[lane] = 0);
            k.Barrier();
            counter.Atomic(AtomicOperation.Add, lane);
            counter.Offset(1).Atomic(AtomicOperation.Max, lane, MemoryOrder.AcquireRelease);
            counter.Offset(2).Atomic(AtomicOperation.Or, bit);
            counter.Offset(3).Atomic(AtomicOperation.Increment, 9);
            counter.Offset(4).Atomic(AtomicOperation.Xor, bit & 0xFF);
            counter.Offset(5).Reduce(AtomicOperation.Add, 2);
            counter.Offset(6).CompareExchange(0, 77);
            k.Barrier();
            t.Out(counter[lane & 7]);
        }, l => [new uint[] { 496, 31, uint.MaxValue, 2, 0xFF, 64, 77, 0 }[l.Index % 8]]),
        new("global_atomics", t =>
        {
            Global<F32> sums = t.Output<F32>();
            U32 lane = t.K.ThreadX;
            sums[lane] = 1;
            sums.Offset(lane).Reduce(AtomicOperation.Add, t.In<F32>(0), MemoryOrder.Release, MemoryScope.System);
            Global<U64> words = t.Output<U64>();
            words[lane] = 5;
            words.Offset(lane).Atomic(AtomicOperation.Min, 3, MemoryOrder.Acquire);
            words.Offset(lane).Reduce(AtomicOperation.And, 0xFE);
            Global<I32> exchanged = t.Output<I32>();
            exchanged[lane] = -7;
            t.Out(exchanged.Offset(lane).Atomic(AtomicOperation.Exchange, 8));
        }, l => [1 + l.F32(0), 2UL, 8, -7]),
        new("half_atomics", t =>
        {
            Global<F16x2> sums = t.Output<F16x2>();
            sums[t.K.ThreadX] = t.In<F16x2>(0);
            sums.Offset(t.K.ThreadX).Reduce(AtomicOperation.Add, t.In<F16x2>(1));
        }, l => [Sum(l.F16x2(0).Low, l.F16x2(1).Low) | Sum(l.F16x2(0).High, l.F16x2(1).High) << 16]),
        new("bf16_atomics", t =>
        {
            Global<BF16x2> sums = t.Output<BF16x2>();
            sums[t.K.ThreadX] = t.In<BF16x2>(0);
            sums.Offset(t.K.ThreadX).Reduce(AtomicOperation.Add, BF16x2.FromBits(0));
        }, l => [l.Word("BF16x2", 0)]) { Lowest = GpuArch.Sm90 },
    ];

    private static uint Sum(Half a, Half b) => BitConverter.HalfToUInt16Bits(a + b);
}
