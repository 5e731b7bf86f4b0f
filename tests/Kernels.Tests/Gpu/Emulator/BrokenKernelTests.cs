using System.Globalization;
using System.Text;
using Puna.Kernels.Gpu.Emulator;
using Puna.TestKit;

namespace Puna.Kernels.Tests.Gpu.Emulator;

public class BrokenKernelTests
{
    private const int Seeds = 3;

    public static TheoryData<string> Names => [.. BrokenKernels.All.Select(k => k.Name)];

    [Theory, MemberData(nameof(Names))]
    public void A_broken_kernel_gets_its_report(string name)
    {
        BrokenKernel kernel = BrokenKernels.All.First(k => k.Name == name);

        for (int seed = 0; seed < Seeds; seed++)
        {
            LaunchReport report = kernel.Run(kernel.Broken, Options(seed));

            Assert.Contains(report.Reports, r => r.Kind == kernel.Kind);
            Assert.All(report.Reports, r => Assert.Equal((seed, "kernel"), (r.Seed, r.Kernel)));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Its_mended_twin_gets_none(string name)
    {
        BrokenKernel kernel = BrokenKernels.All.First(k => k.Name == name);

        for (int seed = 0; seed < Seeds; seed++)
            Assert.Empty(kernel.Run(kernel.Mended, Options(seed)).Reports);
    }

    [Fact]
    public void A_report_names_instruction_line_block_thread_and_address()
    {
        BrokenKernel kernel = BrokenKernels.All.First(k => k.Name == "global load past the end");

        Finding finding = Assert.Single(kernel.Run(kernel.Broken, Options(seed: 7) with { Threads = 1 }).Reports);

        Assert.Equal(FindingKind.OutOfBounds, finding.Kind);
        Assert.Equal("ld.global.f32 %f1, [%xi+4]", finding.Instruction);
        Assert.Equal("ld.global.f32 %f1, [%xi+4]", kernel.Text(kernel.Broken).Split('\n')[finding.Line - 1].Split(';')[0].Trim());
        Assert.Equal((1, 63, 1), (finding.Block.X, finding.Thread.X, finding.Count));
        Assert.Contains("the nearest buffer before it has 512 bytes", finding.Message, StringComparison.Ordinal);
        Assert.Contains("begins 0 bytes past the end", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_of_reports_is_the_kept_one()
    {
        StringBuilder text = new("""
            # Broken kernels and the report of each

            Kernels with one mistake from `tests/Kernels.Tests/Gpu/Emulator/BrokenKernels.cs`, and what the emulator says of each: the first report of its kind, with seed 0.
            The twin of each without the mistake gets no report. `tests/Kernels.Tests/Gpu/Emulator/BrokenKernelTests.cs` runs all of them and keeps this list.

            | mistake | report | instruction | in words |
            |---|---|---|---|

            """);
        foreach (BrokenKernel kernel in BrokenKernels.All)
        {
            Finding finding = kernel.Run(kernel.Broken, Options(seed: 0) with { Threads = 1 }).Reports.First(r => r.Kind == kernel.Kind);
            string instruction = finding.Instruction.Length == 0 ? "-" : $"`{finding.Instruction}`";
            text.Append(CultureInfo.InvariantCulture, $"| {kernel.Name} | {kernel.Kind} | {instruction} | {finding.Message.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        GoldenFile.Matches("docs/results/broken-kernels.md", text.ToString());
    }

    // few instructions of patience: these kernels are short, and stuck ones shall not take long
    private static EmulatorOptions Options(int seed) => new() { Seed = seed, Threads = 2, PatienceInstructions = 50_000 };
}
