using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels;

public static partial class Reduce
{
    /// <summary>A shape is <c>[rows, cols]</c>.</summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        Spec("reduce_sum", Reduction.Sum, isGrid: false), Spec("reduce_max", Reduction.Max, isGrid: false),
        Spec("reduce_grid_sum", Reduction.Sum, isGrid: true), Spec("reduce_grid_max", Reduction.Max, isGrid: true),
    ];

    private static KernelSpec Spec(string name, Reduction reduction, bool isGrid) => new(name,
        Shapes: isGrid
            ? [[0, 64], [1, 1], [2, 33], [1, 8191], [1, 8192], [2, 8193], [1, 8196], [1, 16001], [2, 131072]]
            : [[0, 64], [1, 1], [3, 31], [2, 32], [2, 33], [5, 61], [2, 124], [2, 132], [2, 4095], [3, 4096]],
        Architectures: [GpuArch.Sm80, GpuArch.Sm90a],
        Prepare: (s, arch, values) => Prepare(reduction, isGrid, s, arch, values),
        Bytes: s => 4L * s[0] * (s[1] + 1),
        Flops: s => (long)s[0] * s[1],
        Assembly: _ => new AssemblyBudget(Registers: 32, LoopInstructions: 0, [reduction == Reduction.Sum ? "FADD" : "FMNMX", "SHFL.BFLY"], []),
        Mutants:
        [
            SpecMutants.LastBlockDropped,
            new KernelMutant("last number ten times as large", (call, s) => s[0] == 0 ? null : SpecMutants.Change(call, "x", bytes =>
            {
                Span<byte> last = bytes.AsSpan(^4..);
                BitConverter.TryWriteBytes(last, reduction == Reduction.Sum ? BitConverter.ToSingle(last) * 10 : 100);
                return true;
            })),
        ])
    {
        HardwareShapes = isGrid ? [[1, 128256], [8, 128256], [1, 1 << 26]] : [[8, 8192], [8192, 8192]],
    };

    // Normal numbers: their sums grow like √cols, and each of a chain of additions rounds once. Rounding errors add
    // like a
    // random walk (Higham and Mary 2019): 8 standard deviations. A chain is a thread's, a warp's, the warps', and the
    // parts'.
    private static double Tolerance(int cols) =>
        8 * OpSpec.RoundingUnit * Math.Sqrt((double)cols * (32 + 5 + 32 + PartCount(cols) / 32 + 6));

    private static KernelCall Prepare(Reduction reduction, bool isGrid, ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        (int rows, int cols) = (shape[0], shape[1]);
        Tensor x = values.Normal(DType.F32, rows, cols), y = Tensor.Allocate(DType.F32, 1, rows);
        Reference(x, reduction, y);
        ExpectedOutput expected = Expect("y", y, reduction == Reduction.Sum ? Tolerance(cols) : 0);
        if (!isGrid)
            return new KernelCall(Ptx(cols, reduction, arch), rows, [Buffer("x", x), Output("y", y.Bytes)], [expected]);
        int parts = PartCount(cols);
        byte[] zeros = new byte[4 * rows];
        return new KernelCall(GridPtx(cols, reduction, arch), new GpuDim(parts, rows),
            [Buffer("x", x), Output("parts", 4L * rows * parts), Buffer<byte>("done", zeros), Output("y", y.Bytes)],
            [expected, new ExpectedOutput("done", NumberFormat.U32, zeros, 0, 0)]);
    }
}
