using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Runs a call in the emulator, for tests that look at more than its expected outputs.</summary>
internal static class EmulatedCalls
{
    /// <summary>The bytes of a buffer behind a launch that must not be reported.</summary>
    public static byte[] Run(KernelCall call, string buffer, GpuArch arch)
    {
        byte[] bytes = [];
        using EmulatedGpu gpu = new(new EmulatorOptions { Arch = arch, ShuffleSums = true });
        KernelRunner.Run(gpu, call, after: launch => bytes = launch.Read(buffer));
        Assert.Empty(gpu.Reports.SelectMany(r => r.Reports));
        return bytes;
    }

    /// <summary>The same as numbers.</summary>
    public static float[] RunF32(KernelCall call, string buffer, GpuArch arch)
    {
        byte[] bytes = Run(call, buffer, arch);
        return [.. Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i))];
    }
}
