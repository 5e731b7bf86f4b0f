using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Async;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary><c>cp.async</c>: 4, 8 or 16 bytes per lane from global to shared memory, in the generic proxy.</summary>
/// <param name="target">Shared address.</param>
/// <param name="source">Global address.</param>
/// <param name="bytes">Bytes that are written.</param>
/// <param name="given">Bytes that are read, the rest being zero; the sink for all.</param>
/// <param name="ignore">A predicate that makes all of them zero; the sink for none.</param>
internal sealed unsafe class CopyAsync(
    (Register Base, long Offset, StateSpace Space) target, (Register Base, long Offset, StateSpace Space) source, int bytes, Register given,
    (Register Register, bool IsNegated) ignore) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, source.Base, source.Offset);
        CopyQueue.Copy copy = w.Copies.Add(this, bytes);
        AccessHelper.Count(w, mask, StateSpace.Global, bytes, isWrite: false);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (FindSource(w, copy, lane))
                copy.Lanes |= 1u << lane;
        }

        mask = AccessHelper.Addresses(w, this, copy.Lanes, target.Base, target.Offset);
        AccessHelper.Count(w, mask, StateSpace.Shared, bytes, isWrite: true);
        copy.Lanes = 0;
        for (uint m = mask; m != 0; m &= m - 1)
            Start(w, copy, BitOperations.TrailingZeroCount(m));
    }

    private bool FindSource(Warp w, CopyQueue.Copy copy, int lane)
    {
        ulong address = w.Addresses[lane];
        int count = Given(w, lane);
        copy.Given[lane] = count;
        copy.Source[lane] = copy.State[lane] = null;
        if ((address & (ulong)(bytes - 1)) != 0)
        {
            if (w.IsNew(FindingKind.Misaligned, this))
                w.Report(FindingKind.Misaligned, this, lane, address, $"The source 0x{address:x} is no multiple of the copy's {bytes} bytes.");
            return false;
        }

        // a part of a copy may end anywhere, and be no power of two
        int piece = count == bytes ? bytes : 1;
        for (int i = 0; i < count; i += piece)
        {
            Place place = MemoryAccess.Find(w, this, lane, source.Space, address + (ulong)i, piece, AccessKind.Read);
            if (place.Data is null)
                return false;
            if (i == 0)
            {
                copy.Source[lane] = place.Data;
                copy.State[lane] = place.State;
            }
        }

        return true;
    }

    private int Given(Warp w, int lane)
    {
        if (!ignore.Register.IsSink)
            return (w.P[ignore.Register.Offset] >> lane & 1) != 0 != ignore.IsNegated ? 0 : bytes;
        if (given.IsSink)
            return bytes;
        ulong count = w.Value(given, lane);
        if (count > (ulong)bytes)
            AsyncReports.Misuse(w, this, lane, 0, $"The source has {count} bytes, but at most {bytes} are possible.");
        return (int)Math.Min(count, (ulong)bytes);
    }

    private void Start(Warp w, CopyQueue.Copy copy, int lane)
    {
        ulong address = w.Addresses[lane];
        Place place = MemoryAccess.Find(w, this, lane, target.Space, address, bytes, AccessKind.Write);
        if (place.Data is null)
            return;
        copy.Lanes |= 1u << lane;
        copy.Group[lane] = w.Copies.Group(lane);
        SharedMemory memory = w.Block.Shared;
        copy.Target[lane] = place.Data - memory.Data;
        if (w.Launch.Options.Checked)
            memory.BeginWrite(copy.Target[lane], bytes);
        if (w.Launch.Options.Schedule == AsyncSchedule.Early)
            CopyQueue.Move(w, copy, lane);
    }
}

/// <summary><c>cp.async.commit_group</c> and its bulk form.</summary>
internal sealed class CopyCommit(bool isBulk) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (isBulk)
            w.Bulk.Commit(mask);
        else
            w.Copies.Commit(mask);
    }
}

/// <summary><c>cp.async.wait_group</c> and <c>cp.async.wait_all</c>.</summary>
/// <param name="allowed">Groups that may stay under way; -1 for none, not even the open one.</param>
internal sealed class CopyWait(int allowed) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask) => w.Copies.Wait(w, mask, allowed);
}

/// <summary><c>cp.async.bulk.wait_group</c>.</summary>
internal sealed class BulkWait(int allowed, bool isReadOnly) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask) => w.Bulk.Wait(w, mask, allowed, isReadOnly);
}

/// <summary><c>cp.async.mbarrier.arrive</c>: arrives when the lane's copies so far are finished.</summary>
internal sealed class CopyArrive((Register Base, long Offset, StateSpace Space) barrier, bool addsPending) : Instruction
{
    /// <inheritdoc/>
    public override unsafe void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, barrier.Base, barrier.Offset);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (BarrierAccess.Find(w, this, lane, barrier.Space, w.Addresses[lane]) is not { } found)
                continue;
            if (addsPending)
                found.AddPending();
            CopyArrival arrival = new(w, this, lane, found, w.Copies.Issued);
            if (w.Launch.Options.Schedule == AsyncSchedule.Early)
                arrival.Complete();
            else
                w.Team.Async.Add(arrival);
        }
    }
}

/// <summary>An arrival that waits for copies.</summary>
internal sealed class CopyArrival(Warp w, Instruction instruction, int lane, TransactionBarrier barrier, int issued) : AsyncOperation
{
    /// <inheritdoc/>
    public override void Complete()
    {
        w.Copies.FinishIssued(w, lane, issued);
        barrier.Release(w.ClockIndex, 1u << lane);
        barrier.Release(w.Team.Clocks.AsyncProxy);
        if (barrier.Arrive(1) is { } problem)
            AsyncReports.Misuse(w, instruction, lane, (ulong)barrier.Offset, $"At the mbarrier 0x{barrier.Offset:x} {problem}.");
    }
}
