using Puna.Kernels.Cpu;
using Puna.TestKit;

namespace Puna.Kernels.Tests;

public class MatMulTests
{
    public static TheoryData<int, DType> SizesAndTypes
    {
        get
        {
            TheoryData<int, DType> data = [];
            foreach (int inSize in new[] { 16, 61, 200, 1040 })
            {
                foreach (DType type in new[] { DType.F32, DType.BF16, DType.F16 })
                    data.Add(inSize, type);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(SizesAndTypes))]
    public void A_row_has_the_same_bits_in_a_batch_of_any_size_and_at_any_place(int inSize, DType type)
    {
        using CpuBackend cpu = new(threads: 2);
        SeededValues values = new(seed: 3);
        Linear weight = new([new(values.Normal(type, 70, inSize)), new(values.Normal(type, 5, inSize))]);
        Tensor x = values.Normal(DType.F32, 131, inSize), alone = Tensor.Allocate(DType.F32, 131, 75);
        for (int row = 0; row < x.Rows; row++)
            cpu.MatMul(x.RowRange(row, 1), weight, alone.RowRange(row, 1));

        foreach (int rows in new[] { 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33, 44, 45, 63, 64, 65, 67, 128, 131 })
        {
            int first = (131 - rows) / 2;
            Tensor batch = Tensor.Allocate(DType.F32, rows, 75);
            cpu.MatMul(x.RowRange(first, rows), weight, batch);

            KernelAssert.SameBits(alone.RowRange(first, rows).Span<float>(), batch.Span<float>(), $"{type}, K {inSize}, {rows} rows");
        }
    }

    [Theory, InlineData(0), InlineData(5), InlineData(16), InlineData(72), InlineData(1000), InlineData(1023)]
    [InlineData(1024), InlineData(1040), InlineData(3072), InlineData(4096), InlineData(14336), InlineData(28672)]
    public void Eight_segments_tile_the_inner_dimension_on_whole_units(int inSize)
    {
        int unit = inSize >= 1024 ? 128 : 16;

        Assert.Equal(0, Segments.Start(inSize, 0));
        Assert.Equal(inSize, Segments.Start(inSize, Segments.Count));
        for (int i = 0; i < Segments.Count; i++)
        {
            Assert.True(Segments.Start(inSize, i) <= Segments.Start(inSize, i + 1));
            Assert.True(Segments.Start(inSize, i) % unit == 0 || Segments.Start(inSize, i) == inSize);
        }
    }

    [Fact]
    public void Adding_the_segments_of_one_two_four_or_eight_ranks_gives_the_same_bits()
    {
        // What a rank would compute: the products of its own segments alone. Their sums, added in order, are the product's.
        const int InSize = 1024;
        using CpuBackend cpu = new(threads: 1);
        SeededValues values = new(seed: 4);
        Tensor x = values.Normal(DType.F32, 1, InSize), w = values.Normal(DType.F32, 9, InSize);
        Tensor whole = Tensor.Allocate(DType.F32, 1, 9), part = Tensor.Allocate(DType.F32, 1, 9);
        cpu.MatMul(x, new Linear(w), whole);

        float[] sums = new float[9];
        for (int segment = 0; segment < Segments.Count; segment++)
        {
            Tensor masked = Tensor.Allocate(DType.F32, 1, InSize);
            int start = Segments.Start(InSize, segment), end = Segments.Start(InSize, segment + 1);
            x.Row<float>(0)[start..end].CopyTo(masked.Row<float>(0)[start..end]);
            cpu.MatMul(masked, new Linear(w), part);
            for (int n = 0; n < sums.Length; n++)
                sums[n] += part.Row<float>(0)[n];
        }

        KernelAssert.SameBits(whole.Row<float>(0), sums, "eight segments");
    }

    [Fact]
    public void Shapes_that_disagree_are_named()
    {
        using ReferenceBackend ops = new();
        Tensor x = Tensor.Allocate(DType.F32, 2, 3), w = Tensor.Allocate(DType.F32, 4, 5), y = Tensor.Allocate(DType.F32, 2, 4);

        ArgumentException e = Assert.Throws<ArgumentException>(() => ops.MatMul(x, new Linear(w), y));

        Assert.Equal("MatMul: x is F32 [2, 3], weight [4, 5], output F32 [2, 4].", e.Message);
    }
}
