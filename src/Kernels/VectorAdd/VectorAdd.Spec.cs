using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels;

public static partial class VectorAdd
{
    /// <summary>A shape is <c>[n]</c>.</summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        new("vector_add",
            Shapes: [[0], [1], [31], [32], [33], [255], [256], [257], [1009], [8192]],   // around a warp and a block, a prime
            Architectures: [GpuArch.Sm80, GpuArch.Sm90a],
            Prepare: Prepare,
            Bytes: s => 12L * s[0],
            Flops: s => s[0],
            Assembly: _ => new AssemblyBudget(Registers: 12, LoopInstructions: 0, ["FADD"], ["FFMA"]),
            Mutants: [SpecMutants.LastBlockDropped, SpecMutants.Swapped("first and last term swapped", "a", _ => 4)])
        {
            HardwareShapes = [[1 << 26]],
        },
    ];

    private static KernelCall Prepare(ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        int n = shape[0];
        Tensor a = values.Normal(DType.F32, 1, n), b = values.Normal(DType.F32, 1, n), sum = Tensor.Allocate(DType.F32, 1, n);
        Reference(a.Span<float>(), b.Span<float>(), sum.Span<float>());
        return new KernelCall(Ptx(arch), (n + Threads - 1) / Threads,
            [Buffer("a", a), Buffer("b", b), Output("sum", sum.Bytes), Scalar("n", n)],
            [Expect("sum", sum)]);   // one rounding, the same everywhere
    }
}
