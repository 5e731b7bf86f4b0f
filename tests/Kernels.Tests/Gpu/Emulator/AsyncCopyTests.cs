using Puna.Kernels.Gpu.Emulator;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary><c>cp.async</c>: what it copies, and the mistakes around it.</summary>
public sealed class AsyncCopyTests
{
    public static TheoryData<AsyncSchedule> Schedules => [AsyncSchedule.Late, AsyncSchedule.Early];

    // every thread copies 16 bytes, and reads those of the thread 64 further on
    private static string Neighbour(string wait = "cp.async.wait_group 0;", string barrier = "bar.sync 0;", string copy = "cp.async.cg.shared.global [r1], [x2], 16;") => PtxText.Kernel(2, $$"""
        mul.lo.u32 r3, r0, 16;
        add.u32 r1, r3, s;
        mul.wide.u32 x3, r0, 16;
        add.u64 x2, x0, x3;
        {{copy}}
        cp.async.commit_group;
        {{wait}}
        {{barrier}}
        xor.b32 r4, r3, 1024;
        add.u32 r4, r4, s;
        ld.shared.v4.u32 {r5, r6, r7, r8}, [r4];
        add.u64 x4, x1, x3;
        st.global.v4.u32 [x4], {r5, r6, r7, r8};
        """);

    [Theory, MemberData(nameof(Schedules))]
    public void Bytes_arrive_when_they_are_waited_for(AsyncSchedule schedule)
    {
        uint[] source = [.. Enumerable.Range(0, 512).Select(i => (uint)i * 7919)];

        using PtxRun run = new PtxRun().Buffer<uint>(source).Undefined(2048).Launch(Neighbour(), 128, new EmulatorOptions { Schedule = schedule });

        Assert.Empty(run.Report.Reports);
        Assert.Equal([.. source.Skip(256), .. source.Take(256)], run.Read<uint>(1));
    }

    [Theory]
    [InlineData("", "bar.sync 0;", FindingKind.InFlight)]
    [InlineData("cp.async.wait_group 1;", "bar.sync 0;", FindingKind.InFlight)]
    [InlineData("cp.async.wait_all;", "", FindingKind.SharedRace)]
    public void A_missing_wait_or_barrier_is_reported(string wait, string barrier, FindingKind expected)
    {
        FindingKind[] kinds = expected == FindingKind.SharedRace ? [FindingKind.SharedRace, FindingKind.InFlight] : [expected];
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            using PtxRun run = new PtxRun().Buffer<uint>(new uint[512]).Undefined(2048)
                .Launch(Neighbour(wait, barrier), 128, new EmulatorOptions { Schedule = schedule, Seed = 3 });

            Assert.Contains(run.Report.Reports, f => kinds.Contains(f.Kind));
        }
    }

    [Theory]
    [InlineData("cp.async.ca.shared.global [r1], [x2], 8;", 8)]
    [InlineData("cp.async.ca.shared.global [r1], [x2], 4;", 4)]
    [InlineData("mov.u32 r9, 5; cp.async.cg.shared.global [r1], [x2], 16, r9;", 5)]
    [InlineData("cp.async.cg.shared.global.L2::128B [r1], [x2], 16, 0;", 0)]
    [InlineData("setp.eq.u32 p1, r0, r0; cp.async.ca.shared.global [r1], [x2], 16, p1;", 0)]
    public void Sizes_and_missing_bytes(string copy, int given)
    {
        byte[] source = [.. Enumerable.Range(0, 2048).Select(i => (byte)(i | 1))];
        int written = copy.Contains("], 8;", StringComparison.Ordinal) ? 8 : copy.Contains("], 4;", StringComparison.Ordinal) ? 4 : 16;

        using PtxRun run = new PtxRun().Buffer<byte>(source).Undefined(2048).Launch(Neighbour(copy: copy), 128);

        Assert.Empty(run.Report.Reports);
        byte[] result = run.Read<byte>(1);
        bool[] undefined = run.UndefinedBytes(1);
        for (int i = 0; i < 2048; i++)
        {
            Assert.Equal(i % 16 >= written, undefined[i]);
            if (i % 16 < written)
                Assert.Equal(i % 16 < given ? source[i ^ 1024] : 0, result[i]);
        }
    }

    [Fact]
    public void A_tail_does_not_read_past_the_end()
    {
        const string tail = "mul.lo.u32 r9, r0, 16; sub.u32 r9, 2000, r9; min.s32 r9, r9, 16; max.s32 r9, r9, 0; cp.async.cg.shared.global [r1], [x2], 16, r9;";

        using PtxRun good = new PtxRun().Buffer<byte>(new byte[2000]).Undefined(2048).Launch(Neighbour(copy: tail), 128);
        using PtxRun bad = new PtxRun().Buffer<byte>(new byte[2000]).Undefined(2048).Launch(Neighbour(), 128);

        Assert.Empty(good.Report.Reports);
        Assert.Equal(FindingKind.OutOfBounds, Assert.Single(bad.Report.Reports).Kind);
    }

    [Fact]
    public void A_misaligned_source_is_reported()
    {
        using PtxRun run = new PtxRun().Buffer<byte>(new byte[4096]).Undefined(2048)
            .Launch(Neighbour(copy: "add.u64 x2, x2, 8; cp.async.cg.shared.global [r1], [x2], 16;"), 128);

        Assert.Contains(run.Report.Reports, f => f.Kind == FindingKind.Misaligned);
    }

    [Fact]
    public void A_buffer_that_is_filled_again_too_early_is_reported()
    {
        // two rounds through one buffer; the barrier after reading is missing in the broken kernel
        static string Rounds(string barrier) => PtxText.Kernel(2, $$"""
            mul.lo.u32 r3, r0, 16;
            add.u32 r1, r3, s;
            mul.wide.u32 x3, r0, 16;
            add.u64 x2, x0, x3;
            mov.u32 r10, 0;
            AGAIN:
            cp.async.cg.shared.global [r1], [x2], 16;
            cp.async.commit_group;
            cp.async.wait_group 0;
            bar.sync 0;
            xor.b32 r4, r3, 1024;
            add.u32 r4, r4, s;
            ld.shared.v4.u32 {r5, r6, r7, r8}, [r4];
            add.u64 x4, x1, x3;
            st.global.v4.u32 [x4], {r5, r6, r7, r8};
            {{barrier}}
            add.u32 r10, r10, 1;
            setp.lt.u32 p1, r10, 3;
            @p1 bra AGAIN;
            """);
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            using PtxRun good = new PtxRun().Buffer<byte>(new byte[2048]).Undefined(2048).Launch(Rounds("bar.sync 0;"), 128, new EmulatorOptions { Schedule = schedule });
            using PtxRun bad = new PtxRun().Buffer<byte>(new byte[2048]).Undefined(2048).Launch(Rounds(""), 128, new EmulatorOptions { Schedule = schedule });

            Assert.Empty(good.Report.Reports);
            Assert.Contains(bad.Report.Reports, f => f.Kind is FindingKind.SharedRace or FindingKind.InFlight);
        }
    }

    [Theory]
    [InlineData(".noinc", 128)]
    [InlineData("", 1)]
    public void An_mbarrier_counts_finished_copies(string form, int count)
    {
        // without .noinc an arrival adds the pending one that it takes away: thread 0 arrives for the phase
        string kernel(string wait) => PtxText.Kernel(2, $$"""
            setp.eq.u32 p1, r0, 0;
            mov.u32 r11, bar;
            @p1 mbarrier.init.shared.b64 [r11], {{count}};
            bar.sync 0;
            mul.lo.u32 r3, r0, 16;
            add.u32 r1, r3, s;
            mul.wide.u32 x3, r0, 16;
            add.u64 x2, x0, x3;
            cp.async.cg.shared.global [r1], [x2], 16;
            cp.async.mbarrier.arrive{{form}}.shared.b64 [r11];
            {{(count == 1 ? "bar.sync 0; @p1 mbarrier.arrive.shared.b64 x5, [r11];" : "")}}
            {{wait}}
            xor.b32 r4, r3, 1024;
            add.u32 r4, r4, s;
            ld.shared.v4.u32 {r5, r6, r7, r8}, [r4];
            add.u64 x4, x1, x3;
            st.global.v4.u32 [x4], {r5, r6, r7, r8};
            """);
        uint[] source = [.. Enumerable.Range(0, 512).Select(i => (uint)i * 31)];
        foreach (AsyncSchedule schedule in Enum.GetValues<AsyncSchedule>())
        {
            using PtxRun good = new PtxRun().Buffer<uint>(source).Undefined(2048)
                .Launch(kernel("W: mbarrier.try_wait.parity.shared::cta.b64 p2, [r11], 0; @!p2 bra W;"), 128, new EmulatorOptions { Schedule = schedule });
            using PtxRun bad = new PtxRun().Buffer<uint>(source).Undefined(2048).Launch(kernel(""), 128, new EmulatorOptions { Schedule = schedule });

            Assert.Empty(good.Report.Reports);
            Assert.Equal([.. source.Skip(256), .. source.Take(256)], good.Read<uint>(1));
            Assert.Contains(bad.Report.Reports, f => f.Kind is FindingKind.InFlight or FindingKind.SharedRace);
        }
    }
}
