using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Cuda;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Tests.Gpu.Cuda;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>One of the GPUs that the contract is checked on, and what it stands on.</summary>
internal sealed class ContractGpu : IDisposable
{
    private readonly FakeDriver? _driver;

    private ContractGpu(IGpu gpu, FakeDriver? driver = null) => (Gpu, _driver) = (gpu, driver);

    /// <summary>The names of all of them.</summary>
    public static TheoryData<string> Names => ["driver", "emulator", "device"];

    public IGpu Gpu { get; }

    /// <summary>Opens one, or skips the test where there is none.</summary>
    public static ContractGpu Open(string name)
    {
        switch (name)
        {
            case "driver":
                FakeDriver driver = new();
                ContractKernels.Teach(driver);
                return new ContractGpu(CudaGpu.Open(driver.Exports, 0), driver);
            case "emulator":
                return new ContractGpu(new EmulatedGpu());
            case "device":
                bool isThere = CudaGpu.TryOpen(0, out CudaGpu? device, out string reason);
                Assert.SkipUnless(isThere, $"skipped: no CUDA device ({reason})");
                return new ContractGpu(device!);
            default:
                throw new ArgumentException($"There is no GPU '{name}'.");
        }
    }

    /// <summary>A buffer of numbers.</summary>
    public DeviceBuffer Numbers(params int[] values)
    {
        DeviceBuffer buffer = Gpu.Allocate(values.Length * sizeof(int));
        Gpu.Copy(MemoryMarshal.AsBytes<int>(values), buffer);
        return buffer;
    }

    /// <summary>The numbers in a buffer.</summary>
    public int[] Read(DeviceBuffer buffer)
    {
        int[] values = new int[buffer.Bytes / sizeof(int)];
        Gpu.Copy(buffer, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public void Dispose()
    {
        Gpu.Dispose();
        if (_driver is null)
            return;
        (string[] complaints, string outstanding) = ([.. _driver.Complaints], _driver.Outstanding);
        _driver.Dispose();
        Assert.Empty(complaints);
        Assert.Equal("", outstanding);
    }
}
