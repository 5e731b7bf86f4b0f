using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Cuda;

namespace Puna.Kernels.Tests.Gpu.Cuda;

/// <summary>A session that uses everything a GPU has once.</summary>
internal static class CudaScenario
{
    /// <summary>Opens a driver's device, uses it, closes it.</summary>
    /// <returns>What went wrong, or null where the right numbers came out.</returns>
    public static Exception? Run(FakeDriver driver, CudaOptions options)
    {
        CudaGpu? gpu = null;
        try
        {
            gpu = CudaGpu.Open(driver.Exports, 0, options);
            Use(gpu);
            gpu.Dispose();
            return null;
        }
        catch (Exception e) when (e is DeviceException or OutOfCapacityException)
        {
            return e;
        }
        finally
        {
            // once is no matter, and after a failure this is the second try
            gpu?.Dispose();
        }
    }

    private static void Use(CudaGpu gpu)
    {
        // more than a multiprocessor gives unasked, and more blocks than every cluster may have
        GpuKernel large = ContractKernels.Add with { DynamicSharedBytes = 100_000, Cluster = new GpuDim(16), StartsEarly = true };
        using GpuFunction add = gpu.Load(large), multiply = gpu.Load(ContractKernels.Multiply);
        using GpuStream stream = gpu.CreateStream();
        using GpuEvent start = gpu.CreateEvent(), finish = gpu.CreateEvent();
        using DeviceBuffer y = gpu.Allocate(8), most = gpu.Allocate(3 << 20);
        using PinnedBuffer pinned = gpu.AllocatePinned(8);

        MemoryMarshal.Cast<byte, int>(pinned.Span(0, 8))[0] = 1;
        gpu.Record(start, stream);
        gpu.Fill(most, 7, stream);
        gpu.Fill(y, 0, stream);
        gpu.CopyAsync(pinned, y, 4, stream);
        gpu.Launch(add, 16, ContractKernels.Arguments(y, 2), stream);   // 3, 2
        gpu.Record(finish, stream);
        Assert.True(gpu.Elapsed(start, finish) > TimeSpan.Zero);

        gpu.BeginCapture(stream);
        gpu.Launch(multiply, 1, ContractKernels.Arguments(y, 3), stream);
        using (GpuGraph graph = gpu.EndCapture(stream))
        {
            gpu.Launch(graph, stream);   // 9, 6
            gpu.BeginCapture(stream);
            gpu.Launch(multiply, 1, ContractKernels.Arguments(y, 5), stream);
            Assert.True(gpu.Update(graph, stream));
            gpu.Launch(graph, stream);   // 45, 30
            gpu.Synchronize(stream);
        }

        gpu.Encode(new TensorMapLayout(NumberFormat.U8, [256], [], [16], SwizzleMode.None) { Address = most.Address });
        gpu.CopyAsync(y, pinned, 8, stream);
        gpu.Synchronize(stream);
        byte[] sent = [1, 0, 0, 0], back = new byte[8];
        gpu.Copy(sent, y, offset: 4);
        gpu.Copy(y, back);
        Assert.Equal([45, 0, 0, 0, 1, 0, 0, 0], back);
        Assert.Equal([45, 0, 0, 0, 30, 0, 0, 0], pinned.Span(0, 8).ToArray());
    }
}
