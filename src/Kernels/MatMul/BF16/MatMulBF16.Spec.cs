using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;

namespace Puna.Kernels;

public static partial class MatMulBF16
{
    // none, one; a prime number of rows, one row less than a tile, with segments of one and two steps; whole tiles; one
    // more in each direction, with half a step left over; the keys of Llama 3.2 1B
    private static readonly ImmutableArray<ImmutableArray<int>> Shapes =
        [[0, 8, 8], [1, 8, 8], [113, 120, 144], [127, 120, 144], [128, 128, 160], [129, 136, 1032], [7, 512, 2048]];

    // Llama 3.1 8B: query and output, gate and up, down
    private static readonly ImmutableArray<ImmutableArray<int>> LargeShapes = [[512, 4096, 4096], [512, 28672, 4096], [512, 4096, 14336]];

    private static readonly ImmutableArray<KernelMutant> Mutants =
    [
        new("last tile dropped", (call, s) => call.Grid.Y > 1 ? call with { Grid = call.Grid with { Y = call.Grid.Y - 1 } } : null),
        new("two weight rows exchanged", (call, s) => s[0] == 0 ? null : call with { Arguments = [.. call.Arguments.Select(a => a.Name == "w" ? Exchanged(a, s) : a)] }),
    ];

    /// <summary>The specs of both kernels; a shape is <c>[rows, out, in]</c>.</summary>
    public static ImmutableArray<KernelSpec> Kernels { get; } =
    [
        new("mat_mul_bf16", Shapes, [GpuArch.Sm80, GpuArch.Sm86, GpuArch.Sm90a], Prepare, Bytes, Flops,
            _ => new AssemblyBudget(208, 200, ["HMMA", "LDSM", "LDGSTS"], []), Mutants)
        { HardwareShapes = LargeShapes },
        new("mat_mul_bf16_wgmma", Shapes, [GpuArch.Sm90a], PrepareWgmma, Bytes, Flops,
            _ => new AssemblyBudget(160, 72, ["HGMMA", "UTMALDG", "SYNCS"], ["HMMA"]), Mutants)
        { HardwareShapes = LargeShapes },
    ];

    // w and x once, y once
    private static long Bytes(ImmutableArray<int> s) => 2L * s[2] * (s[0] + s[1]) + 4L * s[0] * s[1];

    private static long Flops(ImmutableArray<int> s) => 2L * s[0] * s[1] * s[2];

    private static KernelCall Prepare(ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        (KernelArgument x, KernelArgument w, KernelArgument y, ExpectedOutput expected) = Inputs(shape, values);
        return new(Ptx(shape[1], shape[2], arch), Grid(shape[0], shape[1]), [x, w, y, Rows(shape)], [expected]);
    }

    private static KernelCall PrepareWgmma(ImmutableArray<int> shape, GpuArch arch, SeededValues values)
    {
        (KernelArgument x, KernelArgument w, KernelArgument y, ExpectedOutput expected) = Inputs(shape, values);
        return new(WgmmaPtx(shape[1], shape[2]), Grid(shape[0], shape[1]),
        [
            x with { Kind = ArgumentKind.TensorMap, Map = Box(Math.Max(1, shape[0]), shape[2]) },
            w with { Kind = ArgumentKind.TensorMap, Map = Box(shape[1], shape[2]) }, y, Rows(shape),
        ], [expected]);
    }

    private static (KernelArgument X, KernelArgument W, KernelArgument Y, ExpectedOutput Expected) Inputs(ImmutableArray<int> shape, SeededValues values)
    {
        (int rows, int outSize, int inSize) = (shape[0], shape[1], shape[2]);
        // the weight first: more rows then only add rows
        Tensor w = values.Normal(DType.BF16, outSize, inSize), x = values.Normal(DType.BF16, Math.Max(1, rows), inSize);
        Tensor wide = Tensor.Allocate(DType.F32, rows, inSize), y = Tensor.Allocate(DType.F32, rows, outSize);
        for (int row = 0; row < rows; row++)
            x.CopyRow(row, wide.Row<float>(row));
        MatMul.Reference(wide, new Linear(w), y);
        return (
            new KernelArgument("x", ArgumentKind.Buffer, Contents<ushort>(x)),
            new KernelArgument("w", ArgumentKind.Buffer, Contents<ushort>(w)),
            new KernelArgument("y", ArgumentKind.Buffer, default, Math.Max(4, y.Bytes)),
            new ExpectedOutput("y", NumberFormat.F32, Contents<float>(y), Tolerance(inSize), 0));
    }

    /// <summary>
    /// Tensor cores add 16 products at a time and cut the sum off: at most 2^-23 of the sum so far each time, always toward
    /// zero, so errors add up. A segment makes K / 128 such additions, 8 follow for the segments and 2 stand for the
    /// additions inside; sums of standard normal products stay below 5 · sqrt(K).
    /// </summary>
    private static double Tolerance(int inSize) => (inSize / 128.0 + 10) * 5 * Math.Sqrt(inSize) * Math.Pow(2, -23);

    private static KernelArgument Rows(ImmutableArray<int> shape) => new("rows", ArgumentKind.Scalar, BitConverter.GetBytes(shape[0]));

    private static byte[] Contents<T>(Tensor tensor) where T : unmanaged => MemoryMarshal.AsBytes(tensor.Span<T>()).ToArray();

    private static KernelArgument Exchanged(KernelArgument weight, ImmutableArray<int> shape)
    {
        byte[] bytes = weight.Bytes.ToArray();
        int row = 2 * shape[2];
        (byte[] first, byte[] last) = (bytes[..row], bytes[^row..]);
        last.CopyTo(bytes, 0);
        first.CopyTo(bytes, bytes.Length - row);
        return weight with { Bytes = bytes };
    }
}
