using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Cuda;

namespace Puna.Kernels.Tests.Gpu.Cuda;

public sealed class CudaPoolTests : IDisposable
{
    private readonly FakeDriver _driver = new();
    private readonly CudaGpu _gpu;

    public CudaPoolTests() => _gpu = CudaGpu.Open(_driver.Exports, 0, new CudaOptions { ChunkBytes = 4 << 20 });

    public void Dispose()
    {
        _gpu.Dispose();
        _driver.Dispose();
    }

    private int ChunksTaken => _driver.Calls.Count(c => c == "cuMemAlloc");

    private int Waits => _driver.Calls.Count(c => c == "cuStreamSynchronize");

    [Fact]
    public void Small_buffers_share_a_chunk_and_freeing_one_does_not_wait_for_the_device()
    {
        DeviceBuffer[] buffers = [.. Enumerable.Range(0, 100).Select(_ => _gpu.Allocate(1000))];
        foreach (DeviceBuffer buffer in buffers)
            buffer.Dispose();

        Assert.Equal((1, 0), (ChunksTaken, Waits));
        Assert.Equal(4 << 20, _driver.DeviceBytes);
    }

    [Fact]
    public void A_freed_piece_is_used_again_only_after_a_wait()
    {
        DeviceBuffer first = _gpu.Allocate(3 << 20);
        ulong address = first.Address;
        first.Dispose();
        using DeviceBuffer small = _gpu.Allocate(1 << 20);
        int before = Waits;

        using DeviceBuffer second = _gpu.Allocate(3 << 20);

        Assert.Equal(address, second.Address);
        Assert.Equal((0, 1, 1), (before, Waits, ChunksTaken));
    }

    [Fact]
    public void A_large_buffer_has_a_chunk_of_its_own_that_goes_with_it()
    {
        DeviceBuffer large = _gpu.Allocate((9 << 20) + 5);
        long during = _driver.DeviceBytes;
        large.Dispose();

        Assert.Equal(10 << 20, during);
        Assert.Equal(0, _driver.DeviceBytes);
    }

    [Fact]
    public void Chunks_without_a_buffer_are_returned_when_memory_is_short()
    {
        DeviceBuffer[] small = [.. Enumerable.Range(0, 8).Select(_ => _gpu.Allocate(4 << 20))];
        foreach (DeviceBuffer buffer in small)
            buffer.Dispose();

        using DeviceBuffer large = _gpu.Allocate(60 << 20);

        Assert.Equal(60 << 20, _driver.DeviceBytes);
    }

    [Fact]
    public void Without_chunks_each_buffer_is_the_driver_s_own_and_of_its_exact_size()
    {
        using FakeDriver driver = new();
        using CudaGpu gpu = CudaGpu.Open(driver.Exports, 0, new CudaOptions { ChunkBytes = 0 });
        DeviceBuffer one = gpu.Allocate(1001), two = gpu.Allocate(7);
        long during = driver.DeviceBytes;
        one.Dispose();

        Assert.Equal(1008, during);
        Assert.Equal(7, driver.DeviceBytes);
        Assert.Equal(7, two.Bytes);
    }

    [Fact]
    public void Too_much_is_refused_with_what_there_is()
    {
        using DeviceBuffer some = _gpu.Allocate(10);

        OutOfCapacityException error = Assert.Throws<OutOfCapacityException>(() => _gpu.Allocate(62 << 20));

        Assert.Equal(
            "CudaGpu: cuMemAlloc of 65,011,712 bytes (62,914,560 of 67,108,864 are free on Imagined H100) gave 2 CUDA_ERROR_OUT_OF_MEMORY "
            + "(out of memory), but 0 was expected. Use a smaller model or cache, or free memory of the device that other programs hold.",
            error.Message);
    }

    [Fact]
    public void Pieces_of_any_order_never_overlap_and_all_come_back()
    {
        Random random = new(5);
        List<DeviceBuffer> live = [];
        for (int i = 0; i < 3000; i++)
        {
            if (live.Count < 40 && random.Next(5) < 3)
                live.Add(_gpu.Allocate(random.Next(1, 200_000)));
            else if (live.Count > 0)
            {
                int which = random.Next(live.Count);
                live[which].Dispose();
                live.RemoveAt(which);
            }

            DeviceBuffer[] sorted = [.. live.OrderBy(b => b.Address)];
            for (int j = 1; j < sorted.Length; j++)
                Assert.True(sorted[j - 1].Address + (ulong)sorted[j - 1].Bytes <= sorted[j].Address, $"overlap after step {i}");
        }

        live.ForEach(b => b.Dispose());
        using DeviceBuffer whole = _gpu.Allocate(4 << 20);
        Assert.InRange(ChunksTaken, 1, 5);   // 40 pieces of at most 200 kB are 8 MB
    }
}
