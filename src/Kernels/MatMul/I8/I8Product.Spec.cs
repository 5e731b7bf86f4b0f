using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Layouts;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels;

public static partial class I8Product
{
    private const double CodeDeviation = 74, LargestScale = 1.5;   // of all codes, equally often

    /// <summary>
    /// A shape is <c>[rows, k, n]</c>; INT8 activations and F16 ones, up to 8 rows and more. Budgets are of 4 KB of
    /// weights: per
    /// 2 KB, 87 for F16 and at most 8 rows, 100 for 16; codes take 19 and 24, so that bringing activations of a short k is
    /// their longest loop, of 87 (notes 5.1: 88, 22, 29).
    /// </summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        CodesSpec("product_i8_i8", SmallProduct.Shapes, registers: 72, loop: 87)
            with { HardwareShapes = SmallProduct.HardwareShapes },
        CodesSpec("product_i8_i8_wide", SmallProduct.WideShapes, registers: 120, loop: 87)
            with { HardwareShapes = SmallProduct.WideHardwareShapes },
        HalfSpec("product_i8", SmallProduct.Shapes, registers: 80, loop: 174)
            with { HardwareShapes = SmallProduct.HardwareShapes },
        HalfSpec("product_i8_wide", SmallProduct.WideShapes, registers: 128, loop: 200)
            with { HardwareShapes = SmallProduct.WideHardwareShapes },
    ];

    private static KernelSpec CodesSpec(string name, ImmutableArray<ImmutableArray<int>> shapes, int registers, int loop) => new(name,
        shapes, Architectures: [GpuArch.Sm80, GpuArch.Sm90a], Prepare,
        Bytes: s => SmallProduct.Bytes(s, elementBytes: 1) + 4L * s[0], SmallProduct.Flops,
        Assembly: arch => new AssemblyBudget(registers, loop,
            ["IMMA.16832.S8.S8", $"LDG.E.NA.{Sector(arch)}.128.CONSTANT"], ["HMMA"]),
        SmallProduct.Mutants(zero: 0));

    private static KernelSpec HalfSpec(string name, ImmutableArray<ImmutableArray<int>> shapes, int registers, int loop) => new(name,
        shapes, Architectures: [GpuArch.Sm80, GpuArch.Sm90a], PrepareHalf,
        Bytes: s => SmallProduct.Bytes(s, elementBytes: 2), SmallProduct.Flops,
        Assembly: arch => new AssemblyBudget(registers, loop,
            ["HMMA.16816.F32", "PRMT", $"LDG.E.NA.{Sector(arch)}.128.CONSTANT", "LDS.128"], ["IMMA", "F2FP.F16.E4M3.UNPACK_B"]),
        SmallProduct.Mutants(zero: SignBit));

    // what becomes of L2::256B: sm_80 takes half of it
    private static string Sector(GpuArch arch) => arch == GpuArch.Sm80 ? "LTC128B" : "LTC256B";

    private const byte SignBit = 0x80;   // codes with it flipped are 128 too large, and never negative

    private static KernelCall Prepare(ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        (int rows, int k, int n) = (shape[0], shape[1], shape[2]);
        Tensor y = Tensor.Allocate(DType.F32, rows, n);
        Tensor scales = SmallProduct.Scales(values, n), rowScales = SmallProduct.Scales(values, rows);
        byte[] x = SmallProduct.Codes(values, (long)rows * k, AllCodes());
        byte[] codes = SmallProduct.Codes(values, (long)n * k, AllCodes());
        Reference(Signed(x), rowScales.Span<float>(), Signed(codes), scales.Span<float>(), y);

        // the sum is exact; its conversion, two products and the reference's own rounding
        return new KernelCall(Ptx(k, Math.Max(rows, 1), arch), SmallProduct.Grid(shape),
            [
                Buffer<byte>("x", x), Buffer("x_scale", rowScales),
                Buffer<byte>("w", SmallProduct.Packed(WeightPacking.Bits8, codes, n, k, fill: 0)), Buffer("scale", scales),
                Output("y", y.Bytes), Scalar("n", n),
            ],
            [Expect("y", y, relative: 4 * OpSpec.RoundingUnit)]);
    }

    private static KernelCall PrepareHalf(ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        (int rows, int k, int n) = (shape[0], shape[1], shape[2]);
        Tensor x = values.Normal(DType.F16, rows, k), y = Tensor.Allocate(DType.F32, rows, n), scales = SmallProduct.Scales(values, n);
        byte[] codes = SmallProduct.Codes(values, (long)n * k, AllCodes());
        HalfReference(x, Signed(codes), scales.Span<float>(), y);
        byte[] packed = SmallProduct.Packed(WeightPacking.F8Convert, codes, n, k, fill: 0);
        foreach (ref byte code in packed.AsSpan())
            code ^= SignBit;
        return SmallProduct.HalfCall(HalfPtx(k, Math.Max(rows, 1), NumberFormat.F16, arch), shape, x, packed, scales, y,
            SmallProduct.Tolerance(k, LargestScale * CodeDeviation));
    }

    private static byte[] AllCodes() => [.. Enumerable.Range(0, 256).Select(i => (byte)i)];

    private static ReadOnlySpan<sbyte> Signed(byte[] codes) => MemoryMarshal.Cast<byte, sbyte>(codes);
}
