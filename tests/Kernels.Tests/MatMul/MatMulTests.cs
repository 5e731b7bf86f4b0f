using Puna.Kernels.Cpu;
using Puna.TestKit;

namespace Puna.Kernels.Tests;

public class MatMulTests
{
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
