using System.Buffers.Binary;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Cuda;

namespace Puna.Kernels.Tests.Gpu.Cuda;

public sealed class CudaLaunchTests : IDisposable
{
    private const string Entry = ".visible .entry mixed(.param .align 64 .b8 map[128], .param .u64 p, .param .f32 x, .param .align 4 .b8 s[12])";

    private readonly FakeDriver _driver = new();

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void Shape_stream_attributes_and_every_byte_of_the_arguments_arrive()
    {
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0);
        using GpuStream stream = gpu.CreateStream();
        GpuKernel kernel = GpuKernel.FromPtx(Entry + "{ ret; }", "mixed", new GpuDim(32, 4, 2)) with
        {
            DynamicSharedBytes = 1000,
            Cluster = new GpuDim(2, 1, 3),
            StartsEarly = true,
        };
        using GpuFunction mixed = gpu.Load(kernel);
        byte[] map = [.. Enumerable.Range(0, 128).Select(i => (byte)i)];

        gpu.Launch(mixed, new GpuDim(6, 70_000, 3), new KernelArguments().Bytes(map).Pointer(0x1122334455667788).F32(1.5f).Bytes(map.AsSpan(0, 12)), stream);

        FakeLaunch launch = Assert.Single(_driver.Launches);
        Assert.Equal(("mixed", (6u, 70_000u, 3u), (32u, 4u, 2u), 1000u), (launch.Entry, launch.Grid, launch.Block, launch.SharedBytes));
        Assert.Equal(["4: 2 1 3", "6: 1"], launch.Attributes);
        Assert.Equal(map, launch.Parameters[0]);
        Assert.Equal(0x1122334455667788, BinaryPrimitives.ReadInt64LittleEndian(launch.Parameters[1]));
        Assert.Equal(1.5f, BinaryPrimitives.ReadSingleLittleEndian(launch.Parameters[2]));
        Assert.Equal(map[..12], launch.Parameters[3]);
        Assert.Empty(_driver.Complaints);
    }

    [Fact]
    public void A_device_before_hopper_runs_an_early_starter_after_its_predecessor()
    {
        using FakeDriver ampere = new() { Compute = 80 };
        using CudaGpu gpu = CudaGpu.Open(ampere.Exports, 0);
        using GpuStream stream = gpu.CreateStream();
        using GpuFunction add = gpu.Load(ContractKernels.Add with { StartsEarly = true });
        using DeviceBuffer y = gpu.Allocate(4);

        gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream);

        Assert.Empty(Assert.Single(ampere.Launches).Attributes);
    }

    [Fact]
    public void Arguments_of_other_sizes_are_refused_with_all_sizes()
    {
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0);
        using GpuStream stream = gpu.CreateStream();
        using GpuFunction mixed = gpu.Load(GpuKernel.FromPtx(Entry + "{ ret; }", "mixed", 32));

        ArgumentException error = Assert.Throws<ArgumentException>(() => gpu.Launch(mixed, 1, new KernelArguments().Pointer(1).F32(1), stream));

        Assert.Equal("CudaGpu: 'mixed' was given 2 arguments of [8, 4] bytes, but it has 4 parameters of [128, 8, 4, 12] bytes.", error.Message);
        Assert.Empty(_driver.Launches);
    }

    [Fact]
    public void More_shared_memory_than_48_KiB_is_asked_for_and_more_than_there_is_refused()
    {
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0);

        using GpuFunction small = gpu.Load(ContractKernels.Add with { DynamicSharedBytes = 48_000 });
        using GpuFunction large = gpu.Load(ContractKernels.Add with { DynamicSharedBytes = 231_936, Cluster = new GpuDim(16) });
        DeviceException error = Assert.Throws<DeviceException>(() => gpu.Load(ContractKernels.Add with { DynamicSharedBytes = 231_937 }));

        Assert.Equal([("add_value", 8, 231_936), ("add_value", 14, 1)], _driver.AttributesSet);
        Assert.Equal(
            "CudaGpu: 'add_value' needs 232449 bytes of shared memory per block (512 static + 231937 dynamic), "
            + "but Imagined H100 has 232448. Use smaller tiles or fewer stages.", error.Message);
    }

    [Fact]
    public void A_launch_and_a_replay_allocate_nothing()
    {
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0);
        using GpuStream stream = gpu.CreateStream();
        using GpuFunction mixed = gpu.Load(
            GpuKernel.FromPtx(Entry + "{ ret; }", "mixed", 32) with { Cluster = new GpuDim(2), StartsEarly = true });
        KernelArguments arguments = new KernelArguments().Bytes(new byte[128]).Pointer(1).F32(1).Bytes(new byte[12]);

        _driver.IsQuiet = true;
        gpu.Launch(mixed, 1, arguments, stream);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            gpu.Launch(mixed, 1, arguments, stream);
        long after = GC.GetAllocatedBytesForCurrentThread();
        _driver.IsQuiet = false;

        Assert.Equal(before, after);
    }

    [Fact]
    public void A_tensor_map_is_encoded_with_the_driver_s_numbers()
    {
        using CudaGpu gpu = CudaGpu.Open(_driver.Exports, 0);

        TensorMap map = gpu.Encode(
            new TensorMapLayout(NumberFormat.BF16, [4096, 300, 7], [8192, 2_457_600], [64, 128, 1], SwizzleMode.Bytes128) { Address = 0xABC0 });

        Assert.Equal(Enumerable.Repeat((byte)1, 128), map.Bytes);
        Assert.Equal(
            "type 9 address abc0 extents 4096 300 7 strides 8192 2457600 box 64 128 1 steps 1 1 1 interleave 0 swizzle 3 promotion 2 fill 0",
            Assert.Single(_driver.TensorMaps));
    }
}
