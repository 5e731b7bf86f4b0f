using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>Programmatic dependent launch: what a kernel does before it waits for its predecessor runs before that one.</summary>
public class EarlyStartTests
{
    private const int Threads = 64, Blocks = 50;   // more blocks than start early

    // out[i] = in[i] + value, with the wait before, between or behind, or nowhere
    private static GpuKernel Kernel(string entry, string beforeLoad, string beforeStore = "", string atEnd = "") => GpuKernel.FromPtx($$"""
        .version 7.8
        .target sm_90
        .address_size 64
        .visible .entry {{entry}}(.param .u64 in, .param .u64 out, .param .u32 value)
        {
            .reg .b32 %r<8>;
            .reg .b64 %rd<8>;
            ld.param.u64 %rd1, [in];
            ld.param.u64 %rd2, [out];
            ld.param.u32 %r1, [value];
            mov.u32 %r2, %ctaid.x;
            mov.u32 %r3, %ntid.x;
            mov.u32 %r4, %tid.x;
            mad.lo.s32 %r5, %r2, %r3, %r4;
            mul.wide.u32 %rd3, %r5, 4;
            add.s64 %rd4, %rd1, %rd3;
            add.s64 %rd5, %rd2, %rd3;
            {{beforeLoad}}
            ld.global.u32 %r6, [%rd4];
            add.s32 %r7, %r6, %r1;
            {{beforeStore}}
            st.global.u32 [%rd5], %r7;
            {{atEnd}}
            ret;
        }

        """, entry, Threads) with { StartsEarly = true };

    private const string Wait = "griddepcontrol.wait;", Trigger = "griddepcontrol.launch_dependents;";

    private static readonly GpuKernel First = Kernel("first", Trigger + Wait);

    // Runs kernels in a row: the k-th adds 10^k to what is in buffer from[k] and writes it to buffer to[k].
    private static (int[][] Buffers, LaunchReport[] Reports) Run(EmulatorOptions options, params (GpuKernel Kernel, int From, int To)[] launches)
    {
        using EmulatedGpu gpu = new(options);
        using GpuStream stream = gpu.CreateStream();
        DeviceBuffer[] buffers = [.. Enumerable.Range(0, 4).Select(_ => gpu.Allocate(Threads * Blocks * sizeof(int)))];
        foreach (DeviceBuffer buffer in buffers)
            gpu.Fill(buffer, 0, stream);
        int value = 1;
        foreach ((GpuKernel kernel, int from, int to) in launches)
        {
            GpuFunction function = gpu.Load(kernel);
            gpu.Launch(function, Blocks, new KernelArguments().Buffer(buffers[from]).Buffer(buffers[to]).I32(value), stream);
            value *= 10;
        }

        gpu.Synchronize(stream);
        int[][] contents = [.. buffers.Select(_ => new int[Threads * Blocks])];
        for (int i = 0; i < buffers.Length; i++)
            gpu.Copy(buffers[i], MemoryMarshal.AsBytes(contents[i].AsSpan()));
        return (contents, [.. gpu.Reports]);
    }

    private static EmulatorOptions Seed(int seed) => new() { Seed = seed };

    [Theory, InlineData(1), InlineData(2)]
    public void Kernels_that_wait_before_they_touch_anything_give_the_sums_and_no_report(int seed)
    {
        (int[][] buffers, LaunchReport[] reports) = Run(
            Seed(seed), (First, 0, 1), (Kernel("second", Trigger + Wait), 1, 2), (Kernel("third", Wait), 2, 3), (First, 3, 0));

        Assert.All(buffers[0], v => Assert.Equal(1111, v));
        Assert.All(buffers[3], v => Assert.Equal(111, v));
        Assert.All(reports, r => Assert.Empty(r.Reports));
        Assert.Equal(4, reports.Length);
    }

    [Fact]
    public void What_the_predecessor_leaves_alone_may_be_read_and_written_early()
    {
        // the second reads buffer 2 and writes buffer 3 early; the first uses 0 and 1
        (int[][] buffers, LaunchReport[] reports) = Run(Seed(1), (First, 0, 1), (Kernel("second", "", "", Wait), 2, 3));

        Assert.All(buffers[1], v => Assert.Equal(1, v));
        Assert.All(buffers[3], v => Assert.Equal(10, v));
        Assert.All(reports, r => Assert.Empty(r.Reports));
    }

    [Fact]
    public void A_read_of_the_predecessor_s_output_before_the_wait_sees_old_values_and_is_reported()
    {
        (int[][] buffers, LaunchReport[] reports) = Run(Seed(1), (First, 0, 1), (Kernel("second", "", Wait), 1, 2));

        Finding finding = Assert.Single(reports[1].Reports);
        Assert.Equal((FindingKind.EarlyAccess, "second", "ld.global.u32 %r6, [%rd4];".TrimEnd(';')), (finding.Kind, finding.Kernel, finding.Instruction.TrimEnd(';')));
        Assert.Contains(" is read before griddepcontrol.wait, but the kernel before it in the stream, first, writes it at line 22 ", finding.Message, StringComparison.Ordinal);
        Assert.Contains(10, buffers[2]);   // without the first kernel's 1
        Assert.Empty(reports[0].Reports);
    }

    [Fact]
    public void A_write_before_the_wait_to_what_the_predecessor_reads_is_reported()
    {
        (_, LaunchReport[] reports) = Run(Seed(1), (First, 0, 1), (Kernel("second", "", "", Wait), 2, 0));

        Finding finding = Assert.Single(reports[1].Reports);
        Assert.Equal(FindingKind.EarlyAccess, finding.Kind);
        Assert.StartsWith("st.global.u32", finding.Instruction, StringComparison.Ordinal);
        Assert.Contains("is written before griddepcontrol.wait, but the kernel before it in the stream, first, reads it", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_before_the_wait_to_what_the_predecessor_writes_is_reported_and_lost()
    {
        (int[][] buffers, LaunchReport[] reports) = Run(Seed(1), (First, 0, 1), (Kernel("second", "", "", Wait), 2, 1));

        Assert.Contains("is written before griddepcontrol.wait, but the kernel before it in the stream, first, writes it",
            Assert.Single(reports[1].Reports).Message, StringComparison.Ordinal);
        Assert.Contains(1, buffers[1]);
    }

    [Fact]
    public void A_kernel_that_never_waits_is_told_so()
    {
        (_, LaunchReport[] reports) = Run(Seed(1), (First, 0, 1), (Kernel("second", ""), 1, 2));

        Assert.Contains("is read before griddepcontrol.wait, which the kernel lacks, but the kernel before it in the stream, first, writes it",
            Assert.Single(reports[1].Reports).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Behind_a_kernel_that_never_waits_even_a_wait_does_not_cover_the_one_before()
    {
        // the second touches nothing of the first, but does not wait for it; so the third, which waits, may still be early
        (_, LaunchReport[] reports) = Run(Seed(1), (First, 0, 1), (Kernel("second", ""), 2, 3), (Kernel("third", Wait), 1, 2));

        Assert.Empty(reports[1].Reports);
        Finding finding = Assert.Single(reports[2].Reports);
        Assert.Equal(("third", FindingKind.EarlyAccess), (finding.Kernel, finding.Kind));
        Assert.Contains("first, writes it", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_launch_without_the_attribute_starts_when_its_predecessor_has_ended()
    {
        (int[][] buffers, LaunchReport[] reports) = Run(Seed(1), (First, 0, 1), (Kernel("second", "", Wait) with { StartsEarly = false }, 1, 2));

        Assert.All(buffers[2], v => Assert.Equal(11, v));
        Assert.All(reports, r => Assert.Empty(r.Reports));
    }

    [Fact]
    public void A_wait_of_one_thread_holds_the_others_at_the_block_s_barrier()
    {
        const string OneWaits = "setp.ne.u32 %p1, %r4, 0; @%p1 bra SKIP; griddepcontrol.wait; SKIP: bar.sync 0;";
        GpuKernel kernel = Kernel("second", ".reg .pred %p<2>; " + OneWaits);

        (int[][] buffers, LaunchReport[] reports) = Run(Seed(3), (First, 0, 1), (kernel, 1, 2));

        Assert.All(buffers[2], v => Assert.Equal(11, v));
        Assert.All(reports, r => Assert.Empty(r.Reports));
    }

    [Fact]
    public void A_recording_keeps_early_starts_within_itself()
    {
        using EmulatedGpu gpu = new();
        using GpuStream stream = gpu.CreateStream();
        using DeviceBuffer a = gpu.Allocate(Threads * 4), b = gpu.Allocate(Threads * 4);
        using GpuFunction early = gpu.Load(Kernel("early", "", Wait));
        gpu.Fill(a, 0, stream);

        gpu.BeginCapture(stream);
        gpu.Launch(early, 1, new KernelArguments().Buffer(a).Buffer(b).I32(1), stream);
        gpu.Launch(early, 1, new KernelArguments().Buffer(b).Buffer(a).I32(1), stream);
        using GpuGraph graph = gpu.EndCapture(stream);
        gpu.Launch(graph, stream);
        gpu.Launch(graph, stream);
        gpu.Synchronize(stream);

        Assert.Equal([false, true, false, true], gpu.Reports.Select(r => r.Reports.Any(f => f.Kind == FindingKind.EarlyAccess)));
    }
}
