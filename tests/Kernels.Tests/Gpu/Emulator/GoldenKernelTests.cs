using System.Collections.Immutable;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Kernels.Tests.Gpu.Emulator;

public class GoldenKernelTests
{
    public static TheoryData<string, AsyncSchedule> Kernels
    {
        get
        {
            TheoryData<string, AsyncSchedule> data = [];
            foreach (string name in GoldenKernel.Names())
            {
                data.Add(name, AsyncSchedule.Late);
                data.Add(name, AsyncSchedule.Early);
            }

            return data;
        }
    }

    [Theory(SkipTestWithoutData = true), MemberData(nameof(Kernels))]
    public void Kernels_of_other_compilers_give_their_outputs_and_no_report(string name, AsyncSchedule schedule)
    {
        GoldenKernel kernel = GoldenKernel.Read(name);

        for (int seed = 0; seed < 3; seed++)
        {
            (LaunchReport report, ImmutableArray<string> wrong) = kernel.Run(new EmulatorOptions { Schedule = schedule, Seed = seed });

            Assert.Empty(wrong);
            Assert.Empty(report.Reports);
        }
    }
}
