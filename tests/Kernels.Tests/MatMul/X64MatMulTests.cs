using System.Collections.Immutable;
using Puna.Kernels.Cpu;
using Puna.TestKit;

namespace Puna.Kernels.Tests.MatMul;

/// <summary>Products by machine code, on panels: against the definition, and bit for bit against themselves.</summary>
public sealed class X64MatMulTests : IDisposable
{
    private readonly CpuBackend _cpu = new(threads: 2);
    private readonly ReferenceBackend _reference = new();

    public X64MatMulTests() => Assert.SkipUnless(X64Features.Detect().Avx512, "skipped: no AVX-512");

    // (format, machine code may use dot products of BF16)
    public static TheoryData<DType, ActivationType, bool> Formats =>
    [
        (DType.F32, ActivationType.F32, true), (DType.F32, ActivationType.BF16, true),
        (DType.F16, ActivationType.F32, true), (DType.F16, ActivationType.BF16, true),
        (DType.BF16, ActivationType.F32, true), (DType.BF16, ActivationType.BF16, true), (DType.BF16, ActivationType.BF16, false),
    ];

    public void Dispose()
    {
        _cpu.Dispose();
        _reference.Dispose();
    }

    [Theory, MemberData(nameof(Formats))]
    public void Every_shape_of_the_spec_agrees_with_the_reference(DType type, ActivationType activations, bool bf16)
    {
        using CpuBackend cpu = new(threads: 2, X64Features.Detect() with { BF16 = bf16 });
        ImmutableArray<ImmutableArray<int>> more = [[12, 96, 32, 31], [13, 100, 33, 64], [25, 264, 95, 1], [131, 130, 40, 0], [513, 33, 35, 0], [2, 3, 1, 1], [131, 8200, 34, 0]];
        foreach (ImmutableArray<int> shape in Puna.Kernels.MatMul.Specs[0].Shapes.AddRange(more))
        {
            (Tensor x, Linear weight) = Prepare(new PartFormat(type, activations), shape);

            float[] expected = Run(_reference, x, weight), actual = Run(cpu, x, weight);

            KernelAssert.Close(expected, actual, Puna.Kernels.MatMul.Specs[0].Tolerance(shape), $"{type} x {activations} [{string.Join(", ", shape)}]");
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void Every_number_of_rows_gives_each_row_the_bits_it_has_alone(DType type, ActivationType activations, bool bf16)
    {
        using CpuBackend cpu = new(threads: 2, X64Features.Detect() with { BF16 = bf16 }), alone = new(threads: 1, X64Features.Detect() with { BF16 = bf16 });
        foreach (int inSize in (int[])[61, 1040, 8200])   // the last in three blocks of rows
        {
            (Tensor x, Linear weight) = Prepare(new PartFormat(type, activations), [131, inSize, 70, 5]);
            Tensor expected = Tensor.Allocate(DType.F32, 131, 75);
            for (int row = 0; row < 131; row++)
                alone.MatMul(x.RowRange(row, 1), weight, expected.RowRange(row, 1));

            int[] counts = inSize > 8000 ? [64, 131] : [.. Enumerable.Range(1, 40), 131];
            foreach (int rows in counts)
            {
                int first = (131 - rows) / 2;
                float[] actual = Run(cpu, x.RowRange(first, rows), weight);

                KernelAssert.SameBits(expected.RowRange(first, rows).Span<float>(), actual, $"{type} x {activations}, K {inSize}, {rows} rows");
            }
        }
    }

    [Theory, InlineData(DType.F32), InlineData(DType.BF16), InlineData(DType.F16)]
    public void Without_the_instructions_weights_lie_in_rows_and_panels_are_refused(DType type)
    {
        using CpuBackend plain = new(threads: 1, X64Features.None);
        PartFormat format = new(type);
        (Tensor x, Linear weight) = Prepare(format, [1, 64, 40, 0]);

        Assert.Equal(WeightLayout.Rows, plain.LayoutOf(format));
        Assert.Equal(WeightLayout.Panels, _cpu.LayoutOf(format));
        Assert.Equal($"MatMul: a part is {type} [40, 64] in Panels, but this machine has no kernel for it. Lay it out in rows, as the backend's LayoutOf says.",
            Assert.Throws<ArgumentException>(() => Run(plain, x, weight)).Message);
    }

    [Fact]
    public void Products_of_BF16_have_the_same_bits_where_the_processor_lacks_the_instruction()
    {
        Assert.SkipUnless(X64Features.Detect().BF16, "skipped: no AVX512_BF16");
        using CpuBackend without = new(threads: 1, X64Features.Detect() with { BF16 = false });
        (Tensor x, Linear weight) = Prepare(new PartFormat(DType.BF16, ActivationType.BF16), [14, 1040, 40, 5]);

        KernelAssert.SameBits(Run(_cpu, x, weight), Run(without, x, weight), "vdpbf16ps and two multiply-adds");
    }

    [Fact]
    public void Parts_in_rows_and_parts_in_panels_make_one_product()
    {
        SeededValues values = new(seed: 5);
        (Tensor x, Linear panels) = Prepare(new PartFormat(DType.BF16), [3, 200, 40, 30]);
        Linear weight = new([panels.Parts[0], new Part(values.Normal(DType.F32, 7, 200)), panels.Parts[1]], values.Normal(DType.F32, 1, 77));

        KernelAssert.Close(Run(_reference, x, weight), Run(_cpu, x, weight), Puna.Kernels.MatMul.Specs[0].Tolerance([3, 200, 77, 0]), "mixed");
    }

    [Fact]
    public void Parts_of_several_formats_make_one_product()
    {
        PartFormat[] formats = [new(DType.F32), new(DType.BF16, ActivationType.BF16), new(DType.BF16), new(DType.F16, ActivationType.BF16)];
        Linear weight = new([.. formats.SelectMany(f => Prepare(f, [14, 200, 40, 30]).Weight.Parts)]);
        Tensor x = new SeededValues(seed: 6).Normal(DType.F32, 14, 200);

        KernelAssert.Close(Run(_reference, x, weight), Run(_cpu, x, weight), Puna.Kernels.MatMul.Specs[0].Tolerance([14, 200, 280, 0]), "formats");
    }

    [Theory, InlineData(1), InlineData(40)]
    public void Products_allocate_nothing_once_they_have_run(int rows)
    {
        (Tensor x, Linear weight) = Prepare(new PartFormat(DType.BF16, ActivationType.BF16), [rows, 512, 320, 100]);
        Tensor y = Tensor.Allocate(DType.F32, rows, weight.OutSize);
        for (int i = 0; i < 3; i++)
            _cpu.MatMul(x, weight, y);

        long before = GC.GetAllocatedBytesForCurrentThread();   // other tests allocate meanwhile
        for (int i = 0; i < 100; i++)
            _cpu.MatMul(x, weight, y);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static (Tensor X, Linear Weight) Prepare(PartFormat format, ImmutableArray<int> shape)
    {
        SeededValues values = new(seed: 2);
        int outSize = shape[2] + shape[3];
        ImmutableArray<Part> parts = [.. shape.Skip(2).Where(n => n > 0).Select(n => InPanels(format, values.Normal(format.DType, n, shape[1])))];
        return (values.Normal(DType.F32, shape[0], shape[1]), new Linear(parts, outSize % 2 == 1 ? values.Normal(DType.F32, 1, outSize) : null));
    }

    private static Part InPanels(PartFormat format, Tensor rows)
    {
        Part part = Part.Allocate(format, WeightLayout.Panels, rows.Rows, rows.Cols);
        part.Fill(0, rows);
        return part;
    }

    private static float[] Run(IBackend backend, Tensor x, Linear weight)
    {
        Tensor y = Tensor.Allocate(DType.F32, x.Rows, weight.OutSize);
        y.Span<float>().Fill(float.NaN);   // what is not written must show
        backend.MatMul(x, weight, y);
        return KernelAssert.Values(y);
    }
}
