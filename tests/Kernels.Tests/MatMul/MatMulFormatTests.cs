using Puna.Kernels.Cpu;
using Puna.TestKit;

namespace Puna.Kernels.Tests;

/// <summary>Products of every format, in the layout that the backend asks for.</summary>
public sealed class MatMulFormatTests : IDisposable
{
    private readonly CpuBackend _cpu = new(threads: 2), _alone = new(threads: 1);
    private readonly ReferenceBackend _reference = new();

    public static TheoryData<string> Formats => [.. Kernels.MatMul.Formats.Select(f => f.ToString())];

    public static TheoryData<string> CodesByCodes => [.. Kernels.MatMul.Formats.Where(f => f.Activations == ActivationType.I8).Select(f => f.ToString())];

    public void Dispose()
    {
        _cpu.Dispose();
        _alone.Dispose();
        _reference.Dispose();
    }

    [Theory, MemberData(nameof(Formats))]
    public void A_row_has_the_same_bits_in_a_batch_of_any_size_at_any_place_on_any_number_of_threads(string name)
    {
        PartFormat format = Find(name);
        foreach (int inSize in new[] { 16, 61, 200, 1040 })
        {
            SeededValues values = new(seed: 3);
            Linear weight = new([Filled(_cpu, format, Random(values, format, 70, inSize)), Filled(_cpu, format, Random(values, format, 5, inSize))]);
            Tensor x = values.Normal(DType.F32, 131, inSize), alone = Tensor.Allocate(DType.F32, 131, 75);
            for (int row = 0; row < x.Rows; row++)
                _alone.MatMul(x.RowRange(row, 1), weight, alone.RowRange(row, 1));

            foreach (int rows in Enumerable.Range(1, 40).Concat([44, 45, 48, 49, 63, 64, 65, 67, 128, 131]))
            {
                int first = (131 - rows) / 2;
                Tensor batch = Tensor.Allocate(DType.F32, rows, 75);
                (rows % 2 == 0 ? _cpu : _alone).MatMul(x.RowRange(first, rows), weight, batch);

                KernelAssert.SameBits(alone.RowRange(first, rows).Span<float>(), batch.Span<float>(), $"{name}, K {inSize}, {rows} rows");
            }
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void Any_number_of_rows_agrees_with_the_reference(string name)
    {
        PartFormat format = Find(name);
        SeededValues values = new(seed: 8);
        Tensor stored = Random(values, format, 67, 300), x = values.Normal(DType.F32, 40, 300), bias = values.Normal(DType.F32, 1, 67);
        Tensor expected = Multiply(_reference, format, x, stored, bias);

        foreach (X64Features features in new[] { X64Features.Detect(), X64Features.Detect() with { BF16 = false }, X64Features.None })
        {
            using CpuBackend cpu = new(threads: 1, features);
            Linear weight = new([Filled(cpu, format, stored)], bias);
            for (int rows = 1; rows <= 40; rows++)
            {
                Tensor actual = Tensor.Allocate(DType.F32, rows, 67);
                cpu.MatMul(x.RowRange(0, rows), weight, actual);
                KernelAssert.Close(expected.RowRange(0, rows).Span<float>(), actual.Span<float>(), Tolerance(format, 300), $"{name}, {rows} rows, {features}");
            }
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void Panels_are_for_machines_that_have_the_instructions(string name)
    {
        PartFormat format = Find(name);
        X64Features all = new(true, true, true, true);

        Assert.Equal(WeightLayout.Panels, Layout(all));
        Assert.Equal(format.Activations == ActivationType.I8 ? WeightLayout.Rows : WeightLayout.Panels, Layout(all with { Vnni = false }));
        Assert.Equal(format.DType == DType.F8E4M3 ? WeightLayout.Rows : WeightLayout.Panels, Layout(all with { Vbmi = false }));
        Assert.Equal(WeightLayout.Rows, Layout(X64Features.None));

        WeightLayout Layout(X64Features features)
        {
            using CpuBackend cpu = new(threads: 1, features);
            return cpu.LayoutOf(format);
        }
    }

    [Fact]
    public void Every_code_of_eight_bits_is_multiplied_exactly()
    {
        // one row of x for each column; codes as a file may have them, −128 among them
        foreach (PartFormat format in Kernels.MatMul.Formats.Where(f => f.ScaleGroups > 0))
        {
            Tensor stored = Tensor.Allocate(format.DType, 32, 256);
            for (int i = 0; i < stored.Length; i++)
            {
                int code = (i + i / 256) % 256;
                bool isNaN = format.DType == DType.F8E4M3 && code % 128 == 127;
                (stored with { DType = DType.I8 }).Span<sbyte>()[i] = isNaN ? (sbyte)0 : (sbyte)code;
            }

            Part rows = Filled(_reference, format, stored), part = Filled(_cpu, format, stored);
            rows.Scales!.Value.Span<float>().Fill(1);
            part.Scales!.Value.Span<float>().Fill(1);
            Tensor x = Tensor.Allocate(DType.F32, 256, 256), expected = Tensor.Allocate(DType.F32, 256, 32), actual = Tensor.Allocate(DType.F32, 256, 32);
            for (int i = 0; i < 256; i++)
                x.Row<float>(i)[i] = format.Activations == ActivationType.I8 ? 127 : 1;

            _reference.MatMul(x, new Linear([rows]), expected);
            _cpu.MatMul(x, new Linear([part]), actual);

            Assert.Equal(expected.Span<float>().ToArray(), actual.Span<float>().ToArray());
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void A_row_that_is_not_finite_gives_nothing_finite_and_leaves_the_others_alone(string name)
    {
        PartFormat format = Find(name);
        SeededValues values = new(seed: 9);
        Tensor stored = Random(values, format, 40, 1100), x = values.Normal(DType.F32, 14, 1100);
        Tensor clean = Multiply(_cpu, format, x, stored);
        x.Row<float>(3)[1099] = float.NaN;
        x.Row<float>(13)[500] = float.PositiveInfinity;

        Tensor actual = Multiply(_cpu, format, x, stored);

        for (int row = 0; row < 14; row++)
        {
            if (row is 3 or 13)
                Assert.DoesNotContain(actual.Row<float>(row).ToArray(), v => float.IsFinite(v) || (format.Activations == ActivationType.I8 && !float.IsNaN(v)));
            else
                KernelAssert.SameBits(clean.Row<float>(row), actual.Row<float>(row), $"{name}, row {row}");
        }
    }

    [Theory, MemberData(nameof(CodesByCodes))]
    public void The_largest_codes_neither_saturate_nor_lose_a_unit(string name)
    {
        PartFormat format = Find(name);
        const int InSize = 14336;
        Tensor x = Tensor.Allocate(DType.F32, 4, InSize), stored = Tensor.Allocate(DType.BF16, 33, InSize);
        for (int row = 0; row < 4; row++)
            Fill(x, row, c => row switch { 0 => 127, 1 => -127, 2 => c % 2 == 0 ? 127 : -127, _ => c % 4 < 2 ? 127 : -127 });
        for (int row = 0; row < 33; row++)
            Fill(stored, row, c => (row % 3) switch { 0 => 127, 1 => -127, _ => c % 2 == 0 ? 127 : -127 });
        Tensor expected = Multiply(_reference, format, x, stored);   // scales are 1, and F32 has every sum

        Tensor actual = Multiply(_cpu, format, x, stored);

        Assert.Equal(127 * 127 * InSize, expected.Row<float>(0)[0]);
        Assert.Equal(expected.Span<float>().ToArray(), actual.Span<float>().ToArray());
    }

    [Theory, MemberData(nameof(Formats))]
    public void Zeros_give_the_bias(string name)
    {
        PartFormat format = Find(name);
        SeededValues values = new(seed: 10);
        Tensor zeros = Tensor.Allocate(DType.F32, 3, 200), x = values.Normal(DType.F32, 3, 200), bias = values.Normal(DType.F32, 1, 35);
        Tensor stored = Random(values, format, 35, 200), none = Tensor.Allocate(DType.BF16, 35, 200);

        foreach (Tensor y in new[] { Multiply(_cpu, format, zeros, stored, bias), Multiply(_cpu, format, x, none, bias) })
        {
            for (int row = 0; row < 3; row++)
                KernelAssert.SameBits(bias.Span<float>(), y.Row<float>(row), name);
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void A_tolerance_notices_that_scales_of_two_segments_changed_places(string name)
    {
        PartFormat format = Find(name);
        if (format.ScaleGroups < 2)
            return;
        SeededValues values = new(seed: 11);
        Tensor stored = Random(values, format, 20, 1040), x = values.Normal(DType.F32, 2, 1040);
        Part part = Filled(_cpu, format, stored), broken = Filled(_cpu, format, stored);
        float[] first = broken.Scales!.Value.Row<float>(2).ToArray();
        broken.Scales!.Value.Row<float>(5).CopyTo(broken.Scales!.Value.Row<float>(2));
        first.CopyTo(broken.Scales!.Value.Row<float>(5));
        Tensor expected = Multiply(_reference, format, x, stored), actual = Tensor.Allocate(DType.F32, 2, 20);

        _cpu.MatMul(x, new Linear([part]), actual);
        KernelAssert.Close(expected.Span<float>(), actual.Span<float>(), Tolerance(format, 1040), name);
        _cpu.MatMul(x, new Linear([broken]), actual);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(
            () => { KernelAssert.Close(expected.Span<float>(), actual.Span<float>(), Tolerance(format, 1040), name); });
    }

    [Fact]
    public void Products_of_parts_in_several_formats_allocate_nothing()
    {
        SeededValues values = new(seed: 12);
        Linear weight = new([.. Kernels.MatMul.Formats.Select(f => Filled(_cpu, f, Random(values, f, 40, 300)))]);
        Tensor x = values.Normal(DType.F32, 20, 300), y = Tensor.Allocate(DType.F32, 20, weight.OutSize);
        for (int i = 0; i < 5; i++)
            Both();

        long before = GC.GetAllocatedBytesForCurrentThread();   // other tests allocate meanwhile
        for (int i = 0; i < 50; i++)
            Both();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Both()
        {
            _cpu.MatMul(x, weight, y);
            _cpu.MatMul(x.RowRange(0, 1), weight, y.RowRange(0, 1));
        }
    }

    [Fact]
    public void Parts_of_one_product_may_differ_in_format()
    {
        SeededValues values = new(seed: 13);
        Tensor x = values.Normal(DType.F32, 7, 500);
        Tensor[] stored = [.. Kernels.MatMul.Formats.Select(f => Random(values, f, 33, 500))];
        Tensor actual = Tensor.Allocate(DType.F32, 7, 33 * stored.Length);

        _cpu.MatMul(x, new Linear([.. stored.Select((s, i) => Filled(_cpu, Kernels.MatMul.Formats[i], s))]), actual);

        for (int i = 0; i < stored.Length; i++)
        {
            Tensor alone = Multiply(_cpu, Kernels.MatMul.Formats[i], x, stored[i]);
            for (int row = 0; row < 7; row++)
                KernelAssert.SameBits(alone.Row<float>(row), actual.Row<float>(row).Slice(33 * i, 33), Kernels.MatMul.Formats[i].ToString());
        }
    }

    private static PartFormat Find(string name) => Kernels.MatMul.Formats.Single(f => f.ToString() == name);

    private static double Tolerance(PartFormat format, int inSize) =>
        OpSpec.All.Single(s => s.Name == $"mat_mul/{format}").Tolerance([1, inSize, 1, 0]);

    private static Tensor Random(SeededValues values, PartFormat format, int rows, int cols) =>
        values.Normal(format.ScaleGroups > 0 ? DType.BF16 : format.DType, rows, cols);

    private static Part Filled(IBackend backend, PartFormat format, Tensor stored)
    {
        Part part = Part.Allocate(format, backend.LayoutOf(format), stored.Rows, stored.Cols);
        part.Fill(0, stored);
        return part;
    }

    private static Tensor Multiply(IBackend backend, PartFormat format, Tensor x, Tensor stored, Tensor? bias = null)
    {
        Tensor y = Tensor.Allocate(DType.F32, x.Rows, stored.Rows);
        y.Span<float>().Fill(float.NaN);
        backend.MatMul(x, new Linear([Filled(backend, format, stored)], bias), y);
        return y;
    }

    private static void Fill(Tensor tensor, int row, Func<int, float> value)
    {
        for (int c = 0; c < tensor.Cols; c++)
            tensor.Set(row, c, value(c));
    }
}
