using Puna.Kernels.Gpu.Emulator.Instructions;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>How far a team has come.</summary>
internal enum TeamState
{
    /// <summary>It can go on.</summary>
    Running,

    /// <summary>All its threads have exited.</summary>
    Finished,

    /// <summary>It runs, but nothing changes: it waits for another block.</summary>
    Spinning,

    /// <summary>Threads of it wait for the launch before this one.</summary>
    Held,

    /// <summary>No thread of it can go on, whatever others do.</summary>
    Deadlocked,
}

/// <summary>
/// Blocks that run together: a cluster, or one block. One thread of the machine runs a team at a time, so everything
/// inside is deterministic; only global memory is shared with other teams.
/// </summary>
internal sealed partial class Team : IDisposable
{
    private const int SpinLimit = 2_000;
    private readonly Warp[] _warps;
    private ulong _random;
    private int _live;
    private long _seenEffects;
    private long _seenLaunchEffects;

    public Team(LaunchContext launch)
    {
        Launch = launch;
        Tally = new Tally(launch.Program.Code.Length);
        int blocks = (int)launch.Cluster.Count;
        Clocks = new Clocks(blocks * (int)((launch.Threads.Count + 31) / 32));
        ClusterBarrier = new ClusterBarrier(this);
        Blocks = new Block[blocks];
        for (int i = 0; i < blocks; i++)
            Blocks[i] = new Block(this, i);
        _warps = [.. Blocks.SelectMany(b => b.Warps)];
    }

    public LaunchContext Launch { get; }

    public Block[] Blocks { get; }

    public Tally Tally { get; }

    public Clocks Clocks { get; }

    /// <summary>Asynchronous work that has been issued and has not taken effect.</summary>
    public AsyncQueue Async { get; } = new();

    /// <summary>The cluster's barrier.</summary>
    public ClusterBarrier ClusterBarrier { get; }

    /// <summary>Counts what may let a polling warp go on.</summary>
    public long Progress { get; set; }

    /// <summary>Counts visible effects; a team without any for long is stuck.</summary>
    public long Effects { get; set; }

    /// <summary>Warp instructions that it has executed; its clock.</summary>
    public long Steps { get; private set; }

    /// <summary>Warp instructions since its last effect.</summary>
    public long Idle { get; private set; }

    /// <summary>Whether it has run for longer than any kernel should.</summary>
    public bool IsEndless => Steps > Launch.Options.MaximumInstructions;

    /// <summary>Its first block's number, which seeds its random numbers.</summary>
    public int Number { get; private set; }

    /// <summary>Makes it ready for a cluster of the grid.</summary>
    /// <param name="position">The cluster's first block.</param>
    public void Start(GpuDim position)
    {
        Number = position.X + (Launch.Grid.X * (position.Y + (Launch.Grid.Y * position.Z)));
        _random = ((ulong)(uint)Launch.Options.Seed << 32) ^ ((ulong)Number * 0x9E3779B97F4A7C15) ^ 0xD1B54A32D192ED03;
        Random();
        Clocks.Reset();
        Async.Clear();
        ClearOrder();
        ClusterBarrier.Reset();
        _live = _warps.Length;
        Idle = Steps = 0;
        Progress = 0;
        GpuDim c = Launch.Cluster;
        for (int i = 0; i < Blocks.Length; i++)
            Blocks[i].Start(new GpuDim(position.X + (i % c.X), position.Y + (i / c.X % c.Y), position.Z + (i / (c.X * c.Y))));
        StartAsync();
    }

    /// <summary>A random number: xorshift64*, Marsaglia 2003 and Vigna 2016.</summary>
    public uint Random()
    {
        _random ^= _random >> 12;
        _random ^= _random << 25;
        _random ^= _random >> 27;
        return (uint)((_random * 0x2545F4914F6CDD1D) >> 32);
    }

    public void WarpExited()
    {
        _live--;
        ClusterBarrier.CompleteIfReady();
        Effects++;
        Progress++;
    }

    /// <summary>Runs its warps in random order for about <paramref name="budget"/> instructions.</summary>
    public TeamState Run(int budget)
    {
        long start = Idle;
        while (budget > 0)
        {
            if (Idle - start > SpinLimit)
                return TeamState.Spinning;
            if (_live == 0)
            {
                Async.CompleteAll();
                foreach (Block block in Blocks)
                    block.ReportSuspicions();
                return TeamState.Finished;
            }

            if (Next() is { } warp)
            {
                int steps = warp.Run(1 + (int)(Random() & 63));
                budget -= steps;
                Count(steps);
                start = Math.Min(start, Idle);
                if (IsEndless)
                    return TeamState.Deadlocked;
            }
            else if (Async.CompleteOne(this))
            {
                Progress++;
                Effects++;
            }
            else if (!Launch.IsPredecessorDone && _warps.Any(w => GridDependency.Held(w) != 0))
            {
                return TeamState.Held;
            }
            else if (!ForceParked())
            {
                return TeamState.Deadlocked;
            }
        }

        return TeamState.Running;
    }

    /// <summary>The launch before this one has ended: threads that waited for it go on.</summary>
    public void ReleaseHeld()
    {
        foreach (Warp warp in _warps)
            warp.Release(GridDependency.Held(warp));
        Progress++;
        Effects++;
    }

    public void Dispose()
    {
        foreach (Block block in Blocks)
            block.Dispose();
        Clocks.Dispose();
        Tally.Dispose();
    }

    private void Count(int steps)
    {
        Steps += steps;
        long launchEffects = Launch.Effects;
        Idle = Effects == _seenEffects && launchEffects == _seenLaunchEffects ? Idle + steps : 0;
        (_seenEffects, _seenLaunchEffects) = (Effects, launchEffects);
    }

    private Warp? Next()
    {
        int count = _warps.Length;
        int start = count == 1 ? 0 : (int)(Random() % (uint)count);
        for (int i = 0; i < count; i++)
        {
            Warp warp = _warps[start + i < count ? start + i : start + i - count];
            if (warp.CanRunNow && warp.HasUnpolled)
                return warp;
        }

        return null;
    }

    private bool ForceParked()
    {
        foreach (Warp warp in _warps)
        {
            if ((warp.Parked & warp.Alive) != 0)
            {
                warp.Force();
                return true;
            }
        }

        return false;
    }

    partial void StartAsync();
}
