using Puna.Kernels.Gpu.Emulator.Instructions;
using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>A block of threads: its warps, shared memory and named barriers.</summary>
internal sealed partial class Block : IDisposable
{
    public Block(Team team, int rank)
    {
        (Team, Rank, Launch) = (team, rank, team.Launch);
        Shared = new SharedMemory(team, rank, Launch.Program.StaticSharedBytes, Launch.DynamicSharedBytes);
        int warps = (int)((Launch.Threads.Count + 31) / 32);
        Warps = new Warp[warps];
        for (int i = 0; i < warps; i++)
            Warps[i] = new Warp(Launch.Program, team);
        for (int i = 0; i < Barriers.Length; i++)
            Barriers[i] = new NamedBarrier(this, i);
    }

    public Team Team { get; }

    /// <summary>Its number in the cluster.</summary>
    public int Rank { get; }

    public LaunchContext Launch { get; }

    public Warp[] Warps { get; }

    public SharedMemory Shared { get; }

    public NamedBarrier[] Barriers { get; } = new NamedBarrier[16];

    /// <summary>Its index in the grid.</summary>
    public GpuDim Position { get; private set; }

    /// <summary>Its number in the grid, x fastest.</summary>
    public int Number { get; private set; }

    /// <summary>What it has seen of other blocks.</summary>
    public BlockClock Clock { get; } = new();

    /// <summary>Makes it ready to run at a place of the grid.</summary>
    public void Start(GpuDim position)
    {
        GpuDim grid = Launch.Grid;
        Position = position;
        Number = position.X + (grid.X * (position.Y + (grid.Y * position.Z)));
        Shared.Start();
        _suspicions.Clear();
        Clock.Start(Number);
        foreach (NamedBarrier barrier in Barriers)
            barrier.Reset();
        for (int i = 0; i < Warps.Length; i++)
            Warps[i].Start(this, i, (Rank * Warps.Length) + i);
        StartAsync();
    }

    /// <summary>A random number, the same for the same seed.</summary>
    public uint Random() => Team.Random();

    /// <summary>Some lanes of a warp have exited: barriers that count all threads may be complete.</summary>
    public void LanesExited()
    {
        Team.Effects++;
    }

    /// <summary>A warp has exited.</summary>
    public void WarpExited()
    {
        Team.WarpExited();
        foreach (NamedBarrier barrier in Barriers)
            barrier.WarpExited();
        if (Launch.Options.Checked && LiveThreads() == 0)
            RegisterCount.Check(this);
    }

    /// <summary>Threads that have not exited, in whole warps.</summary>
    public int LiveThreads()
    {
        int live = 0;
        foreach (Warp warp in Warps)
            live += warp.Alive == 0 ? 0 : 32;
        return live;
    }

    public void Dispose()
    {
        foreach (Warp warp in Warps)
            warp.Dispose();
        Shared.Dispose();
    }

    partial void StartAsync();
}
