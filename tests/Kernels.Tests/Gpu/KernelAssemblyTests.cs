using Puna.Kernels.Gpu;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Every kernel, for every architecture and shape, through NVIDIA's assembler.</summary>
public class KernelAssemblyTests
{
    public static TheoryData<string, string> Kernels =>
        [.. KernelSpec.All.SelectMany(s => s.Architectures.Select(a => (s.Name, a.ToString())))];

    [Theory, MemberData(nameof(Kernels))]
    public void Assembled_code_stays_within_its_budget(string name, string architecture)
    {
        (KernelSpec spec, GpuArch arch) = (KernelSpecs.Find(name), GpuArch.Parse(architecture));
        AssemblyBudget budget = spec.Assembly(arch);
        List<string> problems = [];
        (string Shape, string Ptx)[] texts = [.. KernelSpecs.Texts(spec, arch)];
        foreach ((string shape, string ptx) in texts)
        {
            // the disassembler takes ten times as long as the assembler: the smallest and the real shape are read
            bool isRead = ptx == texts[0].Ptx || ptx == texts[^1].Ptx;
            problems.AddRange(Ptxas.Assemble(ptx, arch).Problems(budget, isRead).Select(p => $"{name} {shape} for {arch}: {p}"));
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Fact]
    public void A_kernel_beyond_its_budget_is_told_so()
    {
        AssemblyBudget budget = new(Registers: 16, LoopInstructions: 5, ["HMMA"], ["LDG"]);

        string[] problems = [.. Ptxas.Assemble(KeepsAlive(80), GpuArch.Sm80).Problems(budget)];

        Assert.Matches(@"^\d+ bytes of local memory, but there may be none \(spills, local arrays\)$", problems[0]);
        Assert.Matches(@"^\d+ registers, but the budget is 16$", problems[1]);
        Assert.Equal(["there is no loop, but one of at most 5 instructions is expected", "HMMA does not appear",
            "LDG appears, but never may", "LDL appears, but never may", "STL appears, but never may"], problems[2..]);
    }

    [Fact]
    public void A_text_that_the_assembler_refuses_is_a_problem() => Assert.StartsWith("the assembler refuses it: ",
        Assert.Single(Ptxas.Assemble(".version 7.0\nnonsense", GpuArch.Sm80).Problems(new(64, 0, [], []))), StringComparison.Ordinal);

    // more values than registers, alive across a barrier
    private static string KeepsAlive(int count)
    {
        string Lines(Func<int, string> line) => string.Join('\n', Enumerable.Range(0, count).Select(line));
        return $$"""
            .version 7.0
            .target sm_80
            .address_size 64
            .visible .entry keeps_alive(.param .u64 p)
            .maxntid 1024, 1, 1
            .maxnreg 32
            {
                .reg .u64 %a, %b;
                .reg .f32 %f<{{count}}>;
                ld.param.u64 %a, [p];
                cvta.to.global.u64 %b, %a;
            {{Lines(i => $"ld.volatile.global.f32 %f{i}, [%b+{4 * i}];")}}
                bar.sync 0;
            {{Lines(i => $"st.volatile.global.f32 [%b+{4 * (count - i)}], %f{i};")}}
                ret;
            }
            """;
    }
}
