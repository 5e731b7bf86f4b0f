using Puna.Tools.KernelChecks;

namespace Puna.Tools.Tests;

public class SassListingTests
{
    private const string TwoLoops = """
        	.section	.text.k,"ax",@progbits
        k:
        .text.k:
                /*0000*/                   MOV R1, c[0x0][0x28] ;
                /*0010*/              @!P0 BRA `(.L_x_0) ;
        .L_x_1:
                /*0020*/                   LDG.E.128 R4, [R28.64] ;
        .L_x_2:
                /*0030*/                   FFMA R4, R4, R4, R5 ;
                /*0040*/                   IADD3 R2, R2, 0x20, RZ ;
                /*0050*/               @P1 BRA `(.L_x_2) ;
                /*0060*/                   SYNCS.PHASECHK.TRANS64.TRYWAIT P0, [R4], R5 ;
                /*0070*/              @!P0 BRA `(.L_x_4) ;
        .L_x_3:
                /*0080*/               @P1 BRA `(.L_x_1) ;
        .L_x_0:
                /*0090*/                   EXIT ;
        .L_x_4:
                /*00a0*/                   SYNCS.PHASECHK.TRANS64.TRYWAIT P0, [R4], R5 ;
                /*00b0*/              @!P0 BRA `(.L_x_4) ;
                /*00c0*/                   BRA `(.L_x_3) ;
        .L_x_5:
                /*00d0*/                   BRA `(.L_x_5);
                /*00e0*/                   NOP;
                /*00f0*/                   NOP;
        """;

    [Fact]
    public void The_inner_loop_counts_and_a_wait_out_of_line_belongs_to_the_outer_one()
    {
        SassListing sass = SassListing.Parse(TwoLoops);

        Assert.Equal(14, sass.Instructions.Length);
        Assert.Equal([3, 10], sass.Loops.Select(l => l.Body.Count).Order());
        Assert.Equal(["FFMA", "IADD3", "BRA"], sass.LongestLoop.Select(i => i.Mnemonic));
        Assert.Equal(3, sass.LoopInstructions);
    }

    [Fact]
    public void A_mnemonic_is_found_with_its_suffixes_and_not_inside_of_another()
    {
        SassListing sass = SassListing.Parse(TwoLoops);

        Assert.True(sass.Has("LDG") && sass.Has("LDG.E.128") && sass.Has("FFMA"));
        Assert.False(sass.Has("LD") || sass.Has("LDG.E.64") || sass.Has("NOP"));
    }

    [Fact]
    public void Code_without_a_way_back_has_no_loop() =>
        Assert.Equal(0, SassListing.Parse("        /*0000*/  MOV R1, R2 ;\n        /*0010*/  EXIT ;\n").LoopInstructions);
}
