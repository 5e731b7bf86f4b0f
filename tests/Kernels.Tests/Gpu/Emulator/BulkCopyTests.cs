using Puna.Kernels.Gpu.Emulator;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>Bulk copies with mbarriers and with groups, mbarriers by themselves, and the mistakes around them.</summary>
public sealed class BulkCopyTests
{
    private const string Wait = "W: mbarrier.try_wait.parity.shared::cta.b64 p2, [r11], 0; @!p2 bra W;";

    /// <summary>Thread 0 copies 2048 bytes into shared memory; all threads wait and copy 16 bytes out.</summary>
    private static string Load(
        string init = "@p1 mbarrier.init.shared.b64 [r11], 1;", string fence = "@p1 fence.mbarrier_init.release.cluster;", string barrier = "bar.sync 0;",
        string expect = "@p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [r11], 2048;",
        string copy = "@p1 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [r12], [x0], 2048, [r11];", string wait = Wait, string before = "") => PtxText.Kernel(2, $$"""
        setp.eq.u32 p1, r0, 0;
        mov.u32 r11, bar;
        mov.u32 r12, s;
        mul.lo.u32 r3, r0, 16;
        add.u32 r4, r3, s;
        {{before}}
        {{init}}
        {{fence}}
        {{barrier}}
        {{expect}}
        {{copy}}
        {{wait}}
        ld.shared.v4.u32 {r5, r6, r7, r8}, [r4];
        mul.wide.u32 x3, r0, 16;
        add.u64 x4, x1, x3;
        st.global.v4.u32 [x4], {r5, r6, r7, r8};
        """);

    private static readonly uint[] Source = [.. Enumerable.Range(0, 512).Select(i => (uint)i * 2654435761)];

    [Fact]
    public void A_load_arrives_with_its_barrier() => Good(Load());

    [Fact]
    public void Expecting_after_the_copy_is_legal() => Good(Load(
        expect: "@p1 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [r12], [x0], 2048, [r11];",
        copy: "@p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [r11], 2048;"));

    [Fact]
    public void A_state_can_be_waited_for_as_well() => Good(Load(
        init: "@p1 mbarrier.init.shared.b64 [r11], 128;",
        expect: "@p1 mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [r11], 2048;",
        wait: "mbarrier.arrive.shared.b64 x9, [r11]; W: mbarrier.test_wait.shared.b64 p2, [r11], x9; @!p2 bra W;"));

    [Fact]
    public void Buffers_written_by_threads_before_need_a_fence()
    {
        const string store = "st.shared.u32 [r4], r0;";
        Good(Load(before: store, fence: "fence.proxy.async.shared::cta;"));
        Bad(Load(before: store), FindingKind.MissingProxyFence);
    }

    [Fact]
    public void Missing_fences_waits_and_barriers_are_reported()
    {
        Good(Load(fence: ""));   // within one block a barrier is enough behind mbarrier.init: cuda::memcpy_async relies on it
        Bad(Load(barrier: ""), FindingKind.SharedRace, FindingKind.Misuse);
        Bad(Load(wait: ""), FindingKind.InFlight, FindingKind.SharedRace);
        Bad(Load(wait: Wait.Replace("], 0", "], 1", StringComparison.Ordinal)), FindingKind.InFlight, FindingKind.SharedRace, FindingKind.Deadlock);
        Bad(Load(init: ""), FindingKind.Misuse);
        Bad(Load(before: "@p1 st.shared.u64 [r11], x0;", init: ""), FindingKind.Misuse);
        Bad(Load(fence: "@p1 fence.mbarrier_init.release.cluster; @p1 st.shared.u64 [r11], x0;"), FindingKind.Misuse);
    }

    [Fact]
    public void Bytes_that_do_not_match_the_announcement_are_reported()
    {
        Bad(Load(expect: "@p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [r11], 1024;"), FindingKind.Misuse);
        Bad(Load(expect: "@p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [r11], 4096;"), FindingKind.Deadlock);
        const string half = "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes";
        Bad(Load(
            expect: "@p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [r11], 1024;",
            copy: $"@p1 {half} [r12], [x0], 1024, [r11]; add.u32 r13, r12, 1024; add.u64 x5, x0, 1024; @p1 {half} [r13], [x5], 1024, [r11];"), FindingKind.Misuse, FindingKind.InFlight, FindingKind.SharedRace);
    }

    [Fact]
    public void A_deadlock_says_what_the_barrier_lacks()
    {
        using PtxRun run = Run(Load(expect: "@p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [r11], 4096;"), AsyncSchedule.Late);

        Finding finding = Assert.Single(run.Report.Reports);
        Assert.Contains("is in phase 0 with 0 of 1 arrivals pending and 2048 bytes to come", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_and_addresses_are_multiples_of_16()
    {
        Bad(Load(copy: "@p1 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [r12], [x0], 2040, [r11];"), FindingKind.Misuse);
        Bad(Load(copy: "@p1 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [r12+8], [x0], 2032, [r11];"), FindingKind.Misaligned);
        Bad(Load(copy: "@p1 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [r12], [x0+8], 2032, [r11];"), FindingKind.Misaligned);
        Bad(Load(copy: "@p1 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [r12], [x0], 4096, [r11];"), FindingKind.OutOfBounds);
    }

    [Fact]
    public void Arrivals_beyond_the_count_are_reported()
    {
        static string Arrive(int count) => PtxText.Kernel(1, $$"""
            setp.eq.u32 p1, r0, 0;
            mov.u32 r11, bar;
            @p1 mbarrier.init.shared.b64 [r11], {{count}};
            bar.sync 0;
            mbarrier.arrive.shared.b64 x2, [r11];
            bar.sync 0;
            """);
        using PtxRun good = new PtxRun().Undefined(8).Launch(Arrive(64), 64);
        // 40 arrivals leave 24 of the second phase: legal, but 2 at once beyond the count are not
        using PtxRun bad = new PtxRun().Undefined(8).Launch(Arrive(64).Replace("b64 x2, [r11];", "b64 x2, [r11], 65;", StringComparison.Ordinal), 64);

        Assert.Empty(good.Report.Reports);
        Assert.Contains(bad.Report.Reports, f => f.Kind == FindingKind.Misuse);
    }

    [Fact]
    public void A_ring_of_buffers_runs_through_its_phases()
    {
        // warp 0's lane 0 fills two slots in turn; warp 1 empties them and gives them back
        static string Ring(string release) => PtxText.Kernel(2, $$"""
            mov.u32 r11, bar;
            mov.u32 r12, s;
            setp.eq.u32 p1, r0, 0;
            @p1 mbarrier.init.shared.b64 [r11], 1;
            @p1 mbarrier.init.shared.b64 [r11+8], 1;
            @p1 mbarrier.init.shared.b64 [r11+16], 32;
            @p1 mbarrier.init.shared.b64 [r11+24], 32;
            @p1 fence.mbarrier_init.release.cluster;
            bar.sync 0;
            mov.u32 r20, 0;
            setp.ge.u32 p3, r0, 32;
            @p3 bra CONSUMER;
            @!p1 bra END;
            PRODUCER:
            and.b32 r21, r20, 1;
            shl.b32 r22, r21, 3;
            add.u32 r22, r22, r11;
            shr.u32 r23, r20, 1;
            and.b32 r23, r23, 1;
            xor.b32 r24, r23, 1;
            EMPTY: mbarrier.try_wait.parity.shared::cta.b64 p2, [r22+16], r24; @!p2 bra EMPTY;
            mbarrier.arrive.expect_tx.shared::cta.b64 _, [r22], 512;
            shl.b32 r25, r21, 9;
            add.u32 r25, r25, r12;
            mul.wide.u32 x5, r20, 512;
            add.u64 x5, x5, x0;
            cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [r25], [x5], 512, [r22];
            add.u32 r20, r20, 1;
            setp.lt.u32 p4, r20, 8;
            @p4 bra PRODUCER;
            bra END;
            CONSUMER:
            and.b32 r21, r20, 1;
            shl.b32 r22, r21, 3;
            add.u32 r22, r22, r11;
            shr.u32 r23, r20, 1;
            and.b32 r23, r23, 1;
            FULL: mbarrier.try_wait.parity.shared::cta.b64 p2, [r22], r23; @!p2 bra FULL;
            shl.b32 r25, r21, 9;
            sub.u32 r26, r0, 32;
            shl.b32 r26, r26, 4;
            add.u32 r25, r25, r26;
            add.u32 r25, r25, r12;
            {{(release == "early" ? "mbarrier.arrive.shared.b64 _, [r22+16];" : "")}}
            ld.shared.v4.u32 {r5, r6, r7, r8}, [r25];
            {{(release == "late" ? "mbarrier.arrive.shared.b64 _, [r22+16];" : "")}}
            mul.wide.u32 x5, r20, 512;
            mul.wide.u32 x6, r26, 1;
            add.u64 x5, x5, x6;
            add.u64 x5, x5, x1;
            st.global.v4.u32 [x5], {r5, r6, r7, r8};
            add.u32 r20, r20, 1;
            setp.lt.u32 p4, r20, 8;
            @p4 bra CONSUMER;
            END:
            """);
        uint[] source = [.. Enumerable.Range(0, 1024).Select(i => (uint)i * 40503)];
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            bool seen = false;
            for (int seed = 0; seed < 4; seed++)
            {
                using PtxRun good = new PtxRun().Buffer<uint>(source).Undefined(4096).Launch(Ring("late"), 64, new EmulatorOptions { Schedule = schedule, Seed = seed });
                Assert.Empty(good.Report.Reports);
                Assert.Equal(source, good.Read<uint>(1));
                using PtxRun bad = new PtxRun().Buffer<uint>(source).Undefined(4096).Launch(Ring("early"), 64, new EmulatorOptions { Schedule = schedule, Seed = seed });
                seen |= bad.Report.Reports.Any(f => f.Kind is FindingKind.SharedRace or FindingKind.InFlight);
            }

            Assert.True(seen, "a slot given back before it was read is seen by no seed");
        }
    }

    /// <summary>All threads write shared memory; thread 0 copies it out; then shared memory is written again.</summary>
    private static string Store(string fence = "fence.proxy.async.shared::cta;", string barrier = "bar.sync 0;", string wait = "@p1 cp.async.bulk.wait_group.read 0;",
        string copy = "@p1 cp.async.bulk.global.shared::cta.bulk_group [x1], [r12], 2048;") => PtxText.Kernel(2, $$"""
        setp.eq.u32 p1, r0, 0;
        mov.u32 r12, s;
        mul.lo.u32 r3, r0, 16;
        add.u32 r4, r3, s;
        mul.wide.u32 x3, r0, 16;
        add.u64 x4, x0, x3;
        ld.global.v4.u32 {r5, r6, r7, r8}, [x4];
        st.shared.v4.u32 [r4], {r5, r6, r7, r8};
        {{fence}}
        {{barrier}}
        {{copy}}
        @p1 cp.async.bulk.commit_group;
        {{wait}}
        bar.sync 0;
        st.shared.u32 [r4], r0;
        @p1 cp.async.bulk.wait_group 0;
        """);

    [Fact]
    public void A_store_takes_what_was_fenced_and_leaves_when_it_was_read()
    {
        Good(Store());
        Bad(Store(fence: ""), FindingKind.MissingProxyFence);
        Bad(Store(barrier: ""), FindingKind.MissingProxyFence, FindingKind.SharedRace);
        Bad(Store(wait: ""), FindingKind.InFlight);
        Bad(Store(copy: "@p1 cp.async.bulk.global.shared::cta.bulk_group [x1], [r12], 4096;"), FindingKind.OutOfBounds);
    }

    [Theory]
    [InlineData("add.f32")]
    [InlineData("add.u32")]
    [InlineData("max.s32")]
    public void Blocks_reduce_into_global_memory(string operation)
    {
        string kernel = PtxText.Kernel(2, $$"""
            setp.eq.u32 p1, r0, 0;
            mov.u32 r12, s;
            mul.lo.u32 r3, r0, 4;
            add.u32 r4, r3, s;
            mul.wide.u32 x3, r0, 4;
            add.u64 x4, x0, x3;
            ld.global.u32 r5, [x4];
            st.shared.u32 [r4], r5;
            fence.proxy.async;
            bar.sync 0;
            @p1 cp.reduce.async.bulk.global.shared::cta.bulk_group.{{operation}} [x1], [r12], 512;
            @p1 cp.async.bulk.commit_group;
            @p1 cp.async.bulk.wait_group 0;
            """);
        bool isFloat = operation == "add.f32";
        byte[] source = [.. Enumerable.Range(0, 128).SelectMany(i => isFloat ? BitConverter.GetBytes(i * 0.5f) : BitConverter.GetBytes(i))];
        byte[] start = [.. Enumerable.Range(0, 128).SelectMany(i => isFloat ? BitConverter.GetBytes(1f) : BitConverter.GetBytes(100))];

        using PtxRun run = new PtxRun().Buffer<byte>(source).Buffer<byte>(start).Launch(kernel, 128, blocks: 5);

        Assert.Empty(run.Report.Reports);
        for (int i = 0; i < 128; i++)
        {
            if (isFloat)
                Assert.Equal(1 + 2.5f * i, run.Read<float>(1)[i]);
            else
                Assert.Equal(operation == "add.u32" ? 100 + 5 * i : Math.Max(100, i), run.Read<int>(1)[i]);
        }
    }

    [Theory]
    [InlineData("cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [r15], [r12], 2048, [r16];", true)]
    [InlineData("st.async.shared::cluster.mbarrier::complete_tx::bytes.v4.u32 [r17], {r5, r6, r7, r8}, [r16];", false)]
    public void A_block_sends_to_its_neighbour(string send, bool isBulk)
    {
        string kernel = PtxText.Kernel(2, $$"""
            setp.eq.u32 p1, r0, 0;
            mov.u32 r11, bar;
            mov.u32 r12, s;
            mov.u32 r14, %cluster_ctarank;
            xor.b32 r13, r14, 1;
            @p1 mbarrier.init.shared.b64 [r11], 1;
            @p1 fence.mbarrier_init.release.cluster;
            @p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [r11], 2048;
            mul.lo.u32 r3, r0, 16;
            add.u32 r4, r3, s;
            mov.u32 r18, %ctaid.x;
            mul.lo.u32 r19, r18, 2048;
            add.u32 r19, r19, r3;
            mul.wide.u32 x3, r19, 1;
            add.u64 x4, x0, x3;
            ld.global.v4.u32 {r5, r6, r7, r8}, [x4];
            st.shared.v4.u32 [r4], {r5, r6, r7, r8};
            fence.proxy.async;
            barrier.cluster.arrive.aligned;
            barrier.cluster.wait.aligned;
            add.u32 r15, r12, 2048;
            mapa.shared::cluster.u32 r15, r15, r13;
            mapa.shared::cluster.u32 r16, r11, r13;
            add.u32 r17, r15, r3;
            {{(isBulk ? "@p1 " : "")}}{{send}}
            W: mbarrier.try_wait.parity.shared::cta.b64 p2, [r11], 0; @!p2 bra W;
            ld.shared.v4.u32 {r5, r6, r7, r8}, [r4+2048];
            add.u64 x4, x1, x3;
            st.global.v4.u32 [x4], {r5, r6, r7, r8};
            barrier.cluster.arrive.aligned;
            barrier.cluster.wait.aligned;
            """);
        uint[] source = [.. Enumerable.Range(0, 1024).Select(i => (uint)i * 48271)];
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            using PtxRun run = new PtxRun().Buffer<uint>(source).Undefined(4096).Launch(kernel, 128, new EmulatorOptions { Schedule = schedule }, blocks: 2, cluster: 2);

            Assert.Empty(run.Report.Reports);
            Assert.Equal([.. source.Skip(512), .. source.Take(512)], run.Read<uint>(1));
        }
    }

    private static void Good(string kernel)
    {
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            using PtxRun run = Run(kernel, schedule);
            Assert.Empty(run.Report.Reports);
            Assert.Equal(Source, run.Read<uint>(1));
        }
    }

    private static void Bad(string kernel, params FindingKind[] kinds)
    {
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            using PtxRun run = Run(kernel, schedule);
            Assert.True(run.Report.Reports.Any(f => kinds.Contains(f.Kind)),
                $"{schedule}: expected {string.Join(" or ", kinds)}, got: {string.Join(" | ", run.Report.Reports)}");
        }
    }

    private static PtxRun Run(string kernel, AsyncSchedule schedule) =>
        new PtxRun().Buffer<uint>(Source).Undefined(2048).Launch(kernel, 128, new EmulatorOptions { Schedule = schedule, Seed = 1 });
}
