using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels;

public static partial class SiluMul
{
    /// <summary>A shape is <c>[rows, cols]</c>.</summary>
    public static OpSpec Spec { get; } = new("silu_mul",
        Shapes: [[0, 16], [1, 1], [3, 15], [2, 16], [2, 17], [5, 61], [3, 8192]],
        DTypes: [DType.F32],
        Tolerance: _ => 25 * 6 * OpSpec.RoundingUnit,                           // values up to 25; exp within 2 ulp, four roundings
        Bytes: (s, _) => 12L * s[0] * s[1],
        Flops: s => 5L * s[0] * s[1],
        Prepare: (s, _, values) =>
        {
            Tensor gateUp = values.Normal(DType.F32, s[0], 2 * s[1]), y = Tensor.Allocate(DType.F32, s[0], s[1]);
            return new OpCall(ops => ops.SiluMul(gateUp, y), y);
        })
    {
        BenchShapes = DecoderSize.Rows((d, m) => [m, d.Intermediate]),
    };

    /// <summary>A shape is <c>[rows, cols]</c>.</summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        // none, one, around a warp of one element or of four, a prime, around a block, a real model's
        KernelSpecOf("silu_mul", NumberFormat.F32,
            [[0, 16], [1, 1], [3, 31], [2, 32], [2, 33], [5, 61], [2, 124], [2, 132], [2, 1020], [2, 1028], [3, 8192]]),
        KernelSpecOf("silu_mul_f16", NumberFormat.F16, [[0, 16], [1, 1], [2, 33], [2, 132], [2, 8192]]),
        KernelSpecOf("silu_mul_bf16", NumberFormat.BF16, [[0, 16], [1, 1], [2, 33], [2, 132], [2, 8192]]),
    ];

    private static KernelSpec KernelSpecOf(string name, NumberFormat output, ImmutableArray<ImmutableArray<int>> shapes) => new(name,
        shapes,
        Architectures: [GpuArch.Sm80, GpuArch.Sm90a],
        Prepare: (s, arch, values) => PrepareKernel(output, s, arch, values),
        Bytes: s => (8L + output.ByteSize()) * s[0] * s[1],
        Flops: s => 5L * s[0] * s[1],
        Assembly: _ => new AssemblyBudget(Registers: 24, LoopInstructions: 0, ["MUFU.EX2", "MUFU.RCP"], []),
        Mutants:
        [
            SpecMutants.LastBlockDropped,
            SpecMutants.Swapped("gate and up swapped", "gate_up", s => s[0] == 1 ? 4 * s[1] : 0),
            SpecMutants.Swapped("first and last row swapped", "gate_up", s => s[0] > 1 ? 8 * s[1] : 0),
        ])
    {
        HardwareShapes = [[1, 14336], [8, 14336], [8, 28672], [4096, 14336]],
    };

    // Of the value: the exponent is rounded, which e^-g sees as 1.45 · |g| units; |g| stays below 6 among so many
    // normals.
    // ex2 and the division are within 2 ulp, an ulp being two units; and three roundings, the reference's own one of
    // them.
    // Below 2^-120 quotients may flush to zero.
    private const double KernelTolerance = (1.45 * 6 + 4 + 4 + 3) * OpSpec.RoundingUnit, Tiny = 1e-36;

    private static KernelCall PrepareKernel(NumberFormat output, ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        Tensor gateUp = values.Normal(DType.F32, shape[0], 2 * shape[1]), y = Tensor.Allocate(DType.F32, shape[0], shape[1]);
        Reference(gateUp, y);
        return new KernelCall(Ptx(shape[1], arch, output), new GpuDim(shape[0], BlocksPerRow(shape[1])),
            [Buffer("gate_up", gateUp), Output("y", y.Length * output.ByteSize())], [ExpectRounded("y", y, output, Tiny, KernelTolerance)]);
    }
}
