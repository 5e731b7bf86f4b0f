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

    [Fact]
    public void A_value_that_a_later_op_reads_is_stored()
    {
        Linear weight = Gate(3, 4);
        Tensor x = _values.Normal(DType.F32, 2, 3), gateUp = NaN(2, 8), y = NaN(2, 4), sum = Tensor.Allocate(DType.F32, 1, 8);
        IBackend step = _cpu.CreateRecorder();

        step.MatMul(x, weight, gateUp);
        step.SiluMul(gateUp, y);
        step.SiluMul(sum, y.RowRange(0, 1));
        step.Add(gateUp.RowRange(1, 1), sum);
        step.Flush();

        Tensor expected = NaN(2, 8);
        _cpu.MatMul(x, weight, expected);
        KernelAssert.SameBits(KernelAssert.Values(expected), KernelAssert.Values(gateUp), "gate and up");
        KernelAssert.SameBits(KernelAssert.Values(expected.RowRange(1, 1)), KernelAssert.Values(sum), "sum");
    }

    [Fact]
    public void A_value_that_is_written_anew_before_it_is_read_is_not_stored()
    {
        Linear weight = Gate(3, 4), product = new(_values.Normal(DType.F32, 8, 3));
        Tensor x = _values.Normal(DType.F32, 2, 3), gateUp = NaN(2, 8), y = NaN(2, 4), sum = Tensor.Allocate(DType.F32, 2, 8);
        IBackend step = _cpu.CreateRecorder();

        step.MatMul(x, weight, gateUp);
        step.SiluMul(gateUp, y);
        step.MatMul(NaN(2, 3), product, gateUp);
        step.Add(gateUp, sum);
        step.MatMul(x, weight, gateUp);
        step.SiluMul(gateUp, y);
        step.Flush();

        Assert.All(KernelAssert.Values(gateUp), v => Assert.True(float.IsNaN(v)));
        Assert.DoesNotContain(float.NaN, KernelAssert.Values(y));
    }

    [Fact]
    public void A_value_is_there_after_a_flush_even_if_the_next_op_would_consume_it()
    {
        Tensor x = _values.Normal(DType.F32, 2, 3), gateUp = NaN(2, 8), y = NaN(2, 4);
        IBackend step = _cpu.CreateRecorder();

        step.MatMul(x, Gate(3, 4), gateUp);
        step.Flush();
        step.SiluMul(gateUp, y);
        step.Flush();

        Assert.DoesNotContain(float.NaN, KernelAssert.Values(gateUp));
        Assert.DoesNotContain(float.NaN, KernelAssert.Values(y));
    }

    [Fact]
    public void Ops_that_write_over_what_they_read_are_left_apart()
    {
        Linear weight = Gate(100, 100);
        Tensor expected = _values.Normal(DType.F32, 9, 100), actual = NaN(9, 100), gateUp = NaN(9, 200);
        expected.Span<float>().CopyTo(actual.Span<float>());
        IBackend step = _cpu.CreateRecorder();

        step.MatMul(actual, weight, gateUp);
        step.SiluMul(gateUp, actual);
        step.Flush();
        _cpu.MatMul(expected, weight, gateUp);
        _cpu.SiluMul(gateUp, expected);

        KernelAssert.SameBits(KernelAssert.Values(expected), KernelAssert.Values(actual), "in place");
    }

    [Fact]
    public void Parts_of_different_sizes_or_layouts_are_left_apart()
    {
        Tensor x = _values.Normal(DType.F32, 3, 16), gateUp = NaN(3, 80), expected = NaN(3, 40), actual = NaN(3, 40);
        WeightLayout panels = _cpu.LayoutOf(Formats[0]);
        Linear[] weights =
        [
            new([Weight(Formats[0], panels, 30, 16), Weight(Formats[0], panels, 50, 16)]),
            new([Weight(Formats[0], WeightLayout.Rows, 40, 16), Weight(Formats[0], panels, 40, 16)]),
            new([Weight(Formats[0], panels, 80, 16)]),
        ];
        foreach (Linear weight in weights)
        {
            IBackend step = _cpu.CreateRecorder();

            step.MatMul(x, weight, gateUp);
            step.SiluMul(gateUp, actual);
            step.Flush();
            _cpu.MatMul(x, weight, gateUp);
            _cpu.SiluMul(gateUp, expected);

            KernelAssert.SameBits(KernelAssert.Values(expected), KernelAssert.Values(actual), $"{weight}");
        }
    }

    [Fact]
    public void A_failing_op_says_what_is_wrong_and_takes_the_rest_of_the_step_with_it()
    {
        Tensor x = _values.Normal(DType.F32, 2, 3), y = NaN(2, 4), z = NaN(2, 4);
        IBackend step = _cpu.CreateRecorder();
        step.MatMul(x, new Linear(_values.Normal(DType.F32, 5, 3)), y);
        step.SiluMul(y, z);

        ArgumentException e = Assert.Throws<ArgumentException>(step.Flush);
        step.Flush();

        Assert.Equal("MatMul: x is F32 [2, 3], weight [5, 3], output F32 [2, 4].", e.Message);
        Assert.All(KernelAssert.Values(z), v => Assert.True(float.IsNaN(v)));
    }

    [Fact]
    public void Recording_and_fusing_allocate_nothing()
    {
        foreach ((PartFormat format, WeightLayout layout) in Cases)
        {
            Linear gate = new([Weight(format, layout, 40, 40), Weight(format, layout, 40, 40)]), down = new([Weight(format, layout, 40, 40)]);
            Tensor x = _values.Normal(DType.F32, 70, 40), y = _values.Normal(DType.F32, 70, 80), z = _values.Normal(DType.F32, 70, 40);
            IBackend step = _cpu.CreateRecorder();
            Step();

            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
                Step();

            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

            void Step()
            {
                for (int layer = 0; layer < 30; layer++)
                {
                    step.MatMul(x, gate, y);
                    step.SiluMul(y, z);
                    step.MatMul(z, down, x);
                    step.Add(x, z);
                }

                step.Flush();
            }
        }
    }

    private Part Weight(PartFormat format, WeightLayout layout, int rows, int cols)
    {
        Part part = Part.Allocate(format, layout, rows, cols);
        part.Fill(0, _values.Normal(format.DType, rows, cols));
        return part;
    }

    private Linear Gate(int inSize, int cols) =>
        new([new Part(_values.Normal(DType.F32, cols, inSize)), new Part(_values.Normal(DType.F32, cols, inSize))]);

    private Tensor? Bias(PartFormat format, int size) => format.DType == DType.F16 ? null : _values.Normal(DType.F32, 1, size);

    private static Tensor NaN(int rows, int cols)
    {
        Tensor tensor = Tensor.Allocate(DType.F32, rows, cols);
        tensor.Span<float>().Fill(float.NaN);
        return tensor;
    }
}
