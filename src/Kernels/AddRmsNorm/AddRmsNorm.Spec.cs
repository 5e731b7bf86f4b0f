using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels;

public static partial class AddRmsNorm
{
    private const float KernelEpsilon = 1e-5f;

    /// <summary>A shape is <c>[rows, cols]</c>.</summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        KernelSpecOf("add_rms_norm", NumberFormat.F32,
            [[0, 64], [1, 1], [3, 31], [2, 32], [2, 33], [5, 61], [2, 124], [2, 128], [2, 132], [2, 4100], [3, 4096]]),
        KernelSpecOf("add_rms_norm_f16", NumberFormat.F16, [[0, 64], [1, 1], [2, 33], [2, 132], [3, 4096]]),
    ];

    private static KernelSpec KernelSpecOf(string name, NumberFormat output, ImmutableArray<ImmutableArray<int>> shapes) => new(name,
        shapes,
        Architectures: [GpuArch.Sm80, GpuArch.Sm90a],
        Prepare: (s, arch, values) => Prepare(output, s, arch, values),
        // x read, y read and written, normed; the weight once
        Bytes: s => (12L + output.ByteSize()) * s[0] * s[1] + (s[0] > 0 ? 4L * s[1] : 0),
        Flops: s => 5L * s[0] * s[1],
        Assembly: _ => new AssemblyBudget(Registers: 32, LoopInstructions: 0, ["MUFU.RSQ", "SHFL.BFLY"], []),
        Mutants: [SpecMutants.LastBlockDropped, SpecMutants.Swapped("first and last weight swapped", "weight", _ => 4)])
    {
        HardwareShapes = [[1, 3072], [8, 4096], [8, 8192], [8192, 4096]],
    };

    private static KernelCall Prepare(NumberFormat output, ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        Tensor x = values.Normal(DType.F32, shape[0], shape[1]), y = values.Normal(DType.F32, shape[0], shape[1]);
        Tensor weight = values.Normal(DType.F32, 1, shape[1]), normed = Tensor.Allocate(DType.F32, shape[0], shape[1]);
        KernelArgument before = Buffer("y", y);
        Reference(x, y, weight, KernelEpsilon, normed);
        return new KernelCall(Ptx(shape[1], arch, output), shape[0],
            [
                Buffer("x", x), before, Buffer("weight", weight), Output("normed", normed.Length * output.ByteSize()),
                Scalar("epsilon", KernelEpsilon),
            ],
            // the sum is rounded once
            [Expect("y", y), ExpectRounded("normed", normed, output, absolute: 0, RmsNorm.KernelTolerance(shape[1]))]);
    }
}
