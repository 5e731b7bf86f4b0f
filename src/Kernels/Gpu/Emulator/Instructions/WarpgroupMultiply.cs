using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Async;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>
/// <c>wgmma.mma_async</c>: D = A · B + D by four warps, each with 16 rows. The warps do their shares one by one: no share
/// depends on another.
/// </summary>
internal sealed unsafe class WarpgroupMultiply(
    MatrixShape shape, Register[] d, Register[] a, Register descriptorA, Register descriptorB, (Register Register, bool IsNegated) addsToD)
    : Instruction
{
    public MatrixShape Shape => shape;

    /// <summary>The accumulator's registers.</summary>
    public Register[] D => d;

    /// <summary>Four registers, or none where A is in shared memory.</summary>
    public Register[] A => a;

    public bool NegatesA { get; init; }

    public bool NegatesB { get; init; }

    public bool IsTransposedA { get; init; }

    public bool IsTransposedB { get; init; }

    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (!MatrixOperands.IsTogether(this, w, mask) || !CheckWarpgroup(w))
            return;
        WarpgroupQueue queue = w.Warpgroup;
        queue.CheckFence(w, this);
        WgmmaDescriptor? left = null;
        if (a.Length == 0)
        {
            if (Descriptor(w, descriptorA, "A") is not { } found)
                return;
            left = found;
        }

        if (Descriptor(w, descriptorB, "B") is not { } right)
            return;
        queue.Issue(w, this, left, right, AddsToD(w));
    }

    private bool AddsToD(Warp w)
    {
        if (addsToD.Register.IsSink)
            return true;
        CheckDefined(w, addsToD.Register, "scale-d");
        uint p = w.P[addsToD.Register.Offset];
        if (addsToD.IsNegated)
            p = ~p;
        if (p is not (0 or Warp.All))
            AsyncReports.Misuse(w, this, 0, 0, $"scale-d differs between the lanes (0x{p:x8}), but all must give the same.");
        return (p & 1) != 0;
    }

    private bool CheckWarpgroup(Warp w)
    {
        int first = w.Index & ~3;
        if (first + 4 > w.Block.Warps.Length)
        {
            AsyncReports.Misuse(w, this, 0, 0, $"Warp {w.Index} belongs to no whole warpgroup: the block has {w.Block.Warps.Length} warps.");
            return false;
        }

        for (int i = first; i < first + 4; i++)
        {
            Warp other = w.Block.Warps[i];
            if (other.Alive != 0 || other.Warpgroup.Issued > w.Warpgroup.Issued || !w.IsNew(FindingKind.DivergentBarrier, this))
                continue;
            w.Report(FindingKind.DivergentBarrier, this, 0, 0, $"Warp {i} has exited without this product, which all four warps of a warpgroup must execute.");
        }

        return true;
    }

    private WgmmaDescriptor? Descriptor(Warp w, Register register, string operand)
    {
        CheckDefined(w, register, $"descriptor {operand}");
        ulong bits = w.Value(register, 0);
        for (int lane = 1; lane < 32; lane++)
        {
            if (w.Value(register, lane) == bits)
                continue;
            AsyncReports.Misuse(w, this, lane, 0, $"Descriptor {operand} is 0x{w.Value(register, lane):x} here but 0x{bits:x} in lane 0: all must give the same.");
            return null;
        }

        WgmmaDescriptor d = WgmmaDescriptor.Decode(bits);
        int phase = (int)(d.Address >> 7) & (Swizzles.PeriodBytes(d.Swizzle) / 128 - 1);
        if (d.Swizzle != SwizzleMode.None && phase != d.BaseOffset && w.IsNew(FindingKind.Misaligned, this))
        {
            w.Report(FindingKind.Misaligned, this, 0, d.Address,
                $"Operand {operand} begins at 0x{d.Address:x}, {phase * 128} bytes into a pattern of swizzle {d.Swizzle}, which is aligned to "
                + $"{Swizzles.PeriodBytes(d.Swizzle)} bytes, but the descriptor's base offset is {d.BaseOffset}.");
        }

        return d;
    }

    private void CheckDefined(Warp w, Register register, string what)
    {
        if (w.Launch.Options.Checked && w.U[register.Index] != 0 && w.IsNew(FindingKind.UndefinedValue, this))
            w.Report(FindingKind.UndefinedValue, this, BitOperations.TrailingZeroCount(w.U[register.Index]), 0, $"The {what} is undefined ({w.OriginOf(register)}).");
    }
}
