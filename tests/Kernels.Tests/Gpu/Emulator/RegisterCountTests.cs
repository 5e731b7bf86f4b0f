using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>Warps that pass registers on: a producer group and two consumer groups of 128 threads.</summary>
public sealed class RegisterCountTests
{
    [Theory]
    [InlineData(40, 232, 0)]   // 40 · 128 + 232 · 256 = 64,512
    [InlineData(24, 240, 0)]   // 64,512 too
    [InlineData(40, 240, 1)]   // 66,560
    public void What_the_groups_of_a_block_ask_for_must_fit_into_a_multiprocessor(int producer, int consumer, int reports)
    {
        GpuKernel kernel = PtxBuilder.Kernel("roles", GpuArch.Sm90a, threads: 384, k =>
        {
            Global<U32> y = k.PointerParam<U32>("y");
            k.If(k.ThreadX < 128, () => k.GiveRegisters(producer)).Else(() => k.TakeRegisters(consumer));
            y[k.ThreadX] = k.ThreadX;
        });
        using var gpu = new EmulatedGpu(new EmulatorOptions { Arch = GpuArch.Sm90a });

        gpu.Run(kernel, 1, new uint[384]);

        Assert.Equal(reports, gpu.Reports[0].Reports.Count(r => r.Kind == FindingKind.Misuse));
        Assert.All(gpu.Reports[0].Reports.Where(r => r.Kind == FindingKind.Misuse), r => Assert.Equal(
            "The warps of the block ask for 66560 registers together, but a multiprocessor has 65536: some would wait for ever.", r.Message));
    }
}
