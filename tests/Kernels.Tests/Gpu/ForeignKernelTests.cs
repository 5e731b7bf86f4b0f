using System.Runtime.InteropServices;
using System.Text;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Cuda;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Tests.Gpu.Cuda;
using Puna.TestKit;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Text that other compilers wrote goes the same way as this library's own.</summary>
public class ForeignKernelTests
{
    [Theory]
    [InlineData("nvcc-saxpy-sm80", "saxpy", 128, new[] { 8, 8, 4, 4 })]
    [InlineData("triton-add-sm80", "add_kernel", 128, new[] { 8, 8, 8, 4, 8, 8 })]
    public void Text_of_another_compiler_reaches_the_driver_byte_for_byte(string name, string entry, int threads, int[] parameterBytes)
    {
        string ptx = File.ReadAllText(Goldens.Shared($"goldens/ptx/{name}.ptx"));
        using FakeDriver driver = new();
        using CudaGpu gpu = CudaGpu.Open(driver.Exports, 0);
        using GpuStream stream = gpu.CreateStream();
        KernelArguments arguments = new();
        foreach (int bytes in parameterBytes)
            arguments.Bytes([.. Enumerable.Repeat((byte)bytes, bytes)]);

        using GpuFunction function = gpu.Load(GpuKernel.FromPtx(ptx, entry, threads));
        gpu.Launch(function, 7, arguments, stream);

        Assert.Equal([.. Encoding.ASCII.GetBytes(ptx), 0], Assert.Single(driver.Images));
        FakeLaunch launch = Assert.Single(driver.Launches);
        Assert.Equal((entry, (7u, 1u, 1u), (128u, 1u, 1u)), (launch.Entry, launch.Grid, launch.Block));
        Assert.Equal(arguments.Values.Select(v => v.ToArray()), launch.Parameters);
        Assert.Empty(driver.Complaints);
    }

    [Theory, InlineData("nvcc-saxpy-sm80"), InlineData("nvcc-saxpy-sm90a")]
    public void Text_of_another_compiler_runs_in_the_emulator(string name)
    {
        string ptx = File.ReadAllText(Goldens.Shared($"goldens/ptx/{name}.ptx"));
        float[] x = [.. Enumerable.Range(0, 1000).Select(i => (float)i)], y = [.. x.Select(v => 2 * v)];
        using EmulatedGpu gpu = new(new EmulatorOptions { Arch = GpuArch.Sm90a });
        using GpuStream stream = gpu.CreateStream();
        using DeviceBuffer a = gpu.Allocate(4000), b = gpu.Allocate(4000);
        gpu.Copy(MemoryMarshal.AsBytes(x.AsSpan()), a);
        gpu.Copy(MemoryMarshal.AsBytes(y.AsSpan()), b);

        using GpuFunction saxpy = gpu.Load(GpuKernel.FromPtx(ptx, "saxpy", 128));
        gpu.Launch(saxpy, 3, new KernelArguments().Buffer(a).Buffer(b).F32(1.5f).U32(1000), stream);
        gpu.Copy(b, MemoryMarshal.AsBytes(y.AsSpan()));

        Assert.Equal(x.Select(v => 3.5f * v), y);
        Assert.Empty(Assert.Single(gpu.Reports).Reports);
    }

    [Fact]
    public void Text_of_triton_runs_in_the_emulator()
    {
        string ptx = File.ReadAllText(Goldens.Shared("goldens/ptx/triton-add-sm80.ptx"));
        float[] x = [.. Enumerable.Range(0, 1500).Select(i => (float)i)], y = new float[1500];
        using EmulatedGpu gpu = new(new EmulatorOptions { Arch = GpuArch.Sm80 });
        using GpuStream stream = gpu.CreateStream();
        using DeviceBuffer a = gpu.Allocate(6000), sum = gpu.Allocate(6000);
        gpu.Copy(MemoryMarshal.AsBytes(x.AsSpan()), a);

        using GpuFunction add = gpu.Load(GpuKernel.FromPtx(ptx, "add_kernel", 128));
        gpu.Launch(add, 2, new KernelArguments().Buffer(a).Buffer(a).Buffer(sum).I32(1500).Pointer(0).Pointer(0), stream);
        gpu.Copy(sum, MemoryMarshal.AsBytes(y.AsSpan()));

        Assert.Equal(x.Select(v => 2 * v), y);
        Assert.Empty(Assert.Single(gpu.Reports).Reports);
    }
}
