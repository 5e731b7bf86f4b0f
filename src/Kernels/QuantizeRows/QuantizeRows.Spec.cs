using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;
using static Puna.Kernels.Gpu.SpecArguments;

namespace Puna.Kernels;

public static partial class QuantizeRows
{
    /// <summary>A shape is <c>[rows, cols]</c>. Codes and scales must be equal: each rounding is part of the definition.</summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        new("quantize_rows",
            Shapes: [[0, 64], [1, 1], [3, 31], [2, 32], [2, 33], [9, 61], [9, 128], [3, 8192], [9, 4096]],
            Architectures: [GpuArch.Sm80, GpuArch.Sm90a],
            Prepare: Prepare,
            Bytes: s => (5L * s[1] + 4) * s[0],
            Flops: s => 2L * s[0] * s[1],
            Assembly: _ => new AssemblyBudget(Registers: 40, LoopInstructions: 0, ["LDG.E", "STG.E"], []),
            Mutants:
            [
                SpecMutants.LastBlockDropped,
                SpecMutants.Swapped("first and last element swapped", "x", _ => 4),
                new("a tie lies one unit above", (call, _) => SpecMutants.Change(call, "x", MoveTie)),
            ])
        {
            HardwareShapes = [[4096, 4096], [4096, 8192]],
        },
    ];

    private static KernelCall Prepare(ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        (int rows, int cols) = (shape[0], shape[1]);
        Tensor x = values.Normal(DType.F32, rows, cols);
        if (rows == RowsWithSpecialValues)
            PlantSpecialValues(x);
        sbyte[] codes = new sbyte[rows * cols];
        float[] scales = new float[rows];
        for (int r = 0; r < rows; r++)
            scales[r] = Reference(x.Row<float>(r), codes.AsSpan(r * cols, cols));

        return new KernelCall(Ptx(cols, arch), rows,
            [Buffer("x", x), Output("codes", codes.Length), Output("scales", 4L * rows)],
            [
                new ExpectedOutput("codes", NumberFormat.I8, MemoryMarshal.AsBytes(codes.AsSpan()).ToArray(), 0, 0),
                new ExpectedOutput("scales", NumberFormat.F32, MemoryMarshal.AsBytes(scales.AsSpan()).ToArray(), 0, 0),
            ]);
    }

    private const int RowsWithSpecialValues = 9;
    private const float Tie = 2.5f;

    // the last row stays as it is
    private static void PlantSpecialValues(Tensor x)
    {
        x.Row<float>(0).Clear();
        x.Row<float>(1)[17] = float.NaN;
        x.Row<float>(2)[^1] = float.NegativeInfinity;
        (x.Row<float>(3)[5], x.Row<float>(3)[40]) = (float.PositiveInfinity, float.NaN);
        Fill(x.Row<float>(4), c => (c % 60 - 30) * float.Epsilon);   // the scale is rounded to 0
        Fill(x.Row<float>(5), c => (c % 301 - 30) * float.Epsilon);  // or to a unit, or to two, so that codes are clamped
        Fill(x.Row<float>(6), c => c == 1 ? 127 : c % 60 - 30 + Tie);   // the scale is 1
        Fill(x.Row<float>(7), c => c == 2 ? -float.MaxValue : c * 1e36f);
    }

    private static void Fill(Span<float> row, Func<int, float> value)
    {
        for (int c = 0; c < row.Length; c++)
            row[c] = value(c);
    }

    // 2.5 becomes 2, and the next larger number 3
    private static bool MoveTie(byte[] x)
    {
        Span<float> values = MemoryMarshal.Cast<byte, float>(x.AsSpan());
        int at = values.IndexOf(Tie);
        if (at >= 0)
            values[at] = MathF.BitIncrement(Tie);
        return at >= 0;
    }
}
