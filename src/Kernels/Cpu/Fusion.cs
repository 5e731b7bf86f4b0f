using System.Collections.Immutable;

namespace Puna.Kernels.Cpu;

/// <summary>
/// Which neighbouring ops the CPU does at once. A new fusion is a kernel in its op's folder and a line here. Not here, since it
/// brought nothing: a product with the sum it goes into. Columns of the sum are read in strips, which costs what it saves.
/// </summary>
internal static class Fusion
{
    /// <summary>The rules, in the order they are tried.</summary>
    public static ImmutableArray<FusionRule> Rules { get; } =
    [
        new("product + silu", [CpuOpKind.MatMul, CpuOpKind.SiluMul], FeedsGate, Dropped: [0],
            static (backend, ops) => backend.MatMulSiluMul(ops[0].X, ops[0].Weight!, ops[1].Y)),
    ];

    // Ops whose shapes disagree fit no rule: each of them says by itself what is wrong.

    /// <summary>The product has two parts of one size, whose columns meet.</summary>
    private static bool FeedsGate(ReadOnlySpan<CpuOp> ops) =>
        IsProductFor(ops) && ops[0].Weight!.Parts is [var gate, var up] && gate.Rows == up.Rows && ops[1].Y.Cols == gate.Rows;

    /// <summary>The second op reads all that the first writes, row by row, and writes over nothing that the first reads.</summary>
    private static bool IsProductFor(ReadOnlySpan<CpuOp> ops)
    {
        foreach (Part part in ops[0].Weight!.Parts)
        {
            if (part.Layout != ops[0].Weight!.Parts[0].Layout)
                return false;
        }

        ref readonly CpuOp product = ref ops[0], reader = ref ops[1];
        return product.Y == reader.X && product.Y.Rows == product.X.Rows && reader.Y.Rows == product.X.Rows
            && product.X.Cols == product.Weight!.InSize && product.Y.Cols == product.Weight.OutSize
            && product.X.DType == DType.F32 && product.Y.DType == DType.F32 && reader.Y.DType == DType.F32
            && !CpuOp.Overlap(in product.X, in reader.Y) && !CpuOp.Overlap(in product.Y, in reader.Y);
    }
}
