using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>ldmatrix, stmatrix, movmatrix.</summary>
public sealed class MatrixTransferTests
{
    private static readonly ushort[] Source = [.. Enumerable.Range(0, 256).Select(i => (ushort)(i * 257))];

    // four matrices of 8 rows of 16 bytes, one after the other
    private static string Load(string instruction, int registers, string hidden = "") => PtxText.Kernel(2, $$"""
        mul.lo.u32 r3, r0, 16;
        add.u32 r4, r3, s;
        mul.wide.u32 x3, r3, 1;
        add.u64 x4, x0, x3;
        ld.global.v4.u32 {r5, r6, r7, r8}, [x4];
        {{hidden}} st.shared.v4.u32 [r4], {r5, r6, r7, r8};
        bar.sync 0;
        {{instruction}} { {{string.Join(", ", Enumerable.Range(10, registers).Select(i => $"r{i}"))}} }, [r4];
        add.u64 x4, x1, x3;
        {{string.Join("\n", Enumerable.Range(0, registers).Select(i => $"st.global.u32 [x4+{4 * i}], r{10 + i};"))}}
        """);

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(1, true)]
    [InlineData(4, true)]
    public void A_lane_gets_its_elements_of_each_matrix(int count, bool isTransposed)
    {
        string kernel = Load($"ldmatrix.sync.aligned.m8n8.x{count}{(isTransposed ? ".trans" : "")}.shared.b16", count);

        using PtxRun run = new PtxRun().Buffer<ushort>(Source).Undefined(512).Launch(kernel, 32);

        Assert.Empty(run.Report.Reports);
        ushort[] result = run.Read<ushort>(1);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < 2 * count; i++)
            {
                MatrixPosition at = MatrixTransfer.At(lane, i & 1, isTransposed);
                Assert.Equal(Source[(i >> 1) * 64 + at.Row * 8 + at.Column], result[lane * 8 + i]);
            }
        }
    }

    [Fact]
    public void An_unwritten_row_is_undefined_in_its_lanes_alone()
    {
        string kernel = Load("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16", 4, "setp.ne.u32 p1, r0, 11; @p1");

        using PtxRun run = new PtxRun().Buffer<ushort>(Source).Undefined(512).Launch(kernel, 32);

        bool[] undefined = run.UndefinedBytes(1);
        for (int i = 0; i < 512; i++)
        {
            // lane 11 is row 3 of matrix 1: in the transpose, half 1 of lanes with t = 1
            bool isHidden = i / 16 % 4 == 1 && i % 16 is 6 or 7;
            Assert.Equal(i / 16 % 4 == 1 && isHidden, undefined[i]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".trans")]
    public void A_store_is_the_load_backwards(string form)
    {
        string kernel = PtxText.Kernel(2, $$"""
            mul.lo.u32 r3, r0, 16;
            add.u32 r4, r3, s;
            mul.wide.u32 x3, r3, 1;
            add.u64 x4, x0, x3;
            ld.global.v4.u32 {r5, r6, r7, r8}, [x4];
            stmatrix.sync.aligned.m8n8.x4{{form}}.shared.b16 [r4], {r5, r6, r7, r8};
            bar.sync 0;
            ldmatrix.sync.aligned.m8n8.x4{{form}}.shared.b16 {r10, r11, r12, r13}, [r4];
            add.u64 x4, x1, x3;
            st.global.v4.u32 [x4], {r10, r11, r12, r13};
            """);

        using PtxRun run = new PtxRun().Buffer<ushort>(Source).Undefined(512).Launch(kernel, 32);

        Assert.Empty(run.Report.Reports);
        Assert.Equal(Source, run.Read<ushort>(1));
    }

    [Fact]
    public void A_move_transposes()
    {
        string kernel = PtxText.Kernel(2, """
            mul.wide.u32 x3, r0, 4;
            add.u64 x4, x0, x3;
            ld.global.u32 r5, [x4];
            movmatrix.sync.aligned.m8n8.trans.b16 r6, r5;
            add.u64 x4, x1, x3;
            st.global.u32 [x4], r6;
            """);

        using PtxRun run = new PtxRun().Buffer<ushort>(Source).Undefined(128).Launch(kernel, 32);

        for (int i = 0; i < 64; i++)
            Assert.Equal(Source[i % 8 * 8 + i / 8], run.Read<ushort>(1)[i]);
    }

    [Fact]
    public void A_misaligned_row_and_a_missing_barrier_are_reported()
    {
        const string load = "ldmatrix.sync.aligned.m8n8.x4.shared.b16";
        using PtxRun misaligned = new PtxRun().Buffer<ushort>(Source).Undefined(512).Launch(Load("add.u32 r4, r4, 8; " + load, 4), 32);
        using PtxRun race = new PtxRun().Buffer<ushort>(Source).Undefined(512).Launch(Load(load, 4).Replace("bar.sync 0;", "", StringComparison.Ordinal).Replace(", [r4];", ", [r20];", StringComparison.Ordinal)
            .Replace("ldmatrix", "xor.b32 r20, r3, 16; add.u32 r20, r20, s; ldmatrix", StringComparison.Ordinal), 32);

        Assert.Contains(misaligned.Report.Reports, f => f.Kind == FindingKind.Misaligned);
        Assert.Contains(race.Report.Reports, f => f.Kind == FindingKind.SharedRace);
    }
}
