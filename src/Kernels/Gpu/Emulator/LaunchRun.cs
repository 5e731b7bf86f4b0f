namespace Puna.Kernels.Gpu.Emulator;

/// <summary>Runs all teams of a launch on the machine's threads.</summary>
internal sealed class LaunchRun(LaunchContext context) : IDisposable
{
    private const int Quantum = 50_000;
    private const int MaximumResident = 2048;
    private const int MaximumEarly = 32;
    private readonly object _lock = new();
    private readonly List<Team> _all = [];
    private readonly Stack<Team> _free = new();
    private readonly Queue<Team> _suspended = new();
    private readonly Queue<Team> _held = new();
    private readonly GpuDim _clusters = new(context.Grid.X / context.Cluster.X, context.Grid.Y / context.Cluster.Y, context.Grid.Z / context.Cluster.Z);
    private long _next;
    private long _finished;
    private readonly HashSet<Team> _live = [];
    private bool _isEarly;
    private bool _isOver;
    private Exception? _failure;

    /// <summary>Whether nothing is left to run.</summary>
    public bool IsFinished => _isOver || context.IsStopped || _finished == _clusters.Count;

    /// <summary>Runs to the end, or to where nothing can go on.</summary>
    /// <param name="isEarly">Only to where blocks wait for the launch before this one; the next call runs the rest.</param>
    public void Run(bool isEarly = false)
    {
        _isEarly = isEarly;
        while (!isEarly && _held.TryDequeue(out Team? held))
        {
            held.ReleaseHeld();
            _suspended.Enqueue(held);
        }

        int wanted = context.Options.Threads > 0 ? context.Options.Threads : Environment.ProcessorCount;
        int count = (int)Math.Min(wanted, _clusters.Count);
        Thread[] threads = new Thread[count - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true };
            threads[i].Start();
        }

        Work();
        foreach (Thread thread in threads)
            thread.Join();
        if (_failure is not null)
            throw new DeviceException($"{context.Program.Entry}: the emulator failed: {_failure.Message}", _failure);
    }

    /// <summary>What all blocks executed.</summary>
    public Counters End() => Tally.Sum([.. _all.Select(t => t.Tally)], context.Program.Code);

    /// <summary>Returns the blocks' memory.</summary>
    public void Dispose()
    {
        foreach (Team team in _all)
            team.Dispose();
        _all.Clear();
    }

    private void Work()
    {
        try
        {
            while (Take() is { } team)
            {
                TeamState state = TeamState.Running;
                while (state == TeamState.Running && !context.IsStopped)
                    state = team.Run(Quantum);
                Return(team, state);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            lock (_lock)
            {
                _failure ??= e;
                _isOver = true;
                Monitor.PulseAll(_lock);
            }
        }
    }

    // A fresh team as long as there are any; then those that wait for others, in turn.
    private Team? Take()
    {
        lock (_lock)
        {
            while (true)
            {
                if (IsFinished || (_isEarly && (_next == _clusters.Count || _held.Count + _suspended.Count + _live.Count >= MaximumEarly)))
                    return null;
                if (_next < _clusters.Count && (_free.Count > 0 || _all.Count < MaximumResident))
                {
                    return Running(Fresh());
                }

                if (_suspended.TryDequeue(out Team? team))
                    return Running(team);

                Monitor.Wait(_lock);
            }
        }
    }

    private Team Fresh()
    {
        if (!_free.TryPop(out Team? team))
            _all.Add(team = new Team(context));
        long number = Permuted(_next++);
        team.Start(new GpuDim(
            (int)(number % _clusters.X) * context.Cluster.X,
            (int)(number / _clusters.X % _clusters.Y) * context.Cluster.Y,
            (int)(number / ((long)_clusters.X * _clusters.Y)) * context.Cluster.Z));
        return team;
    }

    // Blocks begin in an order that depends on the seed: a stride without common divisor with their count.
    private long Permuted(long index)
    {
        long count = _clusters.Count;
        long stride = 1 + (long)((uint)context.Options.Seed * 2654435761u % (ulong)count);
        while (GreatestDivisor(stride, count) != 1)
            stride++;
        return (long)(((UInt128)(ulong)index * (ulong)stride + (uint)context.Options.Seed) % (ulong)count);
    }

    private static long GreatestDivisor(long a, long b) => b == 0 ? a : GreatestDivisor(b, a % b);

    private void Return(Team team, TeamState state)
    {
        lock (_lock)
        {
            switch (state)
            {
                case TeamState.Finished:
                    _finished++;
                    _free.Push(team);
                    break;
                case TeamState.Held:
                    _held.Enqueue(team);
                    break;
                case TeamState.Deadlocked:
                    DeadlockReport.Write(team, isSpinning: false);
                    _finished++;
                    break;
                case TeamState.Spinning when _isOver:
                    DeadlockReport.Write(team, isSpinning: true);
                    break;
                default:
                    _suspended.Enqueue(team);
                    _live.Remove(team);
                    CheckStuck();
                    break;
            }

            _live.Remove(team);
            Monitor.PulseAll(_lock);
        }
    }

    private Team Running(Team team)
    {
        _live.Add(team);
        return team;
    }

    // Every team that is left has run for long without any effect on anything: they wait for each other, or for nothing.
    private void CheckStuck()
    {
        bool canStartMore = _next < _clusters.Count && (_free.Count > 0 || _all.Count < MaximumResident);
        if (_isEarly || canStartMore || _suspended.Concat(_live).Any(t => t.Idle < context.Options.PatienceInstructions))
            return;
        foreach (Team team in _suspended)
            DeadlockReport.Write(team, isSpinning: true);
        _isOver = true;
    }
}
