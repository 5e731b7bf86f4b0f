using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Fragment maps: the tables of the PTX ISA, bijectivity, and textbook products through them.</summary>
public sealed class MmaFragmentTests
{
    /// <summary>M, N, K, bits of A and B, bits of C.</summary>
    public static TheoryData<int, int, int, int, int> Shapes => new()
    {
        { 16, 8, 8, 16, 32 }, { 16, 8, 16, 16, 32 }, { 16, 8, 16, 16, 16 }, { 16, 8, 4, 32, 32 }, { 16, 8, 8, 32, 32 },
        { 8, 8, 16, 8, 32 }, { 16, 8, 16, 8, 32 }, { 16, 8, 32, 8, 32 }, { 8, 8, 32, 4, 32 }, { 16, 8, 32, 4, 32 },
        { 16, 8, 64, 4, 32 }, { 8, 8, 128, 1, 32 }, { 16, 8, 128, 1, 32 }, { 16, 8, 256, 1, 32 }, { 8, 8, 4, 64, 64 },
        { 16, 8, 4, 64, 64 }, { 16, 8, 8, 64, 64 }, { 16, 8, 16, 64, 64 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Every_element_lies_in_exactly_one_place(int m, int n, int k, int bits, int accumulatorBits)
    {
        foreach (MmaFragment fragment in new[]
            { MmaFragment.A(m, n, k, bits), MmaFragment.B(m, n, k, bits), MmaFragment.C(m, n, accumulatorBits) })
        {
            HashSet<MatrixPosition> seen = [];
            for (int lane = 0; lane < 32; lane++)
            {
                for (int i = 0; i < fragment.ElementsPerLane; i++)
                {
                    MatrixPosition at = fragment.At(lane, i);
                    Assert.InRange(at.Row, 0, fragment.Rows - 1);
                    Assert.InRange(at.Column, 0, fragment.Columns - 1);
                    Assert.True(seen.Add(at), $"{fragment}: {at} twice");
                }
            }

            Assert.Equal(fragment.Rows * fragment.Columns, seen.Count);
            Assert.Equal(fragment.ElementsPerLane, fragment.Registers * fragment.ElementsPerRegister);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Neighbours_in_a_register_are_neighbours_in_k(int m, int n, int k, int bits, int accumulatorBits)
    {
        Assert.InRange(accumulatorBits, 16, 64);
        foreach (MmaFragment fragment in new[] { MmaFragment.A(m, n, k, bits), MmaFragment.B(m, n, k, bits) })
        {
            for (int i = 0; i < fragment.ElementsPerLane; i++)
            {
                MatrixPosition first = fragment.At(13, i - i % fragment.ElementsPerRegister), at = fragment.At(13, i);
                int step = i % fragment.ElementsPerRegister;
                Assert.Equal(fragment.Operand == MatrixOperand.A
                    ? first with { Column = first.Column + step } : first with { Row = first.Row + step }, at);
            }
        }
    }

    // rows of the table in notes 4.2, and the ISA's for the shapes that it lacks; lane 4g + t = 22: g = 5, t = 2
    [Theory]
    [InlineData("A", 16, 16, 16, "5,4 5,5 13,4 13,5 5,12 5,13 13,12 13,13")]
    [InlineData("B", 16, 16, 16, "4,5 5,5 12,5 13,5")]
    [InlineData("C", 16, 16, 32, "5,4 5,5 13,4 13,5")]
    [InlineData("A", 16, 8, 16, "5,4 5,5 13,4 13,5")]
    [InlineData("A", 16, 32, 8, "5,8 5,9 5,10 5,11 13,8 13,9 13,10 13,11 5,24 5,25 5,26 5,27 13,24 13,25 13,26 13,27")]
    [InlineData("B", 16, 32, 8, "8,5 9,5 10,5 11,5 24,5 25,5 26,5 27,5")]
    [InlineData("A", 16, 8, 32, "5,2 13,2 5,6 13,6")]
    [InlineData("B", 16, 8, 32, "2,5 6,5")]
    [InlineData("A", 16, 4, 32, "5,2 13,2")]
    [InlineData("A", 8, 4, 64, "5,2")]
    [InlineData("B", 8, 4, 64, "2,5")]
    [InlineData("C", 8, 4, 64, "5,4 5,5")]
    [InlineData("A", 8, 16, 8, "5,8 5,9 5,10 5,11")]
    [InlineData("A", 8, 32, 4, "5,16 5,17 5,18 5,19 5,20 5,21 5,22 5,23")]
    [InlineData("A", 16, 8, 64, "5,2 13,2 5,6 13,6")]
    public void A_lane_holds_what_the_table_says(string operand, int m, int k, int bits, string expected)
    {
        MmaFragment fragment = new(Enum.Parse<MatrixOperand>(operand), m, 8, k, bits);

        string actual = string.Join(' ', Enumerable.Range(0, fragment.ElementsPerLane)
            .Select(i => fragment.At(22, i)).Select(p => $"{p.Row},{p.Column}"));

        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Two_accumulator_tiles_are_the_next_A_fragment()
    {
        MmaFragment a = MmaFragment.A(16, 8, 16, 16), c = MmaFragment.C(16, 8, 32);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < 8; i++)
            {
                // a0, a1 of the first tile, a2, a3 of the second: pairs (c0, c1) and (c2, c3)
                MatrixPosition tile = c.At(lane, i & 3);
                Assert.Equal(tile with { Column = tile.Column + 8 * (i >> 2) }, a.At(lane, i));
            }
        }
    }

    [Fact]
    public void Wgmma_accumulators_cover_their_matrix_as_the_table_says()
    {
        foreach (int n in new[] { 8, 24, 128, 256 })
        {
            HashSet<MatrixPosition> seen = [];
            for (int thread = 0; thread < 128; thread++)
            {
                for (int i = 0; i < WgmmaFragment.AccumulatorElements(n); i++)
                    Assert.True(seen.Add(WgmmaFragment.Accumulator(thread / 32, thread % 32, i)));
            }

            Assert.Equal(64 * n, seen.Count);
            Assert.All(seen, p => Assert.True(p.Row < 64 && p.Column < n));
        }

        // warp 2, g = 5, t = 2; d[4j], d[4j + 1] = columns 8j + 2t, + 1 of row 16w + g, d[4j + 2], d[4j + 3] of row + 8
        Assert.Equal(new MatrixPosition(37, 28), WgmmaFragment.Accumulator(2, 22, 12));
        Assert.Equal(new MatrixPosition(45, 29), WgmmaFragment.Accumulator(2, 22, 15));
        Assert.Equal(new MatrixPosition(16 + 13, 24), WgmmaFragment.A(1, 22, 12, 8));
    }

    [Fact]
    public void Ldmatrix_fills_the_A_fragment_and_its_transpose_the_B_fragment()
    {
        MmaFragment a = MmaFragment.A(16, 8, 16, 16), b = MmaFragment.B(16, 8, 16, 16);
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < 8; i++)
            {
                // matrices: rows 0-7 k lo, rows 8-15 k lo, rows 0-7 k hi, rows 8-15 k hi
                MatrixPosition at = MatrixTransfer.At(lane, i & 1, isTransposed: false);
                int matrix = i >> 1;
                Assert.Equal(a.At(lane, i), new MatrixPosition(at.Row + 8 * (matrix & 1), at.Column + 8 * (matrix >> 1)));
            }

            for (int i = 0; i < 4; i++)
            {
                MatrixPosition at = MatrixTransfer.At(lane, i & 1, isTransposed: true);
                Assert.Equal(b.At(lane, i), new MatrixPosition(at.Row + 8 * (i >> 1), at.Column));
            }
        }

        Assert.Equal(19, MatrixTransfer.AddressLane(2, 3));
    }
}
