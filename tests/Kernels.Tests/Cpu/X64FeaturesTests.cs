using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels.Tests.Cpu;

public class X64FeaturesTests
{
    [Fact]
    public void What_is_detected_is_what_the_kernel_of_linux_lists()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "skipped: no /proc/cpuinfo with flags");
        string[] flags = File.ReadLines("/proc/cpuinfo").First(l => l.StartsWith("flags", StringComparison.Ordinal)).Split(' ');
        bool avx512 = new[] { "avx512f", "avx512bw", "avx512dq", "avx512vl" }.All(flags.Contains);

        Assert.Equal(new X64Features(avx512, avx512 && flags.Contains("avx512_bf16"), avx512 && flags.Contains("avx512_vnni"), avx512 && flags.Contains("avx512vbmi")),
            X64Features.Detect());
    }
}
