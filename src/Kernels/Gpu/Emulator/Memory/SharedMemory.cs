using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu.Emulator.Memory;

/// <summary>
/// A block's shared memory with, for each byte, its state, who wrote it last and when each warp read it last. Offsets
/// are shared addresses: variables begin at <see cref="PtxProgram.SharedBase"/>.
/// </summary>
internal sealed unsafe partial class SharedMemory : IDisposable
{
    private readonly Team _team;
    private readonly int _rank;
    private readonly ulong _first;

    public SharedMemory(Team team, int rank, int staticBytes, int dynamicBytes)
    {
        (_team, _rank) = (team, rank);
        _first = team.Launch.Program.UsesReservedShared ? 0 : (ulong)PtxProgram.SharedBase;
        Bytes = PtxProgram.SharedBase + staticBytes + dynamicBytes;
        Data = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes + 64, 1024);
        State = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes + 64, 64);
        if (team.Launch.Options.Checked)
            AllocateOrder();
        AllocateAsync();
    }

    /// <summary>Size, with the unused bytes before the first variable.</summary>
    public int Bytes { get; }

    /// <summary>The bytes.</summary>
    public byte* Data { get; }

    /// <summary>A <see cref="ByteState"/> for each byte.</summary>
    public byte* State { get; }

    /// <summary>Forgets everything: a new block begins.</summary>
    public void Start()
    {
        NativeMemory.Fill(Data, (nuint)Bytes, 0xFF);
        NativeMemory.Fill(State, (nuint)Bytes, _team.Launch.Options.Checked ? ByteState.Undefined : ByteState.Defined);
        if (_team.Launch.Program.UsesReservedShared)
        {
            new Span<byte>(Data, PtxProgram.SharedBase).Clear();
            new Span<byte>(State, PtxProgram.SharedBase).Clear();
        }

        ClearOrder();
        ClearAsync();
    }

    /// <summary>Whether an access lies inside.</summary>
    public bool Contains(ulong offset, int bytes) => offset >= _first && offset + (ulong)bytes <= (ulong)Bytes;

    public void Dispose()
    {
        NativeMemory.AlignedFree(Data);
        NativeMemory.AlignedFree(State);
        FreeOrder();
        FreeAsync();
    }
}
