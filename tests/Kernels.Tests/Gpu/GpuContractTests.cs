using Puna.Kernels.Gpu;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>What holds for every GPU: memory, copies, launches, refusals.</summary>
public class GpuContractTests
{
    public static TheoryData<string> Gpus => ContractGpu.Names;

    [Theory, MemberData(nameof(Gpus))]
    public void Bytes_copied_to_a_buffer_come_back_at_any_offset(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        byte[] sent = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 7))], back = new byte[600];
        using DeviceBuffer buffer = under.Gpu.Allocate(1000);

        under.Gpu.Copy(sent, buffer);
        under.Gpu.Copy([1, 2, 3], buffer, offset: 501);
        under.Gpu.Copy(buffer, back, offset: 400);

        byte[] expected = sent[400..];
        (expected[101], expected[102], expected[103]) = (1, 2, 3);
        Assert.Equal(expected, back);
        Assert.Equal(0UL, buffer.Address % 256);
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Buffers_do_not_overlap_and_a_freed_one_is_used_again(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        DeviceBuffer[] buffers = [.. Enumerable.Range(0, 20).Select(i => under.Numbers([.. Enumerable.Repeat(i, 1 + (i * 37))]))];

        for (int i = 0; i < buffers.Length; i += 2)
            buffers[i].Dispose();
        DeviceBuffer[] others = [.. Enumerable.Range(0, 10).Select(i => under.Numbers([.. Enumerable.Repeat(100 + i, 50)]))];

        for (int i = 1; i < buffers.Length; i += 2)
            Assert.All(under.Read(buffers[i]), v => Assert.Equal(i, v));
        for (int i = 0; i < others.Length; i++)
            Assert.All(under.Read(others[i]), v => Assert.Equal(100 + i, v));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Work_of_a_stream_runs_in_the_order_in_which_it_was_queued(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream stream = under.Gpu.CreateStream();
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add), multiply = under.Gpu.Load(ContractKernels.Multiply);
        using DeviceBuffer y = under.Numbers(new int[100]);
        using PinnedBuffer pinned = under.Gpu.AllocatePinned(400);

        under.Gpu.Fill(y, 0, stream);
        under.Gpu.Launch(add, ContractKernels.Grid(y), ContractKernels.Arguments(y, 5), stream);
        under.Gpu.Launch(multiply, ContractKernels.Grid(y), ContractKernels.Arguments(y, 3), stream);
        under.Gpu.CopyAsync(y, pinned, 400, stream);
        under.Gpu.Launch(add, ContractKernels.Grid(y), ContractKernels.Arguments(y, 1), stream);
        under.Gpu.Synchronize(stream);

        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal(15, BitConverter.ToInt32(pinned.Span(4 * i, 4))));
        Assert.All(under.Read(y), v => Assert.Equal(16, v));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void A_copy_waits_for_the_work_of_all_streams(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream one = under.Gpu.CreateStream(), two = under.Gpu.CreateStream();
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add);
        using DeviceBuffer a = under.Numbers(1, 2, 3), b = under.Numbers(10, 20, 30);
        using PinnedBuffer pinned = under.Gpu.AllocatePinned(12);
        pinned.Span(0, 12).Clear();

        under.Gpu.Launch(add, 1, ContractKernels.Arguments(a, 1), one);
        under.Gpu.CopyAsync(pinned, b, 8, two);

        Assert.Equal([2, 3, 4], under.Read(a));
        Assert.Equal([0, 0, 30], under.Read(b));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void A_buffer_returned_with_work_in_the_queue_is_still_there_for_it(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream stream = under.Gpu.CreateStream();
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add);
        using PinnedBuffer pinned = under.Gpu.AllocatePinned(8);
        DeviceBuffer y = under.Numbers(1, 2);

        under.Gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream);
        under.Gpu.CopyAsync(y, pinned, 8, stream);
        y.Dispose();
        using DeviceBuffer other = under.Numbers(7, 7);
        under.Gpu.Synchronize(stream);

        Assert.Equal([2, 0, 0, 0, 3, 0, 0, 0], pinned.Span(0, 8).ToArray());
    }

    [Theory, MemberData(nameof(Gpus))]
    public void A_grid_without_blocks_queues_nothing(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream stream = under.Gpu.CreateStream();
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add);
        using DeviceBuffer y = under.Numbers(4);

        under.Gpu.Launch(add, 0, ContractKernels.Arguments(y, 1), stream);
        under.Gpu.Launch(add, new GpuDim(3, 0), ContractKernels.Arguments(y, 1), stream);

        Assert.Equal([4], under.Read(y));
        Assert.Throws<ArgumentOutOfRangeException>(() => under.Gpu.Launch(add, -1, ContractKernels.Arguments(y, 1), stream));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Time_passes_from_one_event_to_a_later_one(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream stream = under.Gpu.CreateStream();
        using GpuEvent start = under.Gpu.CreateEvent(), finish = under.Gpu.CreateEvent();
        using DeviceBuffer y = under.Gpu.Allocate(1 << 20);

        under.Gpu.Record(start, stream);
        under.Gpu.Fill(y, 1, stream);
        under.Gpu.Record(finish, stream);

        Assert.InRange(under.Gpu.Elapsed(start, finish), TimeSpan.FromTicks(1), TimeSpan.FromSeconds(10));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Arguments_that_do_not_fit_the_parameters_are_refused(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream stream = under.Gpu.CreateStream();
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add);
        using DeviceBuffer y = under.Numbers(4);

        Assert.Throws<ArgumentException>(() => under.Gpu.Launch(add, 1, new KernelArguments().Buffer(y).I32(1), stream));
        Assert.Throws<ArgumentException>(() => under.Gpu.Launch(add, 1, new KernelArguments().Buffer(y).I32(1).U64(1), stream));
        Assert.Equal([4], under.Read(y));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Code_that_is_none_and_an_entry_that_is_not_there_are_refused_by_name(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        GpuKernel nonsense = GpuKernel.FromPtx("nonsense", "nonsense_entry", 32);
        GpuKernel missing = GpuKernel.FromPtx(ContractKernels.Add.Ptx!, "missing_entry", 32);

        Assert.Contains("nonsense_entry", Assert.Throws<DeviceException>(() => under.Gpu.Load(nonsense)).Message, StringComparison.Ordinal);
        Assert.Contains("missing_entry", Assert.Throws<DeviceException>(() => under.Gpu.Load(missing)).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Text_that_is_not_ascii_is_refused(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        GpuKernel kernel = GpuKernel.FromPtx("// grüße\n" + ContractKernels.Add.Ptx, "add_value", 32);

        ArgumentException error = Assert.Throws<ArgumentException>(() => under.Gpu.Load(kernel));

        Assert.Contains("U+00FC at 5", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Gpus))]
    public void More_memory_than_there_is_is_refused_and_less_is_given_afterwards(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);

        Assert.Throws<OutOfCapacityException>(() => under.Gpu.Allocate(under.Gpu.Facts.MemoryBytes + 1));
        using DeviceBuffer buffer = under.Gpu.Allocate(1000);

        Assert.Equal(1000, buffer.Bytes);
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Owners_may_be_returned_twice_and_after_the_gpu_and_are_of_no_use_then(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        GpuStream stream = under.Gpu.CreateStream();
        DeviceBuffer buffer = under.Gpu.Allocate(4);
        PinnedBuffer pinned = under.Gpu.AllocatePinned(4);
        GpuEvent point = under.Gpu.CreateEvent(), late = under.Gpu.CreateEvent();
        GpuFunction add = under.Gpu.Load(ContractKernels.Add);

        IDisposable[] owners = [buffer, pinned, point, add, stream, buffer, pinned, point, add, stream];
        foreach (IDisposable owner in owners)
            owner.Dispose();
        under.Gpu.Dispose();
        late.Dispose();

        Assert.Throws<ObjectDisposedException>(() => buffer.Address);
        Assert.Throws<ObjectDisposedException>(() => pinned.Span(0, 1));
        Assert.Throws<ObjectDisposedException>(() => point.Handle);
        Assert.Throws<ObjectDisposedException>(() => under.Gpu.CreateStream());
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Copies_beyond_a_buffer_s_end_are_refused(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream stream = under.Gpu.CreateStream();
        using DeviceBuffer buffer = under.Gpu.Allocate(10);
        using PinnedBuffer pinned = under.Gpu.AllocatePinned(8);

        Assert.Throws<ArgumentOutOfRangeException>(() => under.Gpu.Copy(new byte[3], buffer, offset: 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => under.Gpu.Copy(buffer, new byte[3], offset: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => under.Gpu.CopyAsync(pinned, buffer, 9, stream));
        Assert.Throws<ArgumentOutOfRangeException>(() => under.Gpu.CopyAsync(buffer, pinned, 9, stream));
        Assert.Throws<ArgumentOutOfRangeException>(() => pinned.Span(long.MaxValue, 1));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void A_tensor_map_has_128_bytes_and_a_layout_that_no_copy_can_have_is_refused(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using DeviceBuffer buffer = under.Gpu.Allocate(64 * 128 * 2);
        TensorMapLayout layout = new(NumberFormat.BF16, [128, 64], [256], [64, 8], SwizzleMode.Bytes128) { Address = buffer.Address };

        Assert.Equal(128, under.Gpu.Encode(layout).Bytes.Length);
        ArgumentException error = Assert.Throws<ArgumentException>(() => under.Gpu.Encode(layout with { StrideBytes = [250] }));
        Assert.StartsWith(
            "TensorMap: dimension 1 has a stride of 250 bytes, but multiples of 16 below 2^40 are possible.", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => under.Gpu.Encode(layout with { Box = [128, 8] }));
        Assert.Throws<ArgumentException>(() => under.Gpu.Encode(layout with { Box = [64, 257] }));
        Assert.Throws<ArgumentException>(() => under.Gpu.Encode(layout with { Extents = [128] }));
        Assert.Throws<ArgumentException>(() => under.Gpu.Encode(layout with { Address = buffer.Address + 8 }));
    }
}
