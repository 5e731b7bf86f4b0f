using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels;

public static partial class Rope
{
    /// <summary>A shape is <c>[rows, query heads, kv heads, head dim]</c>.</summary>
    public static OpSpec Spec { get; } = new("rope",
        Shapes: [[0, 1, 1, 2], [1, 1, 1, 2], [3, 2, 1, 8], [2, 3, 3, 30], [2, 4, 2, 32], [3, 2, 2, 34], [4, 32, 8, 64], [2, 8, 2, 128]],
        DTypes: [DType.F32],
        Tolerance: _ => 8 * 4 * OpSpec.RoundingUnit,                            // values up to 8 after rotation, three roundings
        Bytes: (s, _) => 8L * s[0] * (s[1] + s[2]) * s[3],
        Flops: s => 3L * s[0] * (s[1] + s[2]) * s[3],
        Prepare: (s, _, values) =>
        {
            HeadLayout heads = new(s[1], s[2], s[3]);
            Tensor start = values.Normal(DType.F32, s[0], heads.QuerySize + 2 * heads.KvSize);
            Tensor frequencies = values.Normal(DType.F32, 1, s[3] / 2), positions = values.Integers(s[0], 100_000);
            Tensor rows = Tensor.Allocate(DType.F32, start.Rows, start.Cols);
            return new OpCall(ops =>
            {
                start.Span<float>().CopyTo(rows.Span<float>());
                ops.Rope(rows, heads, frequencies, positions);
            }, rows)
            {
                Again = ops => ops.Rope(rows, heads, frequencies, positions),
            };
        })
    {
        BenchShapes = DecoderSize.Rows((d, m) => [m, d.Heads.HeadCount, d.Heads.KvHeadCount, d.Heads.HeadDim]),
    };

    /// <summary>A shape is <c>[rows, query heads, kv heads, head dim]</c>.</summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        new("rope",
            Shapes:
            [
                [0, 1, 1, 2], [1, 1, 1, 2], [3, 2, 1, 8], [2, 3, 3, 30], [2, 4, 2, 32], [3, 2, 2, 34], [2, 5, 1, 62],
                [4, 32, 8, 64], [3, 32, 8, 128],
            ],
            Architectures: [GpuArch.Sm80, GpuArch.Sm90a],
            Prepare: PrepareKernel,
            Bytes: s => 8L * s[0] * (s[1] + s[2]) * s[3],
            Flops: s => 3L * s[0] * (s[1] + s[2]) * s[3],
            Assembly: _ => new AssemblyBudget(Registers: 24, LoopInstructions: 24, ["FFMA"], ["MUFU.SIN", "DFMA"]),
            Mutants:
            [
                SpecMutants.LastBlockDropped,
                SpecMutants.Swapped("first and last position swapped", "positions", _ => 4),
                SpecMutants.Swapped("first and last head swapped", "rows", s => 4 * s[3]),
            ])
        {
            HardwareShapes = [[1, 32, 8, 128], [8, 64, 8, 128], [8192, 32, 8, 128]],
        },
    ];

    // values up to 7 (two normals): sine and cosine within 2^-23.5 of the exact ones, the reference's rounded to F32,
    // which is
    // 2.4 units together for each of the two; then three roundings, one of them the reference's own
    private const double KernelTolerance = 7 * (1.42 * 2.4 + 3) * OpSpec.RoundingUnit;

    private static KernelCall PrepareKernel(ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        HeadLayout heads = new(shape[1], shape[2], shape[3]);
        Tensor rows = values.Normal(DType.F32, shape[0], heads.QuerySize + 2 * heads.KvSize);
        Tensor frequencies = values.Normal(DType.F32, 1, shape[3] / 2), positions = values.Integers(shape[0], 131_072);
        if (shape[0] > 0)
            frequencies.Row<float>(0)[0] = 1;   // a real model's largest: angles up to 131,071
        KernelArgument before = Buffer("rows", rows);
        Reference(rows, heads, frequencies, positions);
        return new KernelCall(Ptx(heads, arch), shape[0],
            [before, Buffer("frequencies", frequencies), Buffer("positions", positions)], [Expect("rows", rows, KernelTolerance)]);
    }
}
