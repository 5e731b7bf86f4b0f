using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>Tensor copies: boxes, edges, swizzles, multicast, stores, reductions, and the mistakes around them.</summary>
public sealed class TensorCopyTests
{
    private const int Width = 96, Height = 40;

    private static readonly ushort[] Source = [.. Enumerable.Range(0, Width * Height).Select(i => (ushort)(i * 40503 >> 3))];

    public static TheoryData<int, int, int> Boxes => new()
    {
        { 0, 0, 0 }, { 0, 16, 8 }, { 1, 16, 8 }, { 2, 32, 4 }, { 3, 32, 4 }, { 0, 90, 36 }, { 3, 70, 35 }, { 2, -5, -3 }, { 1, 92, 0 }, { 0, 200, 0 },
    };

    /// <summary>Thread 0 loads a box of 8 rows; all threads wait and copy shared memory out as it is.</summary>
    private static string Load(int bytes, string coordinates, int expected, string offset = "0", string dimensions = "2d") => PtxText.Kernel(2, $$"""
        setp.eq.u32 p1, r0, 0;
        mov.u32 r11, bar;
        mov.u32 r12, s;
        add.u32 r12, r12, {{offset}};
        @p1 prefetch.tensormap [x20];
        @p1 mbarrier.init.shared.b64 [r11], 1;
        @p1 fence.mbarrier_init.release.cluster;
        bar.sync 0;
        @p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [r11], {{expected}};
        @p1 cp.async.bulk.tensor.{{dimensions}}.shared::cluster.global.tile.mbarrier::complete_tx::bytes [r12], [x20, {{{coordinates}}}], [r11];
        W: mbarrier.try_wait.parity.shared::cta.b64 p2, [r11], 0; @!p2 bra W;
        mul.lo.u32 r3, r0, 16;
        setp.lt.u32 p3, r3, {{bytes}};
        add.u32 r4, r3, s;
        @p3 ld.shared.v4.u32 {r5, r6, r7, r8}, [r4];
        mul.wide.u32 x3, r3, 1;
        add.u64 x4, x1, x3;
        @p3 st.global.v4.u32 [x4], {r5, r6, r7, r8};
        """, 8192, maps: 1);

    [Theory, MemberData(nameof(Boxes))]
    public void A_box_lies_in_shared_memory_swizzled_with_zeros_outside(int swizzle, int column, int row)
    {
        SwizzleMode mode = (SwizzleMode)swizzle;
        int width = mode == SwizzleMode.None ? 24 : Swizzles.SpanBytes(mode) / 2, bytes = width * 8 * 2;
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            using PtxRun run = new PtxRun().Buffer<ushort>(Source).Undefined(bytes);
            run.Value(Map(run, [Width, Height], [Width * 2], [width, 8], mode)).Launch(Load(bytes, $"{column}, {row}", bytes), 128, new EmulatorOptions { Schedule = schedule });

            Assert.Empty(run.Report.Reports);
            ushort[] result = run.Read<ushort>(1);
            for (int y = 0; y < 8; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    int line = y * width * 2 / 128, at = y * width * 2 + x * 2;
                    int chunk = mode switch { SwizzleMode.Bytes128 => line % 8, SwizzleMode.Bytes64 => line % 4, SwizzleMode.Bytes32 => line % 2, _ => 0 };
                    bool isInside = column + x is >= 0 and < Width && row + y is >= 0 and < Height;
                    Assert.Equal(isInside ? Source[(row + y) * Width + column + x] : 0, result[(at ^ chunk << 4) / 2]);
                }
            }
        }
    }

    [Fact]
    public void Three_dimensions_and_bytes()
    {
        byte[] source = [.. Enumerable.Range(0, 48 * 10 * 6).Select(i => (byte)(i * 37))];
        using PtxRun run = new PtxRun().Buffer<byte>(source).Undefined(16 * 4 * 3);
        run.Value(Map(run, [48, 10, 6], [48, 480], [16, 4, 3], SwizzleMode.None, NumberFormat.U8)).Launch(Load(192, "32, 8, 2", 192, dimensions: "3d"), 128);

        Assert.Empty(run.Report.Reports);
        byte[] result = run.Read<byte>(1);
        for (int i = 0; i < 192; i++)
        {
            int x = 32 + i % 16, y = 8 + i / 16 % 4, z = 2 + i / 64;
            Assert.Equal(y < 10 ? source[z * 480 + y * 48 + x] : 0, result[i]);
        }
    }

    [Fact]
    public void Wrong_maps_places_and_sizes_are_reported()
    {
        Bad(Load(1024, "0, 0", 1024, offset: "128"), FindingKind.Misaligned);
        Bad(Load(1024, "0, 0", 512), FindingKind.Misuse);
        Bad(Load(1024, "0, 0", 2048), FindingKind.Deadlock);
        Bad(Load(1024, "0, 0, 0", 1024, dimensions: "3d"), FindingKind.Misuse);
        Bad(Load(1024, "0, 0", 1024, offset: "7680"), FindingKind.OutOfBounds, FindingKind.Misaligned);
        using PtxRun empty = new PtxRun().Buffer<ushort>(Source).Undefined(1024).Value(new byte[128]).Launch(Load(1024, "0, 0", 1024), 128);
        Assert.Contains(empty.Report.Reports, f => f.Kind == FindingKind.Misuse);

        static void Bad(string kernel, params FindingKind[] kinds)
        {
            foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
            {
                using PtxRun run = new PtxRun().Buffer<ushort>(Source).Undefined(1024);
                run.Value(Map(run, [Width, Height], [Width * 2], [64, 8], SwizzleMode.Bytes128)).Launch(kernel, 128, new EmulatorOptions { Schedule = schedule });
                Assert.True(run.Report.Reports.Any(f => kinds.Contains(f.Kind)), $"{schedule}: {string.Join(" | ", run.Report.Reports)}");
            }
        }
    }

    [Fact]
    public void Multicast_reaches_every_block_of_the_cluster()
    {
        string kernel = PtxText.Kernel(2, """
            setp.eq.u32 p1, r0, 0;
            mov.u32 r11, bar;
            mov.u32 r12, s;
            mov.u32 r14, %cluster_ctarank;
            @p1 mbarrier.init.shared.b64 [r11], 1;
            @p1 fence.mbarrier_init.release.cluster;
            @p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [r11], 1024;
            barrier.cluster.arrive.aligned;
            barrier.cluster.wait.aligned;
            setp.eq.and.u32 p3, r14, 0, p1;
            mov.b16 h0, 3;
            mov.u32 r15, 0;
            mov.u32 r16, 8;
            @p3 cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [r12], [x20, {r15, r16}], [r11], h0;
            W: mbarrier.try_wait.parity.shared::cta.b64 p2, [r11], 0; @!p2 bra W;
            mul.lo.u32 r3, r0, 16;
            add.u32 r4, r3, s;
            ld.shared.v4.u32 {r5, r6, r7, r8}, [r4];
            mul.lo.u32 r14, r14, 1024;
            add.u32 r3, r3, r14;
            mul.wide.u32 x3, r3, 1;
            add.u64 x4, x1, x3;
            st.global.v4.u32 [x4], {r5, r6, r7, r8};
            barrier.cluster.arrive.aligned;
            barrier.cluster.wait.aligned;
            """, maps: 1);
        using PtxRun run = new PtxRun().Buffer<ushort>(Source).Undefined(2048);
        run.Value(Map(run, [Width, Height], [Width * 2], [64, 8], SwizzleMode.None)).Launch(kernel, 64, blocks: 2, cluster: 2);

        Assert.Empty(run.Report.Reports);
        ushort[] result = run.Read<ushort>(1);
        for (int i = 0; i < 1024; i++)
            Assert.Equal(Source[(8 + i % 512 / 64) * Width + i % 64], result[i]);
    }

    [Theory]
    [InlineData("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group", 1)]
    [InlineData("cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.tile.bulk_group", 2)]
    public void A_store_writes_the_box_inside_of_the_tensor_alone(string store, int factor)
    {
        string kernel = PtxText.Kernel(1, $$"""
            setp.eq.u32 p1, r0, 0;
            mov.u32 r12, s;
            mul.lo.u32 r3, r0, 4;
            add.u32 r4, r3, s;
            mul.lo.u32 r5, r0, 3;
            st.shared.u32 [r4], r5;
            fence.proxy.async.shared::cta;
            bar.sync 0;
            @p1 {{store}} [x20, {12, 6}], [r12];
            @p1 cp.async.bulk.commit_group;
            @p1 cp.async.bulk.wait_group 0;
            """, maps: 1);
        uint[] target = [.. Enumerable.Range(0, 160).Select(i => factor == 2 ? 1000u : 7u)];
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            using PtxRun run = new PtxRun().Buffer<uint>(target);
            run.Value(Map(run, [16, 10], [64], [8, 8], SwizzleMode.None, NumberFormat.U32)).Launch(kernel, 64, new EmulatorOptions { Schedule = schedule });

            Assert.Empty(run.Report.Reports);
            uint[] result = run.Read<uint>(0);
            for (int i = 0; i < 160; i++)
            {
                int x = i % 16 - 12, y = i / 16 - 6;
                uint stored = x >= 0 && y >= 0 ? (uint)(3 * (y * 8 + x)) : 0;
                Assert.Equal(x < 0 || y < 0 ? target[i] : factor == 2 ? 1000 + stored : stored, result[i]);
            }
        }
    }

    [Fact]
    public void A_tensor_map_in_global_memory_can_be_changed()
    {
        string kernel = Load(1024, "0, 0", 1024).Replace("@p1 prefetch.tensormap [x20];", """
            add.u64 x20, x1, 1024;
            @p1 tensormap.replace.tile.global_address.global.b1024.b64 [x20], x0;
            @p1 tensormap.replace.tile.global_dim.global.b1024.b32 [x20], 1, 4;
            @p1 fence.proxy.tensormap::generic.acquire.gpu [x20], 128;
            """, StringComparison.Ordinal);
        byte[] target = new byte[1024 + 128];
        TensorMapCode.Encode(new TensorMapLayout(NumberFormat.BF16, [Width, Height], [Width * 2], [64, 8], SwizzleMode.None)).Bytes.AsSpan().CopyTo(target.AsSpan(1024));

        using PtxRun run = new PtxRun().Buffer<ushort>(Source).Buffer<byte>(target).Value(new byte[128]).Launch(kernel, 128);

        Assert.Empty(run.Report.Reports);
        for (int i = 0; i < 512; i++)
            Assert.Equal(i / 64 < 4 ? Source[i / 64 * Width + i % 64] : 0, run.Read<ushort>(1)[i]);
    }

    private static ReadOnlySpan<byte> Map(
        PtxRun run, ImmutableArray<long> extents, ImmutableArray<long> strides, ImmutableArray<int> box, SwizzleMode mode, NumberFormat format = NumberFormat.BF16) =>
        TensorMapCode.Encode(new TensorMapLayout(format, extents, strides, box, mode) { Address = run.Address(0) }).Bytes.AsSpan();
}
