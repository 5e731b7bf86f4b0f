using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>How a barrier combines a predicate of all threads: <c>barrier.red</c>.</summary>
internal enum BarrierReduction
{
    None,
    Count,
    And,
    Or,
}

/// <summary>One of a block's 16 barriers: PTX ISA 9.7.13.1. Counts whole warps where a whole warp arrives.</summary>
internal sealed class NamedBarrier(Block block, int number)
{
    private readonly List<(Warp Warp, uint Mask, Register Result)> _waiting = [];
    private readonly HashSet<Warp> _arrived = [];
    private uint[] _clock = [];
    private int _expected;
    private int _count;
    private int _true;
    private int _voters;
    private BarrierReduction _reduction;

    /// <summary>Threads that have arrived in this phase.</summary>
    public int Arrived => _count;

    public void Reset()
    {
        _clock = block.Team.Clocks.NewClock();
        Clear();
    }

    /// <summary>Threads of a warp arrive.</summary>
    /// <param name="w">The warp.</param>
    /// <param name="mask">Its lanes.</param>
    /// <param name="instruction">The barrier instruction.</param>
    /// <param name="threads">Threads that complete it; 0 for all of the block.</param>
    /// <param name="waits">Whether they wait for the others.</param>
    /// <param name="reduction">How predicates are combined.</param>
    /// <param name="votes">The predicate of each lane.</param>
    /// <param name="result">Where the combination goes.</param>
    public void Arrive(Warp w, uint mask, Instruction instruction, int threads, bool waits, BarrierReduction reduction, uint votes, Register result)
    {
        CheckCount(w, mask, instruction, threads);
        _expected = threads;
        _reduction = reduction;
        _count += (mask & w.Alive) == w.Alive ? 32 : BitOperations.PopCount(mask);
        _true += BitOperations.PopCount(votes & mask);
        _voters += BitOperations.PopCount(mask);
        _arrived.Add(w);
        if (block.Launch.Options.Checked)
            block.Team.Clocks.Release(w.ClockIndex, _clock);
        if (waits)
        {
            w.Wait(mask);
            _waiting.Add((w, mask, result));
        }

        CompleteIfReady();
    }

    /// <summary>Fewer threads are left, so a barrier of all threads may be complete.</summary>
    public void WarpExited()
    {
        if (_count == 0 || _expected != 0)
            return;
        CompleteIfReady();
    }

    /// <summary>Who waits here and for how many, in words.</summary>
    public string Describe() =>
        $"barrier {number} has {_count} of {(_expected == 0 ? block.LiveThreads() : _expected)} threads: " +
        string.Join(", ", _waiting.Select(x => $"warp {x.Warp.Index} waits at line {x.Warp.WaitsAt(x.Mask)?.Syntax.Line}"));

    private void CheckCount(Warp w, uint mask, Instruction instruction, int threads)
    {
        bool wrong = threads % 32 != 0 || threads > block.Warps.Length * 32 || (_count > 0 && threads != _expected);
        if (wrong && w.IsNew(FindingKind.Misuse, instruction))
        {
            w.Report(FindingKind.Misuse, instruction, BitOperations.TrailingZeroCount(mask), 0,
                $"Barrier {number} is to count {threads} threads, but {(_count > 0 ? $"others arrived with {_expected}" : $"a multiple of 32 up to {block.Warps.Length * 32} was expected")}.");
        }
    }

    private void CompleteIfReady()
    {
        if (_count == 0 || _count < (_expected == 0 ? block.LiveThreads() : _expected))
            return;
        if (_expected == 0 && _arrived.Count < block.Warps.Length && _waiting.Count > 0)
            ReportMissing();
        Clocks clocks = block.Team.Clocks;
        foreach ((Warp w, uint mask, Register result) in _waiting)
        {
            if (block.Launch.Options.Checked)
            {
                clocks.Acquire(w.ClockIndex, _clock);
                clocks.Meet(w.ClockIndex);
            }

            for (uint m = mask; m != 0 && _reduction != BarrierReduction.None; m &= m - 1)
                w.Set(result, BitOperations.TrailingZeroCount(m), Combined());
            w.Release(mask);
        }

        block.Team.Effects++;
        block.Team.Progress++;
        Array.Clear(_clock);
        Clear();
    }

    // A barrier without a count is one of all threads; those that exit before it do not count on the hardware, but no text may rely on that.
    private void ReportMissing()
    {
        (Warp w, uint mask, _) = _waiting[0];
        if (w.WaitsAt(mask) is { } at && w.IsNew(FindingKind.DivergentBarrier, at))
        {
            string missing = string.Join(", ", block.Warps.Where(o => !_arrived.Contains(o)).Select(o => o.Index));
            w.Report(FindingKind.DivergentBarrier, at, BitOperations.TrailingZeroCount(mask), 0,
                $"Barrier {number} is for all threads of the block, but warp {missing} has exited without arriving.");
        }
    }

    private uint Combined() => _reduction switch
    {
        BarrierReduction.Count => (uint)_true,
        BarrierReduction.And => _true == _voters ? 1u : 0,
        _ => _true > 0 ? 1u : 0,
    };

    private void Clear()
    {
        _waiting.Clear();
        _arrived.Clear();
        _expected = _count = _true = _voters = 0;
        _reduction = BarrierReduction.None;
    }
}
