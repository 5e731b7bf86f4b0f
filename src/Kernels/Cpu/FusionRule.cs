using System.Collections.Immutable;

namespace Puna.Kernels.Cpu;

/// <summary>Whether the operands of neighbouring ops allow them to be fused.</summary>
/// <param name="ops">As many as the pattern has.</param>
internal delegate bool FusionCondition(ReadOnlySpan<CpuOp> ops);

/// <summary>Executes neighbouring ops as one.</summary>
/// <param name="backend">Its threads.</param>
/// <param name="ops">As many as the pattern has.</param>
internal delegate void FusedKernel(CpuBackend backend, ReadOnlySpan<CpuOp> ops);

/// <summary>One fusion: ops that may stand next to each other, and the kernel that does them at once, with the same bits.</summary>
/// <param name="Name">What it is called in tests and measurements.</param>
/// <param name="Pattern">The ops, in order.</param>
/// <param name="Condition">What their operands must satisfy.</param>
/// <param name="Dropped">Which of the ops' results are not stored, so that no later op may read them.</param>
/// <param name="Run">The kernel.</param>
internal sealed record FusionRule(
    string Name,
    ImmutableArray<CpuOpKind> Pattern,
    FusionCondition Condition,
    ImmutableArray<int> Dropped,
    FusedKernel Run)
{
    /// <summary>Whether <paramref name="left"/>, which is all that is still held back, begins with this.</summary>
    public bool Fits(ReadOnlySpan<CpuOp> left)
    {
        if (left.Length < Pattern.Length)
            return false;
        for (int i = 0; i < Pattern.Length; i++)
        {
            if (left[i].Kind != Pattern[i])
                return false;
        }

        if (!Condition(left[..Pattern.Length]))
            return false;
        foreach (int i in Dropped)
        {
            if (IsReadLater(left[i].Y, left[Pattern.Length..], left[i + 1]))
                return false;
        }

        return true;
    }

    private static bool IsReadLater(Tensor value, ReadOnlySpan<CpuOp> later, in CpuOp reader)
    {
        if (reader.Overwrites(in value))
            return false;
        foreach (ref readonly CpuOp op in later)
        {
            if (op.Reads(in value))
                return true;
            if (op.Overwrites(in value))
                return false;
        }

        return false;
    }
}
