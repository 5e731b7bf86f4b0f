using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels;

public static partial class RmsNorm
{
    private const float KernelEpsilon = 1e-5f;

    /// <summary>A shape is <c>[rows, cols]</c>.</summary>
    public static OpSpec Spec { get; } = new("rms_norm",
        Shapes: [[0, 64], [1, 1], [3, 15], [2, 16], [2, 17], [5, 61], [3, 256], [2, 4096]],
        DTypes: [DType.F32],
        // values up to 25 (a normal times a normal); squares: cols / 16 additions per lane; then four roundings
        Tolerance: s => 25 * (Math.Sqrt(s[1] / 16.0) + 6) * OpSpec.RoundingUnit,
        Bytes: (s, _) => 4L * (2 * s[0] + 1) * s[1],
        Flops: s => 4L * s[0] * s[1],
        Prepare: (s, _, values) =>
        {
            Tensor x = values.Normal(DType.F32, s[0], s[1]), weight = values.Normal(DType.F32, 1, s[1]);
            Tensor y = Tensor.Allocate(DType.F32, s[0], s[1]);
            return new OpCall(ops => ops.RmsNorm(x, weight, 1e-5f, y), y);
        })
    {
        BenchShapes = DecoderSize.Rows((d, m) => [m, d.Hidden]),
    };

    /// <summary>A shape is <c>[rows, cols]</c>.</summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        // none, one, around a warp of one element or of four, a prime, around a block's step, real models'
        KernelSpecOf("rms_norm", NumberFormat.F32,
            [[0, 64], [1, 1], [3, 31], [2, 32], [2, 33], [5, 61], [2, 124], [2, 128], [2, 132], [2, 2044], [2, 4100], [3, 4096], [1, 8192]]),
        KernelSpecOf("rms_norm_f16", NumberFormat.F16, [[0, 64], [1, 1], [2, 33], [2, 124], [2, 132], [3, 4096]]),
        KernelSpecOf("rms_norm_bf16", NumberFormat.BF16, [[0, 64], [1, 1], [2, 33], [2, 124], [2, 132], [3, 4096]]),
    ];

    private static KernelSpec KernelSpecOf(string name, NumberFormat output, ImmutableArray<ImmutableArray<int>> shapes) => new(name,
        shapes,
        Architectures: [GpuArch.Sm80, GpuArch.Sm90a],
        Prepare: (s, arch, values) => Prepare(output, s, arch, values),
        Bytes: s => (4L + output.ByteSize()) * s[0] * s[1] + (s[0] > 0 ? 4L * s[1] : 0),   // x and y once per row, the weight once
        Flops: s => 4L * s[0] * s[1],
        Assembly: _ => new AssemblyBudget(Registers: 32, LoopInstructions: 0, ["MUFU.RSQ", "SHFL.BFLY"], []),
        Mutants: output == NumberFormat.F32
            ? [SpecMutants.LastBlockDropped, new("epsilon left out", (call, s) => s[0] == 0 ? null : WithoutEpsilon(call))]
            : [SpecMutants.LastBlockDropped, SpecMutants.Swapped("first and last weight swapped", "weight", _ => 4)])
    {
        HardwareShapes = [[1, 3072], [8, 4096], [8, 8192], [8192, 4096]],
    };

    // of the value: half the sum's error (a chain of at most 32 squares in a thread, 5 steps in a warp, 32 warps, all
    // of one
    // sign), 2^-22.9 for the reciprocal root, and 5 roundings (mean, + epsilon, two products, the reference's own)
    internal static double KernelTolerance(int cols)
    {
        BlockRow row = new(cols);
        return ((row.Pieces * row.Width + 5 + row.Threads / 32) / 2.0 + 2.2 + 5) * OpSpec.RoundingUnit;
    }

    private static KernelCall Prepare(NumberFormat output, ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        Tensor x = values.Normal(DType.F32, shape[0], shape[1]), weight = values.Normal(DType.F32, 1, shape[1]);
        Tensor y = Tensor.Allocate(DType.F32, shape[0], shape[1]);
        Reference(x, weight, KernelEpsilon, y);
        return new KernelCall(Ptx(shape[1], arch, output), shape[0],
            [Buffer("x", x), Buffer("weight", weight), Output("y", y.Length * output.ByteSize()), Scalar("epsilon", KernelEpsilon)],
            [ExpectRounded("y", y, output, absolute: 0, KernelTolerance(shape[1]))]);
    }

    // the error that this makes, 5e-6 of each value, is the smallest that the tolerance must see
    private static KernelCall? WithoutEpsilon(KernelCall call) => SpecMutants.Change(call, "epsilon", bytes =>
    {
        bytes.AsSpan().Clear();
        return true;
    });
}
