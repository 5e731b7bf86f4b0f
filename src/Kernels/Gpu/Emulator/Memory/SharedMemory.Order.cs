using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu.Emulator.Memory;

internal sealed unsafe partial class SharedMemory
{
    private const int LaneShift = 6;
    private const uint ManyLanes = 32;
    private const uint StrongLane = 33;
    private uint* _writeTime;
    private uint* _writer;
    private uint* _readTime;
    private uint*[] _readers = [];

    /// <summary>Warps of the team and the async proxy.</summary>
    private int Members => _team.Clocks.Members;

    private void AllocateOrder()
    {
        _writeTime = (uint*)NativeMemory.AllocZeroed((nuint)Bytes + 16, sizeof(uint));
        _writer = (uint*)NativeMemory.AllocZeroed((nuint)Bytes + 16, sizeof(uint));
        _readTime = (uint*)NativeMemory.AllocZeroed((nuint)Bytes + 16, sizeof(uint));
        _readers = new uint*[Members];
    }

    private void ClearOrder()
    {
        if (_writeTime is null)
            return;
        nuint size = (nuint)Bytes * sizeof(uint);
        NativeMemory.Clear(_writeTime, size);
        NativeMemory.Clear(_readTime, size);
        foreach (uint* plane in _readers)
        {
            if (plane is not null)
                NativeMemory.Clear(plane, size);
        }
    }

    private void FreeOrder()
    {
        NativeMemory.Free(_writeTime);
        NativeMemory.Free(_writer);
        NativeMemory.Free(_readTime);
        foreach (uint* plane in _readers)
            NativeMemory.Free(plane);
    }

    private uint* Plane(int member)
    {
        ref uint* plane = ref _readers[member];
        if (plane is null)
            plane = (uint*)NativeMemory.AllocZeroed((nuint)Bytes + 16, sizeof(uint));
        return plane;
    }

    /// <summary>A warp's lane reads: no unordered write may be there.</summary>
    /// <param name="member">The warp's number in the team, or the async proxy's.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="instruction">Index of the instruction.</param>
    /// <param name="isStrong">An atomic or another access that may meet others of its kind.</param>
    /// <returns>The conflicting write, or none.</returns>
    public Conflict Read(int member, int lane, long offset, int bytes, int instruction, bool isStrong)
    {
        Clocks clocks = _team.Clocks;
        uint time = clocks.Time, safe = clocks.SafeTime[member];
        Conflict conflict = default;
        uint* plane = Plane(member);
        for (long i = offset; i < offset + bytes; i++)
        {
            if (_writeTime[i] > safe && conflict.Kind == ConflictKind.None && !IsWriteOrdered(clocks, member, lane, i, isStrong))
                conflict = Writer(ConflictKind.WriteThenRead, i);
            uint last = plane[i], me = isStrong ? StrongLane : (uint)lane;
            bool isFirst = last >> LaneShift != time || (last & 63) == me || (last & 63) == StrongLane;
            plane[i] = (time << LaneShift) | (isFirst ? me : ManyLanes);
            _readTime[i] = time;
        }

        return conflict;
    }

    /// <summary>A warp's lane writes: no unordered read or write may be there.</summary>
    /// <param name="member">The warp's number in the team, or the async proxy's.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="instruction">Index of the instruction.</param>
    /// <param name="isStrong">An atomic or another access that may meet others of its kind.</param>
    /// <param name="value">What will be written: two lanes of one instruction may write the same; null where unknown.</param>
    /// <returns>The conflicting access, or none.</returns>
    public Conflict Write(int member, int lane, long offset, int bytes, int instruction, bool isStrong, byte* value)
    {
        Clocks clocks = _team.Clocks;
        uint time = clocks.Time, safe = clocks.SafeTime[member];
        Conflict conflict = default;
        uint record = ((uint)member << 23) | ((uint)lane << 18) | (isStrong ? 1u << 17 : 0) | ((uint)instruction & 0x1FFFF);
        for (long i = offset; i < offset + bytes; i++)
        {
            if (_writeTime[i] > safe && conflict.Kind == ConflictKind.None && !IsWriteOrdered(clocks, member, lane, i, isStrong)
                && !IsSameStore(member, i, instruction, value, i - offset))
                conflict = Writer(ConflictKind.WriteThenWrite, i);
            if (!isStrong && _readTime[i] > safe && conflict.Kind == ConflictKind.None)
                conflict = UnorderedRead(clocks, member, lane, i);
            _writeTime[i] = time;
            _writer[i] = record;
        }

        return conflict.Kind == ConflictKind.None ? UnorderedAsyncRead(member, offset, bytes) : conflict;
    }

    /// <summary>Records a write by the async proxy, seen by those who acquire its clock at <paramref name="time"/>.</summary>
    public void AsyncWritten(long offset, long bytes, uint time, int instruction)
    {
        if (_writeTime is null)
            return;
        uint record = ((uint)_team.Clocks.AsyncProxy << 23) | ((uint)instruction & 0x1FFFF);
        for (long i = offset; i < offset + bytes; i++)
        {
            _writeTime[i] = time;
            _writer[i] = record;
        }
    }

    private bool IsWriteOrdered(Clocks clocks, int member, int lane, long i, bool isStrong)
    {
        uint record = _writer[i];
        int writer = (int)(record >> 23);
        if (isStrong && (record >> 17 & 1) != 0)
            return true;
        return writer == member
            ? (record >> 18 & 31) == (uint)lane || clocks.HaveMet(member, record >> 18 & 31, _writeTime[i])
            : clocks.IsOrdered(member, writer, _writeTime[i]);
    }

    // Lanes of one instruction that write the same value to the same place do no harm.
    private bool IsSameStore(int member, long i, int instruction, byte* value, long at) =>
        value is not null && (int)(_writer[i] >> 23) == member && (_writer[i] & 0x1FFFF) == ((uint)instruction & 0x1FFFF) && Data[i] == value[at];

    private Conflict UnorderedRead(Clocks clocks, int member, int lane, long i)
    {
        for (int reader = 0; reader < Members; reader++)
        {
            uint* plane = _readers[reader];
            if (plane is null || plane[i] == 0)
                continue;
            uint time = plane[i] >> LaneShift, readLane = plane[i] & 63;
            bool ordered = reader == member
                ? readLane == (uint)lane || clocks.HaveMet(member, readLane, time)
                : clocks.IsOrdered(member, reader, time);
            if (!ordered)
                return new Conflict(ConflictKind.ReadThenWrite, reader, (int)Math.Min(readLane, 31), -1, i);
        }

        return default;
    }

    private Conflict Writer(ConflictKind kind, long i) =>
        new(kind, (int)(_writer[i] >> 23), (int)(_writer[i] >> 18 & 31), (int)(_writer[i] & 0x1FFFF), i, (_writer[i] >> 17 & 1) != 0);

}

/// <summary>How two unordered accesses meet.</summary>
internal enum ConflictKind
{
    None,
    WriteThenRead,
    WriteThenWrite,
    ReadThenWrite,
}

/// <summary>The earlier one of two unordered accesses.</summary>
/// <param name="Kind">How they meet; none where there is no conflict.</param>
/// <param name="Member">Its warp's number in the team.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Instruction">Its instruction; -1 where only the warp is known.</param>
/// <param name="Offset">The byte.</param>
/// <param name="IsStrong">It was an atomic or of that kind.</param>
internal readonly record struct Conflict(ConflictKind Kind, int Member, int Lane, int Instruction, long Offset, bool IsStrong = false);
