using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.TestKit;

namespace Puna.Kernels.Tests.Gpu.Emulator;

public class ForeignKernelTests
{
    private static string Folder { get; } = Goldens.InRepository("tests/Kernels.Tests/Gpu/Emulator/Foreign");

    public static TheoryData<string, AsyncSchedule> Kernels
    {
        get
        {
            TheoryData<string, AsyncSchedule> data = [];
            foreach (string name in GoldenKernel.Names(Folder))
            {
                data.Add(name, AsyncSchedule.Late);
                data.Add(name, AsyncSchedule.Early);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Kernels))]
    public void Text_of_nvcc_and_clang_gives_what_the_host_computes_and_no_report(string name, AsyncSchedule schedule)
    {
        GoldenKernel kernel = GoldenKernel.Read(Folder, name);

        for (int seed = 0; seed < 2; seed++)
        {
            (LaunchReport report, ImmutableArray<string> wrong) = kernel.Run(new EmulatorOptions { Schedule = schedule, Seed = seed, ShuffleSums = seed > 0 });

            Assert.Empty(wrong);
            Assert.Empty(report.Reports);
        }
    }

    [Theory, MemberData(nameof(Kernels))]
    public void Damaged_text_is_read_or_refused_in_a_sentence_with_a_line(string name, AsyncSchedule schedule)
    {
        GoldenKernel kernel = GoldenKernel.Read(Folder, name);
        Random random = new(kernel.Text.Length + (int)schedule);

        for (int i = 0; i < 60; i++)
        {
            string damaged = Damage(kernel.Text, random);
            Exception? e = Record.Exception(() => PtxProgram.Decode(damaged, kernel.Entry, GpuArch.Sm90a));

            Assert.True(e is null or DeviceException, $"{e}");
            Assert.Matches("line [0-9]+|no entry|is for sm_|^$", e?.Message ?? "");
        }
    }

    private static string Damage(string text, Random random)
    {
        int at = random.Next(text.Length), end = Math.Min(text.Length, at + random.Next(1, 12));
        return random.Next(6) switch
        {
            0 => text[..at],
            3 or 4 => text[..at] + (char)(text[at] + random.Next(1, 4)) + text[(at + 1)..],
            1 => text[..at] + text[end..],
            2 => text[..at] + new string("{[(<!-"[random.Next(6)], random.Next(1, 5000)) + text[end..],
            _ => text[..at] + "9e99..x@" + text[end..],
        };
    }
}
