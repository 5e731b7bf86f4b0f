using Puna.Kernels.Cpu;
using Puna.TestKit;

namespace Puna.Kernels.Tests.Cpu;

public sealed class FusionTests : IDisposable
{
    private readonly CpuBackend _cpu = new(threads: 2);
    private readonly SeededValues _values = new(seed: 5);

    private static readonly PartFormat[] Formats = [new(DType.F32), new(DType.F16), new(DType.BF16, ActivationType.BF16)];

    // rows, in, columns of a part: none, one, around a vector, around a tile, several tiles
    public static TheoryData<int, int, int> Shapes =>
        [(0, 5, 3), (1, 1, 1), (1, 40, 64), (2, 17, 15), (3, 33, 65), (5, 64, 16), (64, 31, 17), (65, 48, 130), (131, 20, 67),
        (1, 7, 700), (600, 9, 33)];

    /// <summary>Each format in rows, and as this machine's kernels want it.</summary>
    private IEnumerable<(PartFormat Format, WeightLayout Layout)> Cases =>
        Formats.SelectMany(f => new[] { WeightLayout.Rows, _cpu.LayoutOf(f) }.Distinct().Select(layout => (f, layout)));

    public void Dispose() => _cpu.Dispose();

    [Theory, MemberData(nameof(Shapes))]
    public void A_product_with_its_gate_gives_the_bits_of_both_and_stores_nothing_between(int rows, int inSize, int cols)
    {
        foreach ((PartFormat format, WeightLayout layout) in Cases)
        {
            Linear weight = new([Weight(format, layout, cols, inSize), Weight(format, layout, cols, inSize)], Bias(format, 2 * cols));
            Tensor x = _values.Normal(DType.F32, rows, inSize);
            Tensor gateUp = NaN(rows, 2 * cols), expected = NaN(rows, cols), actual = NaN(rows, cols);
            IBackend step = _cpu.CreateRecorder();

            step.MatMul(x, weight, gateUp);
            step.SiluMul(gateUp, actual);
            step.Flush();
            bool isStored = KernelAssert.Values(gateUp).Any(v => !float.IsNaN(v));
            _cpu.MatMul(x, weight, gateUp);
            _cpu.SiluMul(gateUp, expected);

            Assert.False(isStored);
            KernelAssert.SameBits(KernelAssert.Values(expected), KernelAssert.Values(actual), $"{format} {layout} [{rows}, {inSize}, {cols}]");
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_product_that_is_added_gives_the_bits_of_both_and_stores_nothing_between(int rows, int inSize, int cols)
    {
        foreach ((PartFormat format, WeightLayout layout) in Cases)
        {
            Linear weight = new([Weight(format, layout, cols, inSize), Weight(format, layout, 3, inSize)], Bias(format, cols + 3));
            Tensor x = _values.Normal(DType.F32, rows, inSize), expected = _values.Normal(DType.F32, rows, cols + 3);
            Tensor delta = NaN(rows, cols + 3), actual = NaN(rows, cols + 3);
            expected.Span<float>().CopyTo(actual.Span<float>());
            IBackend step = _cpu.CreateRecorder();

            step.MatMul(x, weight, delta);
            step.Add(delta, actual);
            step.Flush();
            bool isStored = KernelAssert.Values(delta).Any(v => !float.IsNaN(v));
            _cpu.MatMul(x, weight, delta);
            _cpu.Add(delta, expected);

            Assert.False(isStored);
            KernelAssert.SameBits(KernelAssert.Values(expected), KernelAssert.Values(actual), $"{format} {layout} [{rows}, {inSize}, {cols}]");
        }
    }

    [Fact]
    public void A_value_that_a_later_op_reads_is_stored()
    {
        Linear weight = new(_values.Normal(DType.F32, 4, 3));
        Tensor x = _values.Normal(DType.F32, 2, 3), delta = NaN(2, 4), first = _values.Normal(DType.F32, 2, 4);
        Tensor second = Tensor.Allocate(DType.F32, 2, 4);
        IBackend step = _cpu.CreateRecorder();

        step.MatMul(x, weight, delta);
        step.Add(delta, first);
        step.Add(first, second);
        step.Add(delta.RowRange(1, 1), second.RowRange(0, 1));
        step.Flush();

        Tensor expected = NaN(2, 4);
        _cpu.MatMul(x, weight, expected);
        KernelAssert.SameBits(KernelAssert.Values(expected), KernelAssert.Values(delta), "delta");
        Assert.DoesNotContain(float.NaN, KernelAssert.Values(second));
    }

    [Fact]
    public void A_value_is_there_after_a_flush_even_if_the_next_op_would_consume_it()
    {
        Linear weight = new(_values.Normal(DType.F32, 4, 3));
        Tensor x = _values.Normal(DType.F32, 2, 3), delta = NaN(2, 4), y = _values.Normal(DType.F32, 2, 4);
        IBackend step = _cpu.CreateRecorder();

        step.MatMul(x, weight, delta);
        step.Flush();
        step.Add(delta, y);
        step.Flush();

        Assert.DoesNotContain(float.NaN, KernelAssert.Values(delta));
    }

    [Fact]
    public void Ops_that_write_over_what_they_read_are_left_apart()
    {
        Linear weight = new(_values.Normal(DType.F32, 100, 100));
        Tensor expected = _values.Normal(DType.F32, 9, 100), actual = NaN(9, 100), delta = NaN(9, 100);
        expected.Span<float>().CopyTo(actual.Span<float>());
        IBackend step = _cpu.CreateRecorder();

        step.MatMul(actual, weight, delta);
        step.Add(delta, actual);
        step.Flush();
        _cpu.MatMul(expected, weight, delta);
        _cpu.Add(delta, expected);

        KernelAssert.SameBits(KernelAssert.Values(expected), KernelAssert.Values(actual), "in place");
    }

    [Fact]
    public void A_failing_op_says_what_is_wrong_and_takes_the_rest_of_the_step_with_it()
    {
        Tensor x = _values.Normal(DType.F32, 2, 3), y = NaN(2, 4), z = NaN(2, 4);
        IBackend step = _cpu.CreateRecorder();
        step.MatMul(x, new Linear(_values.Normal(DType.F32, 5, 3)), y);
        step.Add(y, z);

        ArgumentException e = Assert.Throws<ArgumentException>(step.Flush);
        step.Flush();

        Assert.Equal("MatMul: x is F32 [2, 3], weight [5, 3], output F32 [2, 4].", e.Message);
        Assert.All(KernelAssert.Values(z), v => Assert.True(float.IsNaN(v)));
    }

    [Fact]
    public void Recording_and_fusing_allocate_nothing()
    {
        Linear product = new(_values.Normal(DType.BF16, 40, 40)), gate = new([.. product.Parts, .. product.Parts]);
        Tensor x = _values.Normal(DType.F32, 70, 40), y = _values.Normal(DType.F32, 70, 80), z = _values.Normal(DType.F32, 70, 40);
        IBackend step = _cpu.CreateRecorder();
        Step();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
            Step();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Step()
        {
            step.MatMul(x, gate, y);
            step.SiluMul(y, z);
            step.MatMul(z, product, x);
            step.Add(x, z);
            step.Flush();
        }
    }

    private Part Weight(PartFormat format, WeightLayout layout, int rows, int cols)
    {
        Part part = Part.Allocate(format, layout, rows, cols);
        part.Fill(0, _values.Normal(format.DType, rows, cols));
        return part;
    }

    private Tensor? Bias(PartFormat format, int size) => format.DType == DType.F16 ? null : _values.Normal(DType.F32, 1, size);

    private static Tensor NaN(int rows, int cols)
    {
        Tensor tensor = Tensor.Allocate(DType.F32, rows, cols);
        tensor.Span<float>().Fill(float.NaN);
        return tensor;
    }
}
