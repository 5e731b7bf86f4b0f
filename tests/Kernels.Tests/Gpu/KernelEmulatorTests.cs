using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.TestKit;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Every kernel, for every architecture and shape, in the emulator.</summary>
public partial class KernelEmulatorTests
{
    public static TheoryData<string, string> Kernels => KernelAssemblyTests.Kernels;

    public static TheoryData<string, string, AsyncSchedule> Runs =>
        [.. Kernels.SelectMany(k => Enum.GetValues<AsyncSchedule>().Select(s => (k.Data.Item1, k.Data.Item2, s)))];

    public static TheoryData<string, string, string> Mutants =>
        [.. Kernels.SelectMany(k => KernelSpecs.Find(k.Data.Item1).Mutants.Select(m => (k.Data.Item1, k.Data.Item2, m.Name)))];

    [Theory, MemberData(nameof(Runs))]
    public void Outputs_are_right_nothing_is_reported_and_no_fewer_bytes_move_than_the_spec_says(string name, string architecture, AsyncSchedule schedule)
    {
        (KernelSpec spec, GpuArch arch) = (KernelSpecs.Find(name), GpuArch.Parse(architecture));
        foreach (ImmutableArray<int> shape in spec.Shapes)
        {
            using EmulatedGpu gpu = new(new EmulatorOptions { Arch = arch, Schedule = schedule, ShuffleSums = true });

            KernelOutcome outcome = KernelRunner.Run(gpu, KernelSpecs.Prepare(spec, shape, arch));

            string what = $"{name} {KernelSpecs.Name(shape)} for {arch}, {schedule}";
            Assert.True(outcome.IsRight, outcome.Problem(what));
            Assert.True(!gpu.Reports.SelectMany(r => r.Reports).Any(), $"{what}: {string.Join('\n', gpu.Reports.SelectMany(r => r.Reports))}");
            long moved = gpu.Reports.Sum(r => r.Counters.GlobalBytesRead + r.Counters.GlobalBytesWritten);
            Assert.True(moved >= spec.Bytes(shape), $"{what}: {moved} bytes were moved, but the spec says {spec.Bytes(shape)}.");
        }
    }

    [Theory, MemberData(nameof(Mutants))]
    public void A_numeric_mistake_is_rejected(string name, string architecture, string mistake)
    {
        (KernelSpec spec, GpuArch arch) = (KernelSpecs.Find(name), GpuArch.Parse(architecture));
        KernelMutant mutant = spec.Mutants.Single(m => m.Name == mistake);
        (ImmutableArray<int> Shape, KernelCall? Call)[] broken =
            [.. spec.Shapes.Select(s => (s, mutant.Break(KernelSpecs.Prepare(spec, s, arch), s))).Where(b => b.Item2 is not null)];
        Assert.True(broken.Length > 0, $"{name}: no shape has the mistake '{mistake}'.");
        foreach ((ImmutableArray<int> shape, KernelCall? call) in broken.Take(1).Union(broken.TakeLast(1)))   // tolerances grow with shapes
        {
            using EmulatedGpu gpu = new(new EmulatorOptions { Arch = arch, Checked = false });

            Assert.False(KernelRunner.Run(gpu, call!).IsRight, $"{name} {KernelSpecs.Name(shape)} for {arch}: '{mistake}' passes.");   // not null: filtered
        }
    }

    [Fact]
    public void Every_kernel_has_two_mutants_at_least() => Assert.All(KernelSpec.All, s => Assert.True(s.Mutants.Length >= 2, s.Name));

    [Theory, MemberData(nameof(Kernels))]
    public void The_text_is_the_reviewed_one(string name, string architecture)
    {
        (KernelSpec spec, GpuArch arch) = (KernelSpecs.Find(name), GpuArch.Parse(architecture));
        string text = KernelSpecs.Prepare(spec, spec.Shapes[^1], arch).Kernel.Ptx!;   // specs write text

        // which C# line wrote an instruction changes with every line above it
        GoldenFile.Matches($"tests/Kernels.Tests/Gpu/Golden/{name}-{arch}.ptx", SourceLine().Replace(text, ""));
    }

    [GeneratedRegex(@"^[ \t]*// \S+\.cs:\d+.*\n", RegexOptions.Multiline)]
    private static partial Regex SourceLine();
}
