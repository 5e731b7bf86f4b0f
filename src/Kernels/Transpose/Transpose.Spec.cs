using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels;

public static partial class Transpose
{
    /// <summary>A shape is <c>[rows, cols]</c>.</summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        new("transpose",
            Shapes: [[0, 32], [1, 1], [31, 33], [32, 32], [33, 31], [61, 67], [64, 96], [128, 512]],
            Architectures: [GpuArch.Sm80, GpuArch.Sm90a],
            Prepare: Prepare,
            Bytes: s => 8L * s[0] * s[1],
            Flops: _ => 0,
            Assembly: _ => new AssemblyBudget(Registers: 28, LoopInstructions: 0, ["STS", "LDS", "BAR.SYNC"], []),
            Mutants: [SpecMutants.LastBlockDropped, SpecMutants.Swapped("first and last element swapped", "x", _ => 4)])
        {
            HardwareShapes = [[8192, 8192]],
        },
    ];

    private static KernelCall Prepare(ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        Tensor x = values.Normal(DType.F32, shape[0], shape[1]), y = Tensor.Allocate(DType.F32, shape[1], shape[0]);
        Reference(x, y);
        return new KernelCall(Ptx(arch), Grid(shape[0], shape[1]),
            [Buffer("x", x), Output("y", y.Bytes), Scalar("rows", shape[0]), Scalar("cols", shape[1])], [Expect("y", y)]);
    }
}
