using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>What all blocks of a launch share.</summary>
internal sealed unsafe class LaunchContext(
    PtxProgram program, EmulatedMemory memory, EmulatorOptions options, GpuDim grid, GpuDim threads, GpuDim cluster, int dynamicSharedBytes,
    IReadOnlyDictionary<string, ulong> symbols)
{
    /// <summary>Those of an H100.</summary>
    public const int Multiprocessors = 132;

    private long _effects;

    public PtxProgram Program => program;

    public EmulatedMemory Memory => memory;

    public EmulatorOptions Options => options;

    /// <summary>Blocks.</summary>
    public GpuDim Grid => grid;

    /// <summary>Threads of a block.</summary>
    public GpuDim Threads => threads;

    /// <summary>Blocks of a cluster; 1 without clusters.</summary>
    public GpuDim Cluster => cluster;

    public int DynamicSharedBytes => dynamicSharedBytes;

    public Findings Findings { get; } = new();

    /// <summary>Order between blocks, through atomics in global memory.</summary>
    public GlobalOrder Order { get; } = new();

    /// <summary>Set when a thread traps: nothing more runs.</summary>
    public bool IsStopped { get; set; }

    /// <summary>Whether the launch before this one in the stream has ended: <c>griddepcontrol.wait</c> waits for it.</summary>
    public bool IsPredecessorDone { get; set; } = true;

    /// <summary>Counts changes of global memory.</summary>
    public long Effects => Volatile.Read(ref _effects);

    /// <summary>Global memory has changed. Lost counts do no harm.</summary>
    public void AddEffect() => _effects++;

    /// <summary>The address of a variable in device memory.</summary>
    public ulong AddressOf(string symbol) => symbols[symbol];

    /// <summary>Gives the special registers of a warp their values.</summary>
    public void FillSpecials(Warp w)
    {
        foreach ((SpecialRegister special, Register register) in program.Registers.Specials)
        {
            uint* lanes = w.Words(register);
            for (int lane = 0; lane < 32; lane++)
                lanes[lane] = Value(special, w, lane);
            w.Define(register, Warp.All);
        }
    }

    private uint Value(SpecialRegister special, Warp w, int lane)
    {
        GpuDim thread = w.Thread(lane), block = w.Block.Position;
        int rank = w.Block.Rank;
        return special switch
        {
            SpecialRegister.ThreadX => (uint)thread.X,
            SpecialRegister.ThreadY => (uint)thread.Y,
            SpecialRegister.ThreadZ => (uint)thread.Z,
            SpecialRegister.ThreadsX => (uint)threads.X,
            SpecialRegister.ThreadsY => (uint)threads.Y,
            SpecialRegister.ThreadsZ => (uint)threads.Z,
            SpecialRegister.BlockX => (uint)block.X,
            SpecialRegister.BlockY => (uint)block.Y,
            SpecialRegister.BlockZ => (uint)block.Z,
            SpecialRegister.BlocksX => (uint)grid.X,
            SpecialRegister.BlocksY => (uint)grid.Y,
            SpecialRegister.BlocksZ => (uint)grid.Z,
            SpecialRegister.Lane => (uint)lane,
            SpecialRegister.WarpIndex => (uint)w.Index,
            SpecialRegister.WarpCount => 64,
            SpecialRegister.Multiprocessor => (uint)(w.Block.Number % Multiprocessors),
            SpecialRegister.MultiprocessorCount => Multiprocessors,
            SpecialRegister.LanesEqual => 1u << lane,
            SpecialRegister.LanesLess => (1u << lane) - 1,
            SpecialRegister.LanesLessEqual => (uint)((2UL << lane) - 1),
            SpecialRegister.LanesGreater => ~(uint)((2UL << lane) - 1),
            SpecialRegister.LanesGreaterEqual => ~((1u << lane) - 1),
            SpecialRegister.DynamicSharedBytes => (uint)dynamicSharedBytes,
            SpecialRegister.TotalSharedBytes => (uint)(dynamicSharedBytes + program.StaticSharedBytes),
            SpecialRegister.ClusterX => (uint)(block.X / cluster.X),
            SpecialRegister.ClusterY => (uint)(block.Y / cluster.Y),
            SpecialRegister.ClusterZ => (uint)(block.Z / cluster.Z),
            SpecialRegister.ClustersX => (uint)(grid.X / cluster.X),
            SpecialRegister.ClustersY => (uint)(grid.Y / cluster.Y),
            SpecialRegister.ClustersZ => (uint)(grid.Z / cluster.Z),
            SpecialRegister.ClusterBlockX => (uint)(rank % cluster.X),
            SpecialRegister.ClusterBlockY => (uint)(rank / cluster.X % cluster.Y),
            SpecialRegister.ClusterBlockZ => (uint)(rank / (cluster.X * cluster.Y)),
            SpecialRegister.ClusterBlocksX => (uint)cluster.X,
            SpecialRegister.ClusterBlocksY => (uint)cluster.Y,
            SpecialRegister.ClusterBlocksZ => (uint)cluster.Z,
            SpecialRegister.ClusterRank => (uint)rank,
            SpecialRegister.ClusterRanks => (uint)cluster.Count,
            _ => 0,
        };
    }
}
