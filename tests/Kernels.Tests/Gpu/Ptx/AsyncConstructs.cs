using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

/// <summary>Asynchronous copies, transaction barriers, clusters.</summary>
internal static class AsyncConstructs
{
    public static readonly Construct[] All =
    [
        new("copy_async", t =>
        {
            PtxBuilder k = t.K;
            Shared<U32> box = k.SharedArray<U32>("box", 32 * 8);
            Global<U32> x = t.Input<V4<U32>>(0).Cast<U32>();
            U32 i = k.Lane * 4;
            k.CopyAsync(box.Offset(i), x.Offset(i));
            k.CommitCopies();
            k.CopyAsync(box.Offset(i + 128), x.Offset(i), 8);
            k.CopyAsync(box.Offset(i + 130), x.Offset(i + 2), 4);
            k.CopyAsync(box.Offset(i + 131), x.Offset(i), 4, new CopyOptions { SourceBytes = 0 });
            k.CommitCopies();
            k.WaitCopies(1);
            U32 first = box[i + 3];
            k.WaitCopies(0);
            k.WarpBarrier();
            t.Out(first);
            t.Out(box[(i ^ 4) + 129]);
            t.Out(box[i + 130] + box[i + 131]);
        }, l => [Word(4 * l.Index + 3), Word(4 * (l.Index ^ 1) + 1), Word(4 * l.Index + 2)]),
        new("copy_async_zero_fill", t =>
        {
            PtxBuilder k = t.K;
            Shared<V4<U32>> box = k.SharedArray<V4<U32>>("box", 32);
            k.CopyAsync(box.Offset(k.Lane), t.Input<V4<U32>>(0).Offset(k.Lane), 16, new CopyOptions { SourceBytes = k.Lane & 15 });
            k.CommitCopies();
            k.WaitCopies(0);
            t.Out(box[k.Lane].Y);
        }, l => [(l.Index & 15) >= 8 ? Word(4 * l.Index + 1) : (l.Index & 15) < 4 ? 0u : Word(4 * l.Index + 1) & ((1u << 8 * (l.Index & 3)) - 1)]),
        new("copy_async_hints", t =>
        {
            PtxBuilder k = t.K;
            Shared<V4<U32>> box = k.SharedArray<V4<U32>>("box", 32);
            CopyOptions options = new() { SourceBytes = 16, Policy = k.CachePolicy(L2Eviction.Last), Prefetch = L2Prefetch.Bytes256 };
            k.CopyAsync(box.Offset(k.Lane), t.Input<V4<U32>>(0).Offset(k.Lane), 16, options);
            k.CommitCopies();
            k.WaitCopies(0);
            t.Out(box[k.Lane].W);
        }, l => [Word(4 * l.Index + 3)]),
        new("mbarrier", t =>
        {
            PtxBuilder k = t.K;
            Shared<U32> box = k.SharedArray<U32>("box", 32);
            Mbarrier ready = k.Mbarriers("ready", 1)[0];
            k.If(k.ThreadX == 0, () => ready.Init(32));
            k.Barrier();
            k.If(k.ThreadX < 32, () =>
            {
                box[k.Lane] = k.Lane * 3;
                ready.Arrive();
            });
            ready.Wait(0);
            k.WarpBarrier();
            t.Out(box[k.Lane ^ 1]);
            k.Barrier();
            k.If(k.ThreadX == 0, () => ready.Invalidate());
        }, l => [3 * (uint)(l.Index ^ 1)]) { Threads = 64 },
        new("mbarrier_after_copies", t =>
        {
            PtxBuilder k = t.K;
            Shared<U32> box = k.SharedArray<U32>("box", 32);
            Mbarrier ready = k.Mbarriers("ready", 1)[0];
            k.If(k.ThreadX == 0, () => ready.Init(32));
            k.WarpBarrier();
            k.CopyAsync(box.Offset(k.Lane), t.Input<U32>(0).Offset(k.Lane), 4);
            ready.ArriveAfterCopies();
            ready.Wait(0);
            k.WarpBarrier();
            t.Out(box[k.Lane ^ 1]);
        }, l => [Word(l.Index ^ 1)]),
        new("ring", t =>
        {
            PtxBuilder k = t.K;
            RingPosition at = k.Ring(3, parity: 1);
            U32 seen = k.Variable<U32>(0);
            k.For(0, 7, _ =>
            {
                k.Set(seen, seen * 10 + at.Slot * 2 + at.Parity);
                at.Advance();
            });
            t.Out(seen);
        }, _ => [1350241u]),
        new("bulk_copy", t =>
        {
            PtxBuilder k = t.K;
            Shared<U32> box = k.SharedArray<U32>("box", 32, align: 128);
            MbarrierArray full = k.Mbarriers("full", 2);
            U32 zero = k.Copy<U32>(0);
            k.If(k.ThreadX == 0, () =>
            {
                full[0].Init(1);
                full[zero + 1].Init(1);
                k.FenceMbarrierInit();
            });
            k.WarpBarrier();
            Global<U32> x = t.Input<U32>(0), y = t.Output<U32>();
            k.If(k.Elect(), () =>
            {
                k.PrefetchBulk(x, 128);
                full[zero + 1].Expect(64);
                full[zero + 1].ArriveExpecting(64);
                k.CopyBulk(box, x.Offset(16), 64, full[1], k.CachePolicy(L2Eviction.First));
                k.CopyBulk(box.Offset(16), x, 64, full[1]);
            });
            full[1].Wait(0);
            box[k.Lane] = box[k.Lane] + 1;
            k.FenceAsyncProxy();
            k.WarpBarrier();
            k.If(k.Elect(), () =>
            {
                k.CopyBulk(y, box, 128);
                k.CommitBulk();
                k.WaitBulk(1, BulkWait.Read);
                k.WaitBulk(0);
            });
        }, l => [Word(l.Index ^ 16) + 1]) { Lowest = GpuArch.Sm90 },
        new("bulk_add", t =>
        {
            PtxBuilder k = t.K;
            Shared<F32> box = k.SharedArray<F32>("box", 32, align: 128);
            Global<F32> y = t.Output<F32>();
            y[k.Lane] = t.In<F32>(0);
            box[k.Lane] = t.In<F32>(1);
            k.FenceAsyncProxy();
            k.FenceAsyncProxy(ProxyMemory.Global);
            k.FenceAsyncProxy(ProxyMemory.All);
            k.WarpBarrier();
            k.If(k.Elect(), () =>
            {
                k.AddBulk(y, box, 128);
                k.CommitBulk();
                k.WaitBulk(0);
            });
        }, l => [l.F32(0) + l.F32(1)]) { Lowest = GpuArch.Sm90 },
        new("cluster_shared", t =>
        {
            PtxBuilder k = t.K;
            Shared<U32> box = k.SharedArray<U32>("box", 64);
            box[k.Lane] = k.Lane + 100 * k.ClusterRank;
            k.ClusterBarrier();
            ClusterShared<U32> other = k.InBlock(box.Offset(k.Lane), k.ClusterSize - 1 - k.ClusterRank);
            U32 theirs = other[0];
            other[32] = theirs + 1;
            k.ClusterArrive();
            k.ClusterWait();
            t.Out(box[k.Lane + 32]);
        }, l => [(uint)l.Index + 1]) { Lowest = GpuArch.Sm90 },
        new("store_async", t =>
        {
            PtxBuilder k = t.K;
            Shared<U32> box = k.SharedArray<U32>("box", 32);
            Mbarrier full = k.Mbarriers("full", 1)[0];
            k.If(k.ThreadX == 0, () =>
            {
                full.Init(2);
                k.FenceMbarrierInit();
                full.ArriveExpecting(128);
                full.ArriveIn(k.ClusterRank);
            });
            k.ClusterBarrier();
            k.StoreAsync(k.InBlock(box.Offset(k.Lane ^ 3), k.ClusterRank), t.In<U32>(0), k.InBlock(full, k.ClusterRank));
            full.Wait(0);
            t.Out(box[k.Lane]);
        }, l => [Word(l.Index ^ 3)]) { Lowest = GpuArch.Sm90 },
        new("registers_between_warpgroups", t =>
        {
            PtxBuilder k = t.K;
            k.If(k.ThreadX < 128, () => k.GiveRegisters(40)).Else(() => k.TakeRegisters(232));
            t.Out(k.Lane);
        }, l => [(uint)l.Index]) { Lowest = GpuArch.Sm90a, Threads = 256, Options = new KernelOptions { MaxRegisters = 128 } },
        new("tensor_copies", t =>
        {
            PtxBuilder k = t.K;
            TensorMapParameter<F16x2> flat = t.Map<F16x2>(0, new(NumberFormat.F16, [128], [], [64], SwizzleMode.None));
            TensorMapParameter<F16x2> x = t.Map<F16x2>(1, new(NumberFormat.F16, [16, 16], [32], [16, 8], SwizzleMode.Bytes32));
            TensorMapParameter<F16x2> cube = t.Map<F16x2>(2, new(NumberFormat.F16, [16, 4, 4], [32, 128], [16, 2, 4], SwizzleMode.Bytes32));
            SharedTile<F16x2> tile = k.SharedTile<F16x2>("tile", 8, SwizzleMode.Bytes32, copies: 3), line = k.SharedTile<F16x2>("line", 8, SwizzleMode.None);
            Mbarrier full = k.Mbarriers("full", 1)[0];
            k.If(k.ThreadX == 0, () =>
            {
                k.Prefetch(x);
                full.Init(1);
                k.FenceMbarrierInit();
            });
            k.WarpBarrier();
            k.If(k.Elect(), () =>
            {
                k.PrefetchTile(x, [0, 0]);
                full.ArriveExpecting(flat.BoxBytes + x.BoxBytes + cube.BoxBytes);
                k.CopyTile(line, flat, [64], full);
                k.CopyTile(tile.Copy(0), x, [0, 8], full, new TensorCopyOptions { Policy = k.CachePolicy(L2Eviction.First) });
                k.CopyTile(tile.Copy(1), cube, [0, 2, 0], full);
            });
            full.Wait(0);
            // the box of the second half of x, row l / 4: 16 bytes of 32, swizzled; 8 rows of the cube, two of each of its 4 layers
            Shared<V4<U32>> chunk = tile.Chunk(k.Lane >> 2, (k.Lane >> 1) & 1).Cast<V4<U32>>();
            t.Out(line.Start.Cast<U32>()[k.Lane]);
            t.Out(chunk[0].X);
            t.Out(tile.Copy(1).Chunk(k.Lane >> 2, (k.Lane >> 1) & 1).Cast<U32>()[1]);
        }, l =>
        [
            Word(l.Index + 32, "F16x2", 0), Word(8 * (l.Index / 4 + 8) + 4 * (l.Index / 2 % 2), "F16x2", 1),
            Word(32 * (l.Index / 8) + 8 * (2 + l.Index / 4 % 2) + 4 * (l.Index / 2 % 2) + 1, "F16x2", 2),
        ]) { Lowest = GpuArch.Sm90 },
        new("tensor_copy_out", t =>
        {
            PtxBuilder k = t.K;
            TensorMapParameter<BF16x2> map = t.Map<BF16x2>(0, new(NumberFormat.BF16, [16, 16], [32], [16, 8], SwizzleMode.Bytes32));
            SharedTile<BF16x2> tile = k.SharedTile<BF16x2>("tile", 8, SwizzleMode.Bytes32);
            Mbarrier full = k.Mbarriers("full", 1)[0];
            k.If(k.ThreadX == 0, () =>
            {
                full.Init(1);
                k.FenceMbarrierInit();
            });
            tile.Chunk(k.Lane >> 2, (k.Lane >> 1) & 1).Cast<V2<U32>>().Offset(k.Lane & 1)[0] = new V2<U32>(k.Lane, k.Lane + 100);
            k.FenceAsyncProxy();
            k.WarpBarrier();
            k.If(k.Elect(), () =>
            {
                k.CopyTile(map, [0, 8], tile);
                k.CommitBulk();
                k.WaitBulk(0);
            });
            k.WarpBarrier();
            k.If(k.Elect(), () =>
            {
                full.ArriveExpecting(map.BoxBytes);
                k.CopyTile(tile, map, [0, 8], full);
            });
            full.Wait(0);
            t.Out(tile.Chunk(k.Lane >> 2, (k.Lane >> 1) & 1).Cast<V2<U32>>().Offset(k.Lane & 1)[0].Y);
        }, l => [(uint)l.Index + 100]) { Lowest = GpuArch.Sm90 },
        new("tensor_multicast", t =>
        {
            PtxBuilder k = t.K;
            TensorMapParameter<BF16x2> map = t.Map<BF16x2>(0, new(NumberFormat.BF16, [16, 16], [32], [16, 8], SwizzleMode.Bytes32));
            SharedTile<BF16x2> tile = k.SharedTile<BF16x2>("tile", 8, SwizzleMode.Bytes32);
            Mbarrier full = k.Mbarriers("full", 1)[0];
            k.If(k.ThreadX == 0, () =>
            {
                full.Init(1);
                k.FenceMbarrierInit();
                full.ArriveExpecting(map.BoxBytes);
            });
            k.ClusterBarrier();
            k.If(k.Elect(), () => k.CopyTile(tile, map, [0, 0], full, new TensorCopyOptions { Multicast = k.Copy<U16>(1) }));
            full.Wait(0);
            t.Out(tile.Chunk(k.Lane >> 2, 0 * k.Lane).Cast<U32>()[k.Lane & 3]);
        }, l => [Word(8 * (l.Index / 4) + l.Index % 4, "BF16x2", 0)]) { Lowest = GpuArch.Sm90a },
    ];

    private static uint Word(int index, string type = "U32", int input = 0) => BitConverter.ToUInt32(Lane.Bytes(type, input, 4 * index + 8), 4 * index);
}
