using Puna.Kernels.Gpu;
using Puna.Tools.GpuCheck;
using Puna.Tools.KernelChecks;

namespace Puna.Tools.Tests;

public class AssembledTests
{
    // words of ptxas 12.4
    private const string Log = """
        ptxas info    : 0 bytes gmem
        ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored to maintain minimum register requirements.
        ptxas info    : Compiling entry function 'k' for 'sm_90a'
        ptxas info    : Function properties for k
            64 bytes stack frame, 96 bytes spill stores, 104 bytes spill loads
        ptxas info    : Used 40 registers, used 1 barriers, 64 bytes cumulative stack size, 4096 bytes smem, 380 bytes cmem[0]
        """;

    private const string Loop = """
        .L_x_1:
                /*0000*/                   LDG.E.128 R4, [R28.64] ;
                /*0000*/                   STS.128 [R5], R4 ;
                /*0000*/              @!P0 BRA `(.L_x_1) ;
        .L_x_0:
                /*0000*/                   LDG.E.NA.LTC256B.128.CONSTANT R4, [R28.64] ;
                /*0010*/                   LDG.E.NA.LTC256B.128.CONSTANT R8, [R28.64+0x200] ;
                /*0020*/                   LDG.E R12, [R28.64+0x400] ;
                /*0030*/                   HMMA.16816.F32 R4, R4, R8, RZ ;
                /*0040*/              @!P0 BRA `(.L_x_0) ;
                /*0050*/                   EXIT ;
        """;

    private static readonly Assembled Code = new(Log, true, new(() => SassListing.Parse(Loop)));

    [Fact]
    public void Registers_and_local_memory_are_read_from_the_log() =>
        Assert.Equal((40, 104), (Code.Registers, Code.LocalBytes));

    [Fact]
    public void What_is_beyond_a_budget_is_said_and_code_only_when_it_is_read()
    {
        AssemblyBudget budget = new(32, 4, ["HMMA.16816.F32", "LDS"], ["LDG.E.NA"]);
        string[] resources =
        [
            "104 bytes of local memory, but there may be none (spills, local arrays)", "40 registers, but the budget is 32",
            "ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored to maintain minimum register requirements.",
        ];

        Assert.Equal([.. resources, "5 instructions in the loop, but the budget is 4", "LDS does not appear", "LDG.E.NA appears, but never may"],
            Code.Problems(budget));
        Assert.Equal(resources, Code.Problems(budget, isRead: false));
    }

    [Fact]
    public void A_refused_text_is_one_problem() => Assert.Equal(["the assembler refuses it: fatal"],
        new Assembled("fatal\n", false, new(() => SassListing.Empty)).Problems(new(32, 4, ["HMMA"], [])));

    [Fact]
    public void Instructions_for_two_kibibytes_are_those_of_the_loop_that_multiplies_what_it_loads()
    {
        Assert.Equal(10, IssueSlots.Reached(Code.Sass));   // 5 for two loads of 512 bytes
        Assert.Null(IssueSlots.Reached(SassListing.Empty));
    }

    [Fact]
    public void Conversions_by_masks_have_a_plan_of_their_own() => Assert.Equal([57, 57, 102, null],
        new[] { GpuArch.Sm90a, GpuArch.Sm89, GpuArch.Sm80 }.Select(a => IssueSlots.Planned("product_f8e4m3", a)).Append(IssueSlots.Planned("vector_add", GpuArch.Sm80)));

    [Fact]
    public void Every_plan_is_of_a_kernel_that_exists() => Assert.Equal(6, KernelSpec.All.Count(s => IssueSlots.Planned(s.Name, GpuArch.Sm90a) is not null));
}
