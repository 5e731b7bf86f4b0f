namespace Puna.Kernels.Gpu.Emulator;

/// <summary>The barrier of a cluster: all threads that have not exited arrive, and wait later.</summary>
internal sealed class ClusterBarrier(Team team)
{
    private readonly List<(Warp Warp, uint Mask)> _waiting = [];
    private readonly Dictionary<Warp, uint> _arrived = [];
    private uint[] _clock = [];
    private uint[] _completed = [];

    public void Reset()
    {
        _waiting.Clear();
        _arrived.Clear();
        _clock = team.Clocks.NewClock();
        _completed = team.Clocks.NewClock();
    }

    /// <summary>Lanes arrive; with <c>.relaxed</c> they order nothing.</summary>
    public void Arrive(Warp w, uint mask, bool isRelaxed)
    {
        uint before = _arrived.GetValueOrDefault(w);
        _arrived[w] = before | mask;
        if (!isRelaxed)
            team.Clocks.Release(w.ClockIndex, _clock);
        CompleteIfReady();
    }

    /// <summary>Lanes wait for the phase that they have arrived in.</summary>
    public void Wait(Warp w, uint mask, Instruction instruction)
    {
        // arrived lanes are still listed while their phase is open
        if ((_arrived.GetValueOrDefault(w) & mask) == 0)
        {
            Pass(w);
            return;
        }

        _ = instruction;
        w.Wait(mask);
        _waiting.Add((w, mask));
    }

    /// <summary>Threads have exited: those that are left may be complete.</summary>
    public void CompleteIfReady()
    {
        if (_arrived.Count == 0)
            return;
        foreach (Block block in team.Blocks)
        {
            foreach (Warp w in block.Warps)
            {
                if ((w.Alive & ~_arrived.GetValueOrDefault(w)) != 0)
                    return;
            }
        }

        _clock.CopyTo(_completed, 0);
        Array.Clear(_clock);
        _arrived.Clear();
        foreach ((Warp w, uint mask) in _waiting)
        {
            Pass(w);
            w.Release(mask);
        }

        _waiting.Clear();
        team.Effects++;
        team.Progress++;
    }

    private void Pass(Warp w)
    {
        team.Clocks.Acquire(w.ClockIndex, _completed);
        w.MeetLanes();
    }
}
