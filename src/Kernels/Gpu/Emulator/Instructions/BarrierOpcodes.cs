using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static partial class ControlOpcodes
{
    private static Instruction Barrier(DecodeContext c)
    {
        if (c.Take("cluster"))
            return ClusterBarrier(c);
        if (c.Take("warp"))
        {
            c.Take("sync");
            return new WarpBarrier(c.Source(0, PtxType.B32));
        }

        c.Take("cta");
        bool aligned = c.Take("aligned") || c.Name == "bar", arrives = c.Take("arrive"), reduces = c.Take("red");
        if (!arrives && !reduces && !c.Take("sync"))
            throw c.Error("what the barrier does was expected: .sync, .arrive or .red");
        if (!reduces)
        {
            Register count = c.OperandCount > 1 ? c.Source(1, PtxType.U32) : c.Registers.Constant(0, PtxType.U32);
            return new BarrierInstruction(c.Source(0, PtxType.U32), count, aligned, !arrives, BarrierReduction.None, Register.Sink, Register.Sink, false);
        }

        BarrierReduction reduction = c.TakeAny("popc", "and", "or") switch
        {
            "popc" => BarrierReduction.Count,
            "and" => BarrierReduction.And,
            _ => BarrierReduction.Or,
        };
        c.Type();
        (Register p, bool negated) = c.Predicate(c.Operand(c.OperandCount - 1));
        Register threads = c.OperandCount > 3 ? c.Source(2, PtxType.U32) : c.Registers.Constant(0, PtxType.U32);
        return new BarrierInstruction(c.Source(1, PtxType.U32), threads, aligned, true, reduction, c.Destination(0), p, negated);
    }

    private static ClusterBarrierInstruction ClusterBarrier(DecodeContext c)
    {
        c.Need(GpuArch.Sm90, "barrier.cluster");
        bool arrives = c.TakeAny("arrive", "wait") == "arrive", relaxed = c.Take("relaxed");
        c.TakeAny("release", "acquire", "");
        return new ClusterBarrierInstruction(arrives, relaxed, c.Take("aligned"));
    }

    private static Instruction Fence(DecodeContext c)
    {
        if (c.Take("mbarrier_init"))
        {
            c.Take("release");
            c.Take("cluster");
            return new BarrierInitFence();
        }

        bool isProxy = c.Take("proxy"), isAsync = false;
        foreach (string space in new[] { "async", "async::generic", "async.global" })
            isAsync |= c.Take(space);
        if (isProxy)
        {
            c.Ignore("alias", "tensormap", "global", "shared", "acquire", "release", "acq_rel", "sync_restrict", "cta", "cluster", "gpu", "sys");
            return isAsync ? new ProxyFence() : new FenceInstruction(isDeviceWide: true);
        }

        c.TakeAny("sc", "acq_rel", "acquire", "release", "");
        c.Ignore("sync_restrict");
        string scope = c.TakeAny("cta", "cluster", "gl", "gpu", "sys", "");
        return new FenceInstruction(scope is not ("cta" or "cluster"));
    }
}

internal sealed unsafe class BarrierInstruction(
    Register number, Register threads, bool isAligned, bool waits, BarrierReduction reduction, Register result, Register vote, bool isVoteNegated) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        if (isAligned && !Convergence.WholeBarrier(w, this, mask))
            return;
        int first = BitOperations.TrailingZeroCount(mask);
        uint id = w.Words(number)[first], count = w.Words(threads)[first];
        if (!Check(w, mask, id))
            return;
        uint votes = 0;
        if (!vote.IsSink)
            votes = isVoteNegated ? ~w.P[vote.Offset] : w.P[vote.Offset];
        w.Block.Barriers[id].Arrive(w, mask, this, (int)count, waits, reduction, votes, result);
    }

    private bool Check(Warp w, uint mask, uint id)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            bool undefined = ((w.U[number.Index] | w.U[threads.Index]) >> lane & 1) != 0;
            if (!undefined && w.Words(number)[lane] == id && id < 16)
                continue;
            if (w.IsNew(FindingKind.Misuse, this))
                w.Report(FindingKind.Misuse, this, lane, 0, $"The barrier's number is {(undefined ? "undefined" : w.Words(number)[lane])}, but one number below 16 for all lanes was expected.");
            return false;
        }

        return true;
    }
}

internal sealed class ClusterBarrierInstruction(bool arrives, bool isRelaxed, bool isAligned) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        if (isAligned && !Convergence.Whole(w, this, mask))
            return;
        if (arrives)
            w.Team.ClusterBarrier.Arrive(w, mask, isRelaxed);
        else
            w.Team.ClusterBarrier.Wait(w, mask, this);
    }
}

internal sealed class FenceInstruction(bool isDeviceWide) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        if (!w.Launch.Options.Checked)
            return;
        if (isDeviceWide)
            w.Block.Fence(w);
        else
            w.Team.FenceShared(w);
    }
}

internal sealed class ProxyFence : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        w.Team.Clocks.FenceProxy(w.ClockIndex, mask, mask == w.Alive);
        w.Block.Clock.FenceProxy();
        BarrierAccess.Publish(w);
    }
}

/// <summary><c>fence.mbarrier_init</c>.</summary>
internal sealed class BarrierInitFence : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        w.Team.FenceShared(w);
        BarrierAccess.Publish(w);
    }
}
