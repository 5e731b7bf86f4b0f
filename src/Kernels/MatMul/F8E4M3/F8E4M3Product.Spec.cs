using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels;

public static partial class F8E4M3Product
{
    private const double WeightDeviation = 32, LargestScale = 1.5;

    /// <summary>
    /// A shape is <c>[rows, k, n]</c>; up to 8 rows, more, and F32 activations. Budgets are of 4 KB of weights: per 2
    /// KB, 54 for
    /// at most 8 rows and 71 for 16, by masks 102 and 115 (notes 5.1: 57, 68, 102).
    /// </summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        Spec("product_f8e4m3", NumberFormat.F16, SmallProduct.Shapes, registers: 80, loop: (113, 204))
            with { HardwareShapes = SmallProduct.HardwareShapes },
        Spec("product_f8e4m3_wide", NumberFormat.F16, SmallProduct.WideShapes, registers: 128, loop: (142, 229))
            with { HardwareShapes = SmallProduct.WideHardwareShapes },
        Spec("product_f8e4m3_f32", NumberFormat.F32,
            [[0, 64, 16], [1, 32, 1], [3, 160, 17], [8, 1056, 31], [8, 4096, 32]], registers: 64, loop: (113, 204)),
    ];

    private static KernelSpec Spec(string name, NumberFormat activations, ImmutableArray<ImmutableArray<int>> shapes, int registers,
        (int Converted, int Masked) loop) => new(name,
        shapes,
        Architectures: name == "product_f8e4m3" ? [GpuArch.Sm80, GpuArch.Sm89, GpuArch.Sm90a] : [GpuArch.Sm80, GpuArch.Sm90a],
        Prepare: (s, arch, values) => Prepare(activations, s, arch, values),
        Bytes: s => SmallProduct.Bytes(s, activations.ByteSize()),
        Flops: SmallProduct.Flops,
        Assembly: arch => HasConversion(arch)
            ? new AssemblyBudget(registers, loop.Converted,
                ["HMMA.16816.F32", "F2FP.F16.E4M3.UNPACK_B", "LDG.E.NA.LTC256B.128.CONSTANT", "LDS.128"], ["QMMA"])
            : new AssemblyBudget(registers, loop.Masked,
                ["HMMA.16816.F32", "LOP3.LUT", "LDG.E.NA.LTC128B.128.CONSTANT", "LDS.128"], []),
        Mutants: SmallProduct.Mutants(zero: 0));

    private static KernelCall Prepare(NumberFormat activations, ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        (int rows, int k, int n) = (shape[0], shape[1], shape[2]);
        Tensor x = values.Normal(activations == NumberFormat.F16 ? DType.F16 : DType.F32, rows, k), y = Tensor.Allocate(DType.F32, rows, n);
        Tensor scales = SmallProduct.Scales(values, n);
        byte[] codes = SmallProduct.Codes(values, (long)n * k, NormalCodes());
        Reference(x, codes, scales.Span<float>(), y);
        return SmallProduct.HalfCall(Ptx(k, Math.Max(rows, 1), activations, arch), shape, x,
            SmallProduct.Packed(Packing(arch), codes, n, k, fill: 0), scales, y, SmallProduct.Tolerance(k, LargestScale * WeightDeviation));
    }

    // a byte of randomness chooses among 256 normal numbers
    private static byte[] NormalCodes()
    {
        Tensor normal = new SeededValues(7).Normal(DType.F32, 1, 256, WeightDeviation);
        return [.. Enumerable.Range(0, 256).Select(i => (byte)Codes.ToE4M3(normal.Get(0, i)))];
    }
}
