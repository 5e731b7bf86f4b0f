using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Arrays in, arrays out; and what a report says of the C# program that wrote the kernel.</summary>
public sealed class GpuRunTests : IDisposable
{
    private readonly EmulatedGpu _gpu = new(new EmulatorOptions { Arch = GpuArch.Sm80 });

    public void Dispose() => _gpu.Dispose();

    [Fact]
    public void Arrays_of_every_number_type_are_copied_in_and_back()
    {
        GpuKernel kernel = PtxBuilder.Kernel("copy_bytes", GpuArch.Sm80, threads: 16, k =>
        {
            Global<U8> from = k.PointerParam<U8>("from"), to = k.PointerParam<U8>("to");
            to[k.ThreadX] = from[k.ThreadX];
        });
        Array[] sources =
        [
            new float[] { 1.5f, -2, 3, 4 }, new double[] { 1.5, -2 }, new Half[] { (Half)1, (Half)2, (Half)3, (Half)4, (Half)5, (Half)6, (Half)7, (Half)8 },
            new int[] { -1, 2, 3, 4 }, new uint[] { 1, 2, 3, 4 }, new long[] { -1, 2 }, new ulong[] { 1, ulong.MaxValue },
            new short[] { -1, 2, 3, 4, 5, 6, 7, 8 }, new ushort[] { 1, 2, 3, 4, 5, 6, 7, 8 },
            new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 }, new sbyte[] { -1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
        ];

        foreach (Array source in sources)
        {
            var target = Array.CreateInstance(source.GetType().GetElementType()!, source.Length); // an array has an element type
            _gpu.Run(kernel, 1, source, target);

            Assert.Equal(source, target);
        }
    }

    [Fact]
    public void Numbers_are_passed_by_value()
    {
        GpuKernel kernel = PtxBuilder.Kernel("store", GpuArch.Sm80, threads: 1, k =>
        {
            Global<F32> y = k.PointerParam<F32>("y");
            y[0] = k.Param<F32>("a");
            y[1] = k.Param<I32>("b").ToF32();
            y[2] = k.Param<U32>("c").ToF32();
        });
        float[] y = new float[3];

        _gpu.Run(kernel, 1, y, 1.5f, -7, 9u);

        Assert.Equal([1.5f, -7, 9], y);
    }

    [Fact]
    public void What_is_neither_an_array_nor_a_number_is_refused()
    {
        GpuKernel kernel = PtxBuilder.Kernel("nothing", GpuArch.Sm80, threads: 1, k => k.PointerParam<F32>("y"));

        ArgumentException e = Assert.Throws<ArgumentException>(() => _gpu.Run(kernel, 1, "text"));

        Assert.Equal("GpuRun: an argument is String, but an array of numbers, int, uint, long, ulong, float or double was expected.", e.Message);
    }

    [Fact]
    public void A_report_names_the_line_of_the_program_that_wrote_the_instruction()
    {
        GpuKernel kernel = PtxBuilder.Kernel("beyond", GpuArch.Sm80, threads: 32, k =>
        {
            Global<F32> x = k.PointerParam<F32>("x");
            x[k.ThreadX + 1] = 0;
        });
        float[] x = new float[32];

        _gpu.Run(kernel, 1, x);

        Finding finding = Assert.Single(_gpu.Reports[0].Reports);
        Assert.Equal(FindingKind.OutOfBounds, finding.Kind);
        Assert.Equal("GpuRunTests.cs:72", finding.Source);
        Assert.StartsWith($"OutOfBounds: beyond line {finding.Line} (GpuRunTests.cs:72), block [0, 0, 0], thread [31, 0, 0], seed 0: `st.global.f32", finding.ToString(), StringComparison.Ordinal);
    }
}
