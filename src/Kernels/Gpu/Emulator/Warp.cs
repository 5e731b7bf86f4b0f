using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Puna.Kernels.Gpu.Emulator.Instructions;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// 32 threads with their registers. Each lane has its own program counter; the lanes at the lowest one run together,
/// so that they meet again where branches join.
/// </summary>
internal sealed unsafe partial class Warp : IDisposable
{
    public const uint All = uint.MaxValue;
    private readonly PtxProgram _program;
    private readonly byte* _memory;
    private readonly nuint _wordBytes;

    public Warp(PtxProgram program, Team team)
    {
        LaunchContext launch = team.Launch;
        (Team, Tally) = (team, team.Tally);
        _program = program;
        Launch = launch;
        Code = program.Code;
        _wordBytes = (nuint)program.Registers.Words * 4;
        int registers = program.Registers.Count;
        nuint total = _wordBytes + (nuint)((registers * 4) + (registers * 32) + (registers * 4) + (program.Registers.Predicates * 4) + 4096);
        _memory = (byte*)NativeMemory.AlignedAlloc(total, 64);
        NativeMemory.Clear(_memory, total);
        R = (uint*)_memory;
        UB = _memory + _wordBytes;
        U = (uint*)(UB + (registers * 32));
        Origin = (int*)(U + registers);
        P = (uint*)(Origin + registers);
        Addresses = (ulong*)(((nuint)(P + program.Registers.Predicates) + 63) & ~(nuint)63);
        LanePc = (int*)(Addresses + 32);
        LocalBytes = program.LocalBytes;
        Local = (byte*)NativeMemory.AllocZeroed((nuint)(LocalBytes * 32) + 64);
        LocalState = (byte*)NativeMemory.AllocZeroed((nuint)(LocalBytes * 32) + 64);
        foreach ((Register register, ulong value) in program.Registers.Constants)
            Fill(register, value);
        foreach ((Register register, string symbol, long offset) in program.Registers.Addresses)
            Fill(register, launch.AddressOf(symbol) + (ulong)offset);
    }

    /// <summary>Registers: 32 lanes side by side, words of 4 bytes (8 for wide ones).</summary>
    public uint* R { get; }

    /// <summary>Predicates: one bit per lane.</summary>
    public uint* P { get; }

    /// <summary>Lanes in which a register is undefined, by register number.</summary>
    public uint* U { get; }

    /// <summary>Undefined bytes of each lane, by 32 · register + lane: meaningful where <see cref="U"/> has the lane.</summary>
    public byte* UB { get; }

    /// <summary>Where a register's undefined value came from: an instruction's index, or -1 for never written.</summary>
    public int* Origin { get; }

    /// <summary>Room for one address per lane.</summary>
    public ulong* Addresses { get; }

    /// <summary>Program counters of the lanes that are not in <see cref="Current"/>.</summary>
    public int* LanePc { get; }

    /// <summary>Local memory, lane after lane.</summary>
    public byte* Local { get; }

    /// <summary>A byte state for each byte of <see cref="Local"/>.</summary>
    public byte* LocalState { get; }

    /// <summary>Local memory of a lane.</summary>
    public int LocalBytes { get; }

    public LaunchContext Launch { get; }

    /// <summary>The cluster that it runs in, or the block alone.</summary>
    public Team Team { get; }

    /// <summary>Where executions are counted.</summary>
    public Tally Tally { get; }

    public Instruction[] Code { get; }

    /// <summary>The block that it belongs to; changes when the warp is used for another block.</summary>
    public Block Block { get; private set; } = null!; // set by Start, before anything runs

    /// <summary>Its number in the block.</summary>
    public int Index { get; private set; }

    /// <summary>Its number among the warps of the cluster: the index of its clock.</summary>
    public int ClockIndex { get; private set; }

    /// <summary>The allocation that was accessed last: the next access is mostly there too.</summary>
    public Memory.Allocation? LastAllocation { get; set; }

    /// <summary>Lanes that have not exited.</summary>
    public uint Alive { get; private set; }

    /// <summary>Lanes that run now, all at <see cref="Pc"/>.</summary>
    public uint Current { get; private set; }

    /// <summary>Lanes that a barrier holds.</summary>
    public uint Waiting { get; private set; }

    /// <summary>Lanes that stand before an instruction which they must execute together with others.</summary>
    public uint Parked { get; private set; }

    /// <summary>No one else can come: parked lanes go on by themselves, and that is reported.</summary>
    public bool IsForced { get; private set; }

    /// <summary>The next instruction of <see cref="Current"/>.</summary>
    public int Pc { get; set; }

    /// <summary>Undefined lanes of a register, however it is stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Undefined(Register r) => U[r.Index];

    /// <summary>The words of a register's lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint* Words(Register r) => R + r.Offset;

    /// <summary>The value of a lane, up to 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Value(Register r, int lane) =>
        r.Bits == 64 ? ((ulong*)(R + r.Offset))[lane] : r.IsPredicate ? (P[r.Offset] >> lane) & 1 : R[r.Offset + lane];

    /// <summary>Sets a lane and makes it defined; the value must fit the register.</summary>
    public void Set(Register r, int lane, ulong value)
    {
        if (r.IsSink)
            return;
        if (r.Bits == 64)
            ((ulong*)(R + r.Offset))[lane] = value;
        else if (r.IsPredicate)
            P[r.Offset] = (P[r.Offset] & ~(1u << lane)) | ((uint)(value & 1) << lane);
        else
            R[r.Offset + lane] = r.Bits == 32 ? (uint)value : (uint)value & ((1u << r.Bits) - 1);
        U[r.Index] &= ~(1u << lane);
    }

    /// <summary>The lanes have executed an instruction together: what each did before is ordered before what all do next.</summary>
    public void MeetLanes()
    {
        if (Launch.Options.Checked)
            Team.Clocks.Meet(ClockIndex);
    }

    /// <summary>Makes the warp ready for a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="index">The warp's number in it.</param>
    /// <param name="clockIndex">The warp's number in its cluster.</param>
    public void Start(Block block, int index, int clockIndex)
    {
        (Block, Index, ClockIndex) = (block, index, clockIndex);
        long threads = Launch.Threads.Count - (32L * index);
        Alive = threads >= 32 ? All : (1u << (int)threads) - 1;
        Current = Alive;
        Waiting = Parked = Exited = 0;
        PolledAt = -1;
        IsForced = false;
        RegisterCount = null;
        Pc = _program.EntryPc;
        _nextOther = int.MaxValue;
        Launch.FillSpecials(this);
        if (Launch.Options.Checked)
            Undefine();
        ClearCalls();
        StartAsync();
    }

    /// <summary>The last <c>setmaxnreg</c> that it executed; null before the first.</summary>
    public RegisterCount? RegisterCount { get; set; }

    /// <summary>Fills all lanes of a register.</summary>
    public void Fill(Register r, ulong value)
    {
        if (r.IsPredicate)
            P[r.Offset] = (value & 1) == 0 ? 0 : All;
        else if (r.Bits == 64)
            new Span<ulong>(R + r.Offset, 32).Fill(value);
        else
            new Span<uint>(R + r.Offset, 32).Fill((uint)value);
    }

    /// <summary>The index of a lane's thread in its block.</summary>
    public GpuDim Thread(int lane)
    {
        int linear = (Index * 32) + lane;
        GpuDim d = Launch.Threads;
        return new GpuDim(linear % d.X, linear / d.X % d.Y, linear / (d.X * d.Y));
    }

    /// <summary>Returns the registers.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        NativeMemory.Free(Local);
        NativeMemory.Free(LocalState);
    }

    // Registers hold a pattern that is a NaN in every format and an address of nothing.
    private void Undefine()
    {
        foreach ((Register r, _) in _program.Writable)
        {
            if (r.IsPredicate)
                P[r.Offset] = 0xAAAAAAAA;
            else
                NativeMemory.Fill(R + r.Offset, (nuint)(32 * Math.Max(4, r.Bytes)), 0xFF);
            if (r.Bits is 8 or 16)
                new Span<uint>(R + r.Offset, 32).Fill((1u << r.Bits) - 1);
            U[r.Index] = All;
            Origin[r.Index] = -1;
            NativeMemory.Fill(UB + (r.Index * 32), 32, 0xFF);
        }

        NativeMemory.Fill(Local, (nuint)(LocalBytes * 32), 0xFF);
        NativeMemory.Fill(LocalState, (nuint)(LocalBytes * 32), 1);
    }

    partial void StartAsync();

    partial void ClearCalls();
}
