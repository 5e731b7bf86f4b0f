using System.Text;
using System.Text.RegularExpressions;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;
using Puna.TestKit;
using Puna.Tools.KernelChecks;

namespace Puna.Kernels.Tests.Gpu.Ptx;

public partial class ConstructTests
{
    public static TheoryData<string> Names => Constructs.Names;

    public static TheoryData<string> Targets => [.. Construct.AllTargets.Select(a => a.ToString())];

    [Theory, MemberData(nameof(Names))]
    public void Text_is_the_reviewed_one(string name)
    {
        Construct construct = Constructs.Find(name);

        string text = PtxBuilder.WithoutSourceLines(construct.Kernel(construct.Lowest).Ptx!);

        GoldenFile.Matches($"tests/Kernels.Tests/Gpu/Ptx/Golden/{name}.ptx", text);
    }

    [Fact]
    public void Every_golden_text_is_of_a_construct()
    {
        string folder = Goldens.InRepository("tests/Kernels.Tests/Gpu/Ptx/Golden");

        IEnumerable<string?> files = Directory.GetFiles(folder).Select(Path.GetFileNameWithoutExtension);

        Assert.Equal(Constructs.All.Select(c => c.Name).Order(StringComparer.Ordinal), files.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Targets))]
    public void The_assembler_takes_every_construct_for_every_target_it_claims(string target)
    {
        GpuArch arch = GpuArch.Parse(target);

        // one module for all kernels of a version: a process per kernel would take minutes
        foreach (IGrouping<string, string> version in Constructs.All.Where(c => c.Targets.Contains(arch)).Select(c => c.Kernel(arch).Ptx!).GroupBy(Head))
        {
            Assembled result = Ptxas.Assemble(Module(version), arch);
            Assert.True(result.IsAccepted, $"{version.Key.Replace('\n', ' ')}: {result.Log}");
        }
    }

    [Theory, MemberData(nameof(Targets))]
    public void The_version_is_the_lowest_that_the_assembler_takes(string target)
    {
        GpuArch arch = GpuArch.Parse(target);
        int lowest = Constructs.All.Min(c => c.Targets.Contains(arch) ? Version(c.Kernel(arch).Ptx!) : int.MaxValue);
        foreach (Construct construct in Constructs.All.Where(c => c.Targets.Contains(arch)))
        {
            string text = construct.Kernel(arch).Ptx!;
            int version = Version(text);
            if (version == lowest)
                continue;
            int below = version switch { 80 => 78, 78 => 74, 74 => 73, _ => version - 1 };
            Assembled result = Ptxas.Assemble(VersionLine().Replace(text, $".version {below / 10}.{below % 10}"), arch);
            Assert.False(result.IsAccepted, $"{construct.Name} for {arch} says {version}, but the assembler takes it at {below}.");
        }
    }

    private static string Head(string text) => text[..text.IndexOf(".address_size", StringComparison.Ordinal)];

    private static int Version(string text) => int.Parse(VersionLine().Match(text).Value.AsSpan(9, 3) is ['7' or '8' or '9', '.', var minor] v ? $"{v[0]}{minor}" : "0");

    private static string Module(IEnumerable<string> texts)
    {
        StringBuilder module = new();
        string? dynamic = null;
        foreach (string text in texts)
        {
            foreach (string line in text.Split('\n'))
            {
                bool isHead = line.StartsWith(".version", StringComparison.Ordinal) || line.StartsWith(".target", StringComparison.Ordinal) || line.StartsWith(".address", StringComparison.Ordinal);
                bool isAgain = line.StartsWith(".extern", StringComparison.Ordinal) && dynamic is not null;
                dynamic ??= line.StartsWith(".extern", StringComparison.Ordinal) ? line : null;
                if (!isAgain && (!isHead || module.Length < 60))
                    module.Append(line).Append('\n');
            }
        }

        return module.ToString();
    }

    [GeneratedRegex(@"\.version \d\.\d")]
    private static partial Regex VersionLine();
}
