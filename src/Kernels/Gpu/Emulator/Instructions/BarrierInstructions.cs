using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Async;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Finds the mbarrier of an address.</summary>
internal static unsafe class BarrierAccess
{
    private const int Bytes = 8;

    /// <summary>The mbarrier, initialised before in the order of the threads; null, after a report, where there is none.</summary>
    public static TransactionBarrier? Find(Warp w, Instruction instruction, int lane, StateSpace space, ulong address)
    {
        if (MemoryAccess.Find(w, instruction, lane, space, address, Bytes, AccessKind.Read).Data is null)
            return null;
        if (Owner(w, instruction, lane, space, address, out ulong offset) is not { } owner)
            return null;
        TransactionBarrier? barrier = owner.Transaction((long)offset);
        if (barrier is null)
            AsyncReports.Misuse(w, instruction, lane, address, $"No mbarrier has been initialised at shared address 0x{offset:x}.");
        else if (!barrier.IsIntact)
            AsyncReports.Misuse(w, instruction, lane, address, $"The mbarrier at shared address 0x{offset:x} has been overwritten by a store or a copy.");
        return barrier;
    }

    /// <summary>A fence makes the mbarriers that this warp has initialised visible to the async proxy and the cluster.</summary>
    public static void Publish(Warp w)
    {
        foreach (Block block in w.Team.Blocks)
        {
            foreach (TransactionBarrier barrier in block.Transactions)
                barrier.IsPublished |= barrier.Initializer == w.ClockIndex;
        }
    }

    /// <summary>The block and offset that an address means; null, after a report, where it is not shared memory.</summary>
    public static Block? Owner(Warp w, Instruction instruction, int lane, StateSpace space, ulong address, out ulong offset)
    {
        offset = address;
        if (space == StateSpace.Generic && MemoryAccess.Resolve(ref address) is not (StateSpace.Shared or StateSpace.SharedCluster))
        {
            AsyncReports.Misuse(w, instruction, lane, address, $"0x{address:x} is no address of shared memory.");
            return null;
        }

        return MemoryAccess.SharedOwner(w, address, out offset);
    }
}

/// <summary><c>mbarrier.init</c> and <c>mbarrier.inval</c>.</summary>
internal sealed unsafe class BarrierInit((Register Base, long Offset, StateSpace Space) address, Register count) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, address.Base, address.Offset);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            Place place = MemoryAccess.Find(w, this, lane, address.Space, w.Addresses[lane], 8, AccessKind.Write);
            if (place.Data is null || BarrierAccess.Owner(w, this, lane, address.Space, w.Addresses[lane], out ulong offset) is not { } owner)
                continue;
            if (count.IsSink)
            {
                if (owner.Transaction((long)offset) is null)
                    AsyncReports.Misuse(w, this, lane, offset, $"No mbarrier has been initialised at shared address 0x{offset:x}.");
                owner.RemoveTransaction((long)offset);
                new Span<byte>(place.State, 8).Fill(ByteState.Undefined);
                continue;
            }

            ulong arrivals = w.Value(count, lane);
            if (arrivals is 0 or > TransactionBarrier.MaximumCount)
                AsyncReports.Misuse(w, this, lane, offset, $"The mbarrier is to count {arrivals} arrivals, but 1 to {TransactionBarrier.MaximumCount} are possible.");
            Shadow.Define(place.State, 8);
            owner.AddTransaction((long)offset, (int)arrivals, w).WriteMark();
        }
    }
}

/// <summary>What <c>mbarrier.arrive</c> and its relatives do.</summary>
internal enum BarrierAction
{
    Arrive,
    ArriveExpect,
    Drop,
    DropExpect,
    Expect,
    CompleteBytes,
}

/// <summary><c>mbarrier.arrive</c>, <c>arrive_drop</c>, <c>expect_tx</c>, <c>complete_tx</c>.</summary>
/// <param name="action">Which.</param>
/// <param name="state">Where the state goes; may be the sink.</param>
/// <param name="address">The barrier.</param>
/// <param name="amount">Arrivals or bytes; the sink for one arrival.</param>
/// <param name="releases">Whether it orders what the thread did before: all but <c>.relaxed</c>.</param>
/// <param name="isNoComplete"><c>.noComplete</c>: must not complete the phase.</param>
internal sealed unsafe class BarrierArrive(
    BarrierAction action, Register state, (Register Base, long Offset, StateSpace Space) address, Register amount, bool releases, bool isNoComplete)
    : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, address.Base, address.Offset);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (BarrierAccess.Find(w, this, lane, address.Space, w.Addresses[lane]) is { } barrier)
                Act(w, lane, barrier);
        }
    }

    private void Act(Warp w, int lane, TransactionBarrier barrier)
    {
        if (!amount.IsSink && (w.U[amount.Index] >> lane & 1) != 0 && w.IsNew(FindingKind.UndefinedValue, this))
            w.Report(FindingKind.UndefinedValue, this, lane, 0, $"The count is undefined ({w.OriginOf(amount)}).");
        long given = amount.IsSink ? 1 : (long)(uint)w.Value(amount, lane);
        if (releases && action is not (BarrierAction.Expect or BarrierAction.CompleteBytes))
            barrier.Release(w.ClockIndex, 1u << lane);
        w.Set(state, lane, barrier.Token);
        uint phase = barrier.Phase;
        string? problem = action switch
        {
            BarrierAction.Arrive => barrier.Arrive((int)given),
            BarrierAction.Drop => barrier.Drop((int)given),
            BarrierAction.ArriveExpect => barrier.Expect(given) ?? barrier.Arrive(1),
            BarrierAction.DropExpect => barrier.Expect(given) ?? barrier.Drop(1),
            BarrierAction.Expect => barrier.Expect(given),
            _ => barrier.Complete(given, phase),
        };
        if (isNoComplete && barrier.Phase != phase)
            problem ??= "the phase is complete by an arrival that was promised not to complete it (.noComplete)";
        if (problem is not null)
            AsyncReports.Misuse(w, this, lane, (ulong)barrier.Offset, $"At the mbarrier 0x{barrier.Offset:x} {problem}.");
    }
}

/// <summary><c>mbarrier.test_wait</c> and <c>mbarrier.try_wait</c>, which may give up at any time and does so at once.</summary>
/// <param name="result">Whether the phase is complete.</param>
/// <param name="address">The barrier.</param>
/// <param name="phase">A state, or a parity.</param>
/// <param name="isParity">Which of the two.</param>
/// <param name="acquires">Whether it orders what the thread does next: all but <c>.relaxed</c>.</param>
internal sealed unsafe class BarrierTest(
    Register result, (Register Base, long Offset, StateSpace Space) address, Register phase, bool isParity, bool acquires) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, address.Base, address.Offset);
        bool isInVain = false, isUniform = IsUniform(w, mask);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            TransactionBarrier? barrier = BarrierAccess.Find(w, this, lane, address.Space, w.Addresses[lane]);
            bool isComplete = barrier is not null && IsComplete(w, barrier, lane);
            isInVain |= !isComplete;
            if (isComplete && acquires)
                barrier!.Acquire(w.ClockIndex);   // complete, so there is one
            if (isUniform)
            {
                w.P[result.Offset] = (w.P[result.Offset] & ~mask) | (isComplete ? mask : 0);
                w.Define(result, mask);
                break;
            }

            w.Set(result, lane, isComplete ? 1u : 0);
        }

        if (isInVain)
            w.PollBarrier();
    }

    private bool IsUniform(Warp w, uint mask)
    {
        if (mask == 0 || result.IsSink)
            return false;
        int first = BitOperations.TrailingZeroCount(mask);
        for (uint m = mask & (mask - 1); m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (w.Addresses[lane] != w.Addresses[first] || w.Value(phase, lane) != w.Value(phase, first))
                return false;
        }

        return true;
    }

    private bool IsComplete(Warp w, TransactionBarrier barrier, int lane)
    {
        if ((w.U[phase.Index] >> lane & 1) != 0 && w.IsNew(FindingKind.UndefinedValue, this))
            w.Report(FindingKind.UndefinedValue, this, lane, 0, $"The phase is undefined ({w.OriginOf(phase)}).");
        ulong value = w.Value(phase, lane);
        return isParity ? barrier.IsComplete((uint)value) : barrier.IsComplete(value);
    }
}
