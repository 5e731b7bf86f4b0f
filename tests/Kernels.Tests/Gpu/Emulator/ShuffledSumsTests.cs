using System.Collections.Immutable;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>Kernels of other compilers do not depend on the order of the sums in one matrix instruction.</summary>
public sealed class ShuffledSumsTests
{
    public static TheoryData<string> Kernels =>
        [.. GoldenKernel.Names().Where(n => n.Contains("matmul", StringComparison.Ordinal) || n.Contains("attention", StringComparison.Ordinal))];

    [Theory(SkipTestWithoutData = true), MemberData(nameof(Kernels))]
    public void Outputs_stay_within_their_tolerance_in_any_order(string name)
    {
        GoldenKernel kernel = GoldenKernel.Read(name);

        for (int seed = 5; seed < 8; seed++)
        {
            AsyncSchedule schedule = seed == 6 ? AsyncSchedule.Early : AsyncSchedule.Late;
            (LaunchReport report, ImmutableArray<string> wrong) = kernel.Run(new EmulatorOptions { Schedule = schedule, Seed = seed, ShuffleSums = true });

            Assert.Empty(wrong);
            Assert.Empty(report.Reports);
        }
    }
}
