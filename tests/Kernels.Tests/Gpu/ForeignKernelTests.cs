using System.Text;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Cuda;
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
}
