using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Tests.Gpu.Emulator;

public class PtxEmulatorTests
{
    private const string Sum = """
        .version 8.0
        .target sm_90
        .address_size 64
        .visible .entry total(.param .u64 px, .param .u64 py)
        {
            .reg .b32 %r<8>;
            .reg .b64 %rd<4>;
            .reg .pred %p<2>;
            .shared .align 4 .b8 mine[4];
            ld.param.u64 %rd1, [px];
            ld.param.u64 %rd2, [py];
            mov.u32 %r1, %cluster_ctarank;
            mov.u32 %r2, mine;
            add.u32 %r3, %r1, 10;
            st.shared.u32 [%r2], %r3;
            barrier.cluster.arrive.release.aligned;
            barrier.cluster.wait.acquire.aligned;
            xor.b32 %r4, %r1, 1;
            mapa.shared::cluster.u32 %r5, %r2, %r4;
            ld.shared::cluster.u32 %r6, [%r5];
            WAIT
            mov.u32 %r7, %ctaid.x;
            mad.wide.u32 %rd3, %r7, 4, %rd2;
            st.global.u32 [%rd3], %r6;
            ret;
        }
        """;

    [Fact]
    public void Blocks_of_a_cluster_read_each_others_shared_memory()
    {
        string text = Sum.Replace("WAIT", "barrier.cluster.arrive; barrier.cluster.wait;", StringComparison.Ordinal);

        (LaunchReport report, uint[] y) = Run(text, "total", 4, 1, new uint[4], new GpuDim(2));

        Assert.Empty(report.Reports);
        Assert.Equal([11u, 10, 11, 10], y);
    }

    [Fact]
    public void Without_the_clusters_barrier_the_read_is_a_race()
    {
        string text = Sum.Replace("WAIT", "", StringComparison.Ordinal).Replace("barrier.cluster.arrive.release.aligned;", "", StringComparison.Ordinal)
            .Replace("barrier.cluster.wait.acquire.aligned;", "", StringComparison.Ordinal);

        bool isFound = Enumerable.Range(0, 8).Any(seed => Run(text, "total", 4, 1, new uint[4], new GpuDim(2), seed).Report.Reports.Any(r => r.Kind == FindingKind.SharedRace));

        Assert.True(isFound);
    }

    [Fact]
    public void Counters_count_sectors_and_bank_conflicts()
    {
        const string Text = """
            .version 8.0
            .target sm_80
            .address_size 64
            .visible .entry strided(.param .u64 px, .param .u64 py)
            {
                .reg .b32 %r<8>;
                .reg .b64 %rd<4>;
                .shared .align 4 .b8 tile[8192];
                ld.param.u64 %rd1, [px];
                ld.param.u64 %rd2, [py];
                mov.u32 %r1, %tid.x;
                mad.wide.u32 %rd3, %r1, 4, %rd1;
                ld.global.u32 %r2, [%rd3];
                mov.u32 %r3, tile;
                mad.lo.u32 %r4, %r1, 8, %r3;
                st.shared.u32 [%r4], %r2;
                mad.lo.u32 %r4, %r1, 132, %r3;
                st.shared.u32 [%r4], %r2;
                mad.lo.u32 %r4, %r1, 16, %r3;
                mad.wide.u32 %rd3, %r1, 4, %rd2;
                st.global.u32 [%rd3], %r2;
                ret;
            }
            """;

        Counters counters = Run(Text, "strided", 1, 32, new uint[32]).Report.Counters;

        Assert.Equal((2, 8, 128, 128), (counters.GlobalRequests, counters.GlobalSectors, counters.GlobalBytesRead, counters.GlobalBytesWritten));
        Assert.Equal((2, 1, 256), (counters.SharedRequests, counters.SharedConflicts, counters.SharedBytesWritten));
        Assert.Equal(14 * 32, counters.ThreadInstructions);
    }

    [Fact]
    public void The_same_seed_on_one_thread_runs_the_same_way()
    {
        const string Text = """
            .version 8.0
            .target sm_80
            .address_size 64
            .visible .entry order(.param .u64 px, .param .u64 py)
            {
                .reg .b32 %r<8>;
                .reg .b64 %rd<4>;
                ld.param.u64 %rd1, [px];
                ld.param.u64 %rd2, [py];
                mov.u32 %r1, %tid.x;
                mov.u32 %r4, %ctaid.x;
                mad.lo.u32 %r1, %r4, 128, %r1;
                atom.global.add.u32 %r2, [%rd1], 1;
                mad.wide.u32 %rd3, %r1, 4, %rd2;
                st.global.u32 [%rd3], %r2;
                ret;
            }
            """;

        uint[] first = Run(Text, "order", 4, 128, new uint[512], seed: 5).Y, second = Run(Text, "order", 4, 128, new uint[512], seed: 5).Y;
        uint[] other = Run(Text, "order", 4, 128, new uint[512], seed: 6).Y;

        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
        Assert.Equal(Enumerable.Range(0, 512), first.Select(v => (int)v).Order());
    }

    [Fact]
    public void Blocks_that_wait_for_all_others_get_to_run_together()
    {
        const string Text = """
            .version 8.0
            .target sm_80
            .address_size 64
            .visible .entry grid_barrier(.param .u64 px, .param .u64 py)
            {
                .reg .b32 %r<8>;
                .reg .b64 %rd<4>;
                .reg .pred %p<2>;
                ld.param.u64 %rd1, [px];
                ld.param.u64 %rd2, [py];
                mov.u32 %r4, %ctaid.x;
                atom.add.release.gpu.global.u32 %r2, [%rd1], 1;
            AGAIN:
                ld.acquire.gpu.global.u32 %r3, [%rd1];
                setp.lt.u32 %p1, %r3, 100;
                @%p1 bra AGAIN;
                mad.wide.u32 %rd3, %r4, 4, %rd2;
                st.global.u32 [%rd3], %r3;
                ret;
            }
            """;

        (LaunchReport report, uint[] y) = Run(Text, "grid_barrier", 100, 1, new uint[100]);

        Assert.Empty(report.Reports);
        Assert.All(y, v => Assert.Equal(100u, v));
    }

    [Fact]
    public void A_lane_may_wait_for_another_lane_of_its_warp()
    {
        const string Text = """
            .version 8.0
            .target sm_80
            .address_size 64
            .visible .entry locks(.param .u64 px, .param .u64 py)
            {
                .reg .b32 %r<8>;
                .reg .b64 %rd<4>;
                .reg .pred %p<2>;
                ld.param.u64 %rd1, [px];
                ld.param.u64 %rd2, [py];
                mov.u32 %r1, %tid.x;
            LOCK:
                atom.global.cas.b32 %r2, [%rd1], 0, 1;
                setp.ne.u32 %p1, %r2, 0;
                @%p1 bra LOCK;
                membar.gl;
                ld.volatile.global.u32 %r3, [%rd1+4];
                add.u32 %r3, %r3, 1;
                st.volatile.global.u32 [%rd1+4], %r3;
                membar.gl;
                atom.global.exch.b32 %r2, [%rd1], 0;
                mad.wide.u32 %rd3, %r1, 4, %rd2;
                st.global.u32 [%rd3], %r3;
                ret;
            }
            """;

        (LaunchReport report, uint[] y) = Run(Text, "locks", 1, 64, new uint[64]);

        Assert.Empty(report.Reports);
        Assert.Equal(Enumerable.Range(1, 64), y.Select(v => (int)v).Order());
    }

    [Theory]
    [InlineData(96, "order: a block of [96, 1, 1] threads is asked for, but the kernel requires [64, 1, 1] (.reqntid).")]
    [InlineData(64, "order: 3 arguments are given, but the kernel has 2 parameters.")]
    public void A_launch_that_does_not_fit_is_refused(int threads, string message)
    {
        const string Text = """
            .version 8.0
            .target sm_80
            .address_size 64
            .visible .entry order(.param .u64 px, .param .u64 py) .reqntid 64, 1, 1 { ret; }
            """;
        using EmulatedMemory memory = new();
        PtxEmulator emulator = new(memory, new EmulatorOptions());
        ReadOnlyMemory<byte>[] arguments = threads == 64 ? [new byte[8], new byte[8], new byte[8]] : [new byte[8], new byte[8]];
        LoadedProgram program = emulator.Load(Text, "order");

        DeviceException e = Assert.Throws<DeviceException>(() => emulator.Launch(program, 1, threads, arguments));

        Assert.Equal(message, e.Message);
    }

    [Fact]
    public void Text_for_a_newer_device_is_refused()
    {
        using EmulatedMemory memory = new();
        PtxEmulator emulator = new(memory, new EmulatorOptions { Arch = GpuArch.Sm80 });

        DeviceException e = Assert.Throws<DeviceException>(() => emulator.Load(Sum.Replace("WAIT", "", StringComparison.Ordinal), "total"));

        Assert.Equal("PTX: the module is for sm_90, but the device is sm_80. Compile it for sm_80 or for something older.", e.Message);
    }

    private static (LaunchReport Report, uint[] Y) Run(string text, string entry, int blocks, int threads, uint[] y, GpuDim? cluster = null, int seed = 0)
    {
        using EmulatedMemory memory = new();
        PtxEmulator emulator = new(memory, new EmulatorOptions { Threads = blocks == 100 ? 2 : 1, Seed = seed });
        ulong x = memory.Allocate(1024).Address, output = memory.Allocate(y.Length * 4).Address;
        memory.Write(x, new byte[1024]);
        LoadedProgram program = emulator.Load(text, entry);
        LaunchReport report = emulator.Launch(program, blocks, threads, [BitConverter.GetBytes(x), BitConverter.GetBytes(output)], 0, cluster);
        byte[] bytes = new byte[y.Length * 4];
        Assert.True(memory.Read(output, bytes).Count == 0 || report.Reports.Length > 0);
        Buffer.BlockCopy(bytes, 0, y, 0, bytes.Length);
        return (report, y);
    }
}
