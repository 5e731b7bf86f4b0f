using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Ptx;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>What the specs of single kernels do not say.</summary>
public class FirstKernelTests
{
    private static GpuArch Arch => GpuArch.Sm80;

    [Theory, InlineData(61), InlineData(4096)]
    public void Add_and_norm_fused_give_the_bits_of_the_two(int cols)
    {
        SeededValues values = new(5);
        Tensor x = values.Normal(DType.F32, 3, cols), y = values.Normal(DType.F32, 3, cols), weight = values.Normal(DType.F32, 1, cols);
        KernelCall fused = new(AddRmsNorm.Ptx(cols, Arch), 3,
            [Buffer("x", x), Buffer("y", y), Buffer("weight", weight), Output("normed", x.Bytes), Scalar("epsilon", 1e-5f)], []);
        Add.Reference(x, y);
        KernelCall second = new(Kernels.RmsNorm.Ptx(cols, Arch), 3,
            [Buffer("x", y), Buffer("weight", weight), Output("y", x.Bytes), Scalar("epsilon", 1e-5f)], []);

        Assert.Equal(EmulatedCalls.Run(second, "y", Arch), EmulatedCalls.Run(fused, "normed", Arch));
    }

    [Fact]
    public void A_row_is_normed_alike_alone_and_among_others()
    {
        SeededValues values = new(6);
        Tensor x = values.Normal(DType.F32, 4, 3072), weight = values.Normal(DType.F32, 1, 3072);
        byte[] Run(Tensor rows) => EmulatedCalls.Run(new KernelCall(Kernels.RmsNorm.Ptx(3072, Arch), (int)rows.Rows,
            [Buffer("x", rows), Buffer("weight", weight), Output("y", rows.Bytes), Scalar("epsilon", 1e-5f)], []), "y", Arch);

        Assert.Equal(Run(x)[(3 * 4 * 3072)..], Run(x.RowRange(3, 1)));
    }

    [Fact]
    public void Extreme_gates_neither_overflow_nor_become_NaN()
    {
        float[] gates = [0, -0f, 88.7f, -88.7f, 100, -100, 1e30f, -1e30f, float.PositiveInfinity, 1e-40f, -126.5f];
        float[] gateUp = [.. gates, .. gates.Select(_ => 2f)];
        KernelCall call = new(SiluMul.Ptx(gates.Length, Arch), 1, [Buffer<float>("gate_up", gateUp), Output("y", 4 * gates.Length)], []);

        float[] y = EmulatedCalls.RunF32(call, "y", Arch);

        Assert.Equal(0, y[0]);
        Assert.Equal(2 * 88.7f, y[2]);
        Assert.Equal(0, y[3], 1e-36);
        Assert.Equal([200, 0, 2e30f, 0, float.PositiveInfinity], [y[4], y[5], y[6], y[7], y[8]]);
        Assert.Equal(0, y[10], 1e-36);
    }

    // rows (1, 0) become (cos, sin)
    [Fact]
    public void Sine_and_cosine_are_right_for_angles_up_to_two_million()
    {
        const int Half = 512;
        Random random = new(8);
        float[] frequencies = [.. Enumerable.Range(0, Half).Select(i => i < 8 ? i * MathF.PI / 4 / 131071 : random.NextSingle() * 32 - 16)];
        int[] positions = [131071, 100_003, 77, 1, 0];
        float[] rows = new float[positions.Length * 2 * Half * 3];
        for (int r = 0; r < positions.Length; r++)
            rows.AsSpan(r * 2 * Half * 3, Half).Fill(1);
        KernelCall call = new(Rope.Ptx(new HeadLayout(1, 1, 2 * Half), Arch), positions.Length,
            [Buffer<float>("rows", rows), Buffer<float>("frequencies", frequencies), Buffer<int>("positions", positions)], []);

        float[] got = EmulatedCalls.RunF32(call, "rows", Arch);

        double largest = 0;
        for (int i = 0; i < positions.Length * Half; i++)
        {
            float angle = (float)positions[i / Half] * frequencies[i % Half];
            int at = i / Half * 2 * Half * 3 + i % Half;
            largest = Math.Max(largest, Math.Max(Math.Abs(got[at] - Math.Cos(angle)), Math.Abs(got[at + Half] - Math.Sin(angle))));
        }

        Assert.InRange(largest, 0, Math.Pow(2, -23.5));
    }

    [Fact]
    public void A_counter_without_order_is_reported()
    {
        KernelSpec spec = KernelSpecs.Find("reduce_grid_sum");
        KernelCall call = KernelSpecs.Prepare(spec, [1, 16001], Arch);
        string weak = call.Kernel.Ptx!.Replace("atom.acq_rel.gpu", "atom.relaxed.gpu", StringComparison.Ordinal);   // specs write text
        using EmulatedGpu gpu = new(new EmulatorOptions { Arch = Arch });

        KernelRunner.Run(gpu, call with { Kernel = GpuKernel.FromPtx(weak, call.Kernel.Entry, call.Kernel.Block) });

        Assert.NotEqual(call.Kernel.Ptx, weak);
        Assert.NotEmpty(gpu.Reports.SelectMany(r => r.Reports));
    }

    // products, norms, reductions and the transpose: all first kernels are free of them
    public static TheoryData<string> Names => [.. KernelSpec.All.Where(s => FirstKernels.Contains(s.Name)).Select(s => s.Name)];

    private static readonly string[] FirstKernels =
    [
        "vector_add", "rms_norm", "add_rms_norm", "silu_mul", "rope", "reduce_sum", "reduce_grid_sum", "transpose",
        "product_f8e4m3", "product_i8", "product_i8_i8",
    ];

    [Theory, MemberData(nameof(Names))]
    public void Nobody_waits_for_a_bank(string name)
    {
        KernelSpec spec = KernelSpecs.Find(name);
        using EmulatedGpu gpu = new(new EmulatorOptions { Arch = Arch });

        KernelRunner.Run(gpu, KernelSpecs.Prepare(spec, spec.Shapes[^1], Arch));

        Assert.Equal(0, gpu.Reports.Sum(r => r.Counters.SharedConflicts));
    }

    [Theory, InlineData(1), InlineData(3), InlineData(7), InlineData(64), InlineData(96), InlineData(640)]
    public void Division_by_a_constant_is_division(int divisor)
    {
        uint largest = (uint)((1L << 32) / divisor - 1);
        uint[] x = [.. ((uint[])[0, 1, (uint)divisor - 1, (uint)divisor, (uint)divisor + 1, 1000, largest / 2, largest - 1, largest]).Where(v => v <= largest)];
        GpuKernel kernel = PtxBuilder.Kernel("divide", Arch, x.Length, k =>
        {
            Global<U32> source = k.PointerParam<U32>("x"), target = k.PointerParam<U32>("y");
            (U32 quotient, U32 remainder) = source[k.ThreadX].DivideBy(divisor);
            target[k.ThreadX * 2] = quotient;
            target.Offset(1)[k.ThreadX * 2] = remainder;
        });

        byte[] y = EmulatedCalls.Run(new KernelCall(kernel, 1, [Buffer<uint>("x", x), Output("y", 8 * x.Length)], []), "y", Arch);

        Assert.Equal(x.SelectMany(v => (uint[])[v / (uint)divisor, v % (uint)divisor]),
            Enumerable.Range(0, 2 * x.Length).Select(i => BitConverter.ToUInt32(y, 4 * i)));
    }
}
