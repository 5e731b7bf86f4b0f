using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Layouts;
using Puna.Kernels.Tests.Gpu;
using Puna.Tools.KernelChecks;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels.Tests.MatMul;

public class SmallProductTests
{
    private const int MostRows = 64, OutSize = 33;

    // the emulator's order of sums within an mma is random, but the same for all of one seed: the kernel must rely on
    // no more.
    // One k that cuts tiles in half, one whose segments differ, one of a real model
    public static TheoryData<string, string, int> Products =>
    [
        .. from kind in (string[])["f8", "i8", "i8_i8"]
           from arch in (string[])["sm_80", "sm_90a"]
           from k in (int[])[160, 1056, 2048]
           select (kind, arch, k),
    ];

    [Theory, MemberData(nameof(Products))]
    public void A_row_has_the_same_bits_however_many_come_along(string kind, string architecture, int k)
    {
        GpuArch arch = GpuArch.Parse(architecture);
        byte[] all = EmulatedCalls.Run(Call(kind, arch, k, MostRows, grid: 2), "y", arch);

        foreach (int rows in (int[])[1, 3, 8, 9, 25])
        {
            byte[] some = EmulatedCalls.Run(Call(kind, arch, k, rows, grid: 2), "y", arch);

            Assert.Equal(all[..some.Length], some);
        }
    }

    [Theory, MemberData(nameof(Products))]
    public void A_result_has_the_same_bits_on_every_grid(string kind, string architecture, int k)
    {
        GpuArch arch = GpuArch.Parse(architecture);
        byte[] alone = EmulatedCalls.Run(Call(kind, arch, k, rows: 2, grid: 1), "y", arch);

        foreach (int grid in (int[])[2, 3, 5])
            Assert.Equal(alone, EmulatedCalls.Run(Call(kind, arch, k, rows: 2, grid), "y", arch));
    }

    [Theory, InlineData("sm_80"), InlineData("sm_89"), InlineData("sm_90a")]
    public void Every_e4m3_code_comes_out_exactly(string architecture)
    {
        GpuArch arch = GpuArch.Parse(architecture);
        const int K = 32, N = 256;
        byte[] codes = [.. Enumerable.Range(0, N * K).Select(i => (byte)(i / K))];
        Tensor x = OneHot(K, at: 19);

        float[] y = EmulatedCalls.RunF32(HalfCall(F8E4M3Product.Ptx(K, 1, NumberFormat.F16, arch), x, Packed(F8E4M3Product.Packing(arch), codes, N, K), N), "y", arch);

        // sm_80 has no conversion: there NaN counts as 480, as the kernel's remarks say
        float nan = arch < GpuArch.Sm89 ? 480 : float.NaN;
        Assert.Equal(Enumerable.Range(0, N).Select(c => float.IsNaN(Codes.FromE4M3((uint)c)) ? (c < 128 ? nan : -nan) : Codes.FromE4M3((uint)c)), y);
        Assert.Equal(448, y[0x7E]);
        Assert.Equal(MathF.Pow(2, -9), y[0x01]);   // the smallest subnormal
    }

    [Theory, InlineData("sm_80"), InlineData("sm_90a")]
    public void Every_int8_code_comes_out_exactly(string architecture)
    {
        GpuArch arch = GpuArch.Parse(architecture);
        const int K = 32, N = 256;
        byte[] codes = [.. Enumerable.Range(0, N * K).Select(i => (byte)(i / K))];
        byte[] flipped = [.. Packed(WeightPacking.F8Convert, codes, N, K).Select(c => (byte)(c ^ 0x80))];

        float[] y = EmulatedCalls.RunF32(HalfCall(I8Product.HalfPtx(K, 1, NumberFormat.F16, arch), OneHot(K, at: 7), flipped, N), "y", arch);

        Assert.Equal(Enumerable.Range(0, N).Select(c => (float)(sbyte)c), y);
    }

    [Theory, InlineData(-128, -128), InlineData(127, -128), InlineData(127, 127)]
    public void Sums_of_codes_are_exact(int left, int right)
    {
        const int K = 16384, N = 16;
        byte[] x = new byte[K], codes = new byte[N * K];
        Array.Fill(x, (byte)(sbyte)left);
        Array.Fill(codes, (byte)(sbyte)right);
        KernelCall call = new(I8Product.Ptx(K, 1, GpuArch.Sm80), 1,
            [
                Buffer<byte>("x", x), Buffer<float>("x_scale", [1]), Buffer<byte>("w", Packed(WeightPacking.Bits8, codes, N, K)),
                Buffer<float>("scale", [.. Enumerable.Repeat(1f, N)]), Output("y", 4 * N), Scalar("n", N),
            ], []);

        float[] y = EmulatedCalls.RunF32(call, "y", GpuArch.Sm80);

        Assert.Equal(Enumerable.Repeat((float)((long)left * right * K), N), y);
    }

    [Fact]
    public void Activations_in_F32_are_rounded_to_F16_first()
    {
        Tensor x = new SeededValues(3).Normal(DType.F32, 3, 96), halves = Tensor.Allocate(DType.F16, 3, 96);
        for (int i = 0; i < 3 * 96; i++)
            halves.Set(i / 96, i % 96, x.Get(i / 96, i % 96));
        byte[] weights = Packed(WeightPacking.F8Convert, SmallProduct.Codes(new SeededValues(4), 16 * 96, FiniteCodes()), 16, 96);
        byte[] Run(Tensor t, NumberFormat format) =>
            EmulatedCalls.Run(HalfCall(F8E4M3Product.Ptx(96, 3, format, GpuArch.Sm90a), t, weights, 16), "y", GpuArch.Sm90a);

        Assert.Equal(Run(halves, NumberFormat.F16), Run(x, NumberFormat.F32));
    }

    [Fact]
    public void Products_that_do_not_exist_are_refused_in_a_sentence()
    {
        Assert.StartsWith("SmallProduct: the inner dimension is 100, but a multiple of 32 was expected (weights are packed in tiles).",
            Assert.Throws<ArgumentException>(() => F8E4M3Product.Ptx(100, 1, NumberFormat.F16, GpuArch.Sm80)).Message, StringComparison.Ordinal);
        Assert.StartsWith("SmallProduct: there are 65 rows of activations, but 1 to 64 were expected.",
            Assert.Throws<ArgumentException>(() => F8E4M3Product.Ptx(64, 65, NumberFormat.F16, GpuArch.Sm80)).Message, StringComparison.Ordinal);
        Assert.StartsWith("I8Product: the inner dimension is 131072, but less than 131072 was expected (sums of 32 bits).",
            Assert.Throws<ArgumentException>(() => I8Product.Ptx(131072, 1, GpuArch.Sm80)).Message, StringComparison.Ordinal);
    }

    // the issue slots that notes/gpu-kernels.md 5.1 gives 2 KB of weights at up to 8 rows
    [Theory, InlineData("f8", "sm_90a", 57), InlineData("f8", "sm_80", 102), InlineData("i8", "sm_90a", 88), InlineData("i8_i8", "sm_90a", 22)]
    public void The_inner_loop_stays_within_its_issue_slots(string kind, string architecture, int slots)
    {
        const int K = 4096;
        GpuArch arch = GpuArch.Parse(architecture);
        SassListing sass = Ptxas.Assemble(Call(kind, arch, K, rows: 8, grid: 1).Kernel.Ptx!, arch).Sass;   // products are text
        int groupBytes = new ProductPlan(K, 8, kind == "i8_i8" ? 1 : 2).GroupTiles * PackedWeights.TileBytes;

        int inner = sass.Loops.Where(l => l.Body.Any(i => sass.Instructions[i].Mnemonic.Contains("MMA", StringComparison.Ordinal))).Min(l => l.Body.Count);

        Assert.InRange(inner * 2048.0 / groupBytes, slots / 2.0, slots);
    }

    [Fact]
    public void Plans_fit_and_leave_no_tile_out()
    {
        foreach (int k in (int[])[.. Enumerable.Range(1, 40).Select(i => 32 * i), 2048, 3072, 4096, 5120, 8192, 14336, 16384, 28672])
        {
            foreach (int rows in (int[])[1, 4, 8, 9, 16, 33, 64])
            {
                foreach (int bytes in (int[])[1, 2])
                {
                    ProductPlan plan = new(k, rows, bytes);
                    int sums = plan.BatchTiles * plan.ColumnTiles * ProductPlan.Warps * 512;
                    string what = $"{rows} rows of {k}";

                    Assert.True(plan.WarpBytes * ProductPlan.Warps + sums <= GpuArch.Sm80.SharedBytesPerBlock, what);
                    Assert.True(rows > 8 || plan.WarpBytes * ProductPlan.Warps + sums <= GpuArch.Sm86.SharedBytesPerBlock, what);
                    Assert.All(Enumerable.Range(0, ProductPlan.Warps), w => Assert.Equal(0, (plan.EndTile(w) - plan.StartTile(w)) % plan.GroupTiles));
                    Assert.Equal(k / 32, plan.EndTile(ProductPlan.Warps - 1));
                }
            }
        }
    }

    private static KernelCall Call(string kind, GpuArch arch, int k, int rows, int grid)
    {
        SeededValues values = new(11);
        byte[] codes = SmallProduct.Codes(values, OutSize * k, FiniteCodes()), bytes = SmallProduct.Codes(values, MostRows * k, FiniteCodes());
        Tensor scales = SmallProduct.Scales(values, OutSize), rowScales = SmallProduct.Scales(values, MostRows), all = values.Normal(DType.F16, MostRows, k);
        Tensor x = all.RowRange(0, rows);
        KernelCall call = kind switch
        {
            "f8" => HalfCall(F8E4M3Product.Ptx(k, rows, NumberFormat.F16, arch), x, Packed(F8E4M3Product.Packing(arch), codes, OutSize, k), OutSize, scales),
            "i8" => HalfCall(I8Product.HalfPtx(k, rows, NumberFormat.F16, arch), x, Packed(WeightPacking.F8Convert, codes, OutSize, k), OutSize, scales),
            _ => new(I8Product.Ptx(k, rows, arch), 1,
                [
                    Buffer<byte>("x", bytes.AsSpan(0, rows * k)), Buffer<float>("x_scale", rowScales.Span<float>()[..rows]),
                    Buffer<byte>("w", Packed(WeightPacking.Bits8, codes, OutSize, k)), Buffer("scale", scales), Output("y", 4 * rows * OutSize), Scalar("n", OutSize),
                ], []),
        };
        return call with { Grid = grid };
    }

    private static KernelCall HalfCall(GpuKernel kernel, Tensor x, byte[] packed, int n, Tensor? scales = null) => new(kernel, 1,
        [
            Buffer("x", x), Buffer<byte>("w", packed),
            scales is { } s ? Buffer("scale", s) : Buffer<float>("scale", [.. Enumerable.Repeat(1f, n)]),
            Output("y", 4 * x.Rows * n), Scalar("n", n),
        ], []);

    private static byte[] Packed(WeightPacking packing, byte[] codes, int n, int k) => SmallProduct.Packed(packing, codes, n, k, fill: 0);

    private static Tensor OneHot(int k, int at)
    {
        Tensor x = Tensor.Allocate(DType.F16, 1, k);
        MemoryMarshal.Cast<ushort, Half>(x.Span<ushort>())[at] = Half.One;
        return x;
    }

    private static byte[] FiniteCodes() => [.. Enumerable.Range(0, 256).Select(i => (byte)((i & 0x7F) == 0x7F ? 0 : i))];
}
