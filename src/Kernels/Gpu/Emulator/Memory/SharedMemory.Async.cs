using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puna.Kernels.Gpu.Emulator.Memory;

// What asynchronous work does to shared memory, in chunks of 16 bytes.
internal sealed unsafe partial class SharedMemory
{
    public const int ChunkBytes = 16;
    private ushort* _reads;

    /// <summary>Async work begins to read a chunk: writes are mistakes until <see cref="EndRead"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeginRead(long chunk)
    {
        if (_reads[chunk / ChunkBytes]++ == 0)
            (Vector128.Load(State + chunk) | Vector128.Create(ByteState.BeingRead)).Store(State + chunk);
    }

    /// <summary>A reader has been waited for by <paramref name="member"/>: whoever writes next must be ordered after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndRead(long chunk, int member)
    {
        if (--_reads[chunk / ChunkBytes] == 0)
            Vector128.AndNot(Vector128.Load(State + chunk), Vector128.Create(ByteState.BeingRead)).Store(State + chunk);
        uint time = _team.Clocks.Time;
        uint* plane = Plane(member);
        Vector256<uint> record = Vector256.Create((time << LaneShift) | ManyLanes), now = Vector256.Create(time);
        record.Store(plane + chunk);
        record.Store(plane + chunk + 8);
        now.Store(_readTime + chunk);
        now.Store(_readTime + chunk + 8);
    }

    /// <summary>An async copy begins to write bytes: their contents are undefined until it has been waited for.</summary>
    public void BeginWrite(long offset, long bytes)
    {
        NativeMemory.Fill(Data + offset, (nuint)bytes, 0xFF);
        NativeMemory.Fill(State + offset, (nuint)bytes, ByteState.InFlight | ByteState.Undefined);
    }

    /// <summary>What async work does to a chunk: the bits of <see cref="ByteState"/> that any of its bytes has.</summary>
    public byte AnyState(long chunk)
    {
        byte any = 0;
        for (int i = 0; i < ChunkBytes; i++)
            any |= State[chunk + i];
        return any;
    }

    /// <summary>The first byte of a chunk that is still being written by an async copy, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long FirstInFlight(long chunk)
    {
        Vector128<byte> bad = Vector128.Load(State + chunk) & Vector128.Create(ByteState.InFlight);
        return bad == Vector128<byte>.Zero ? -1 : chunk + new ReadOnlySpan<byte>(&bad, ChunkBytes).IndexOfAnyExcept((byte)0);
    }

    /// <summary>One bit for each undefined byte of a chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint UndefinedBytes(long chunk) =>
        Vector128.Equals(Vector128.Load(State + chunk) & Vector128.Create(ByteState.Undefined), Vector128.Create(ByteState.Undefined))
            .ExtractMostSignificantBits();

    /// <summary>
    /// Whether the last write of each byte of a chunk is visible to async work that <paramref name="member"/> issues now:
    /// written by the async proxy and waited for, or by threads, ordered, and fenced.
    /// </summary>
    /// <param name="member">The issuing warp.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="known">A member whose writes up to a time are visible, found before: neighbours mostly have the same.</param>
    /// <returns>The write that is not visible, or none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Conflict Hidden(int member, long chunk, ref (uint Writer, uint Time) known)
    {
        uint* times = _writeTime + chunk, writers = _writer + chunk;
        Vector256<uint> time = Vector256.Create(known.Time), writer = Vector256.Create(known.Writer);
        bool isVisible = Vector256.LessThanOrEqualAll(Vector256.Load(times), time) && Vector256.LessThanOrEqualAll(Vector256.Load(times + 8), time)
            && Vector256.Load(writers) >> 23 == writer && Vector256.Load(writers + 8) >> 23 == writer;
        return isVisible ? default : HiddenSlowly(member, chunk, ref known);
    }

    /// <summary>The first read of a chunk, by another thread, that is not ordered before what <paramref name="member"/> does now.</summary>
    public Conflict Unfinished(int member, int lane, long chunk)
    {
        Clocks clocks = _team.Clocks;
        Vector256<uint> safe = Vector256.Create(clocks.SafeTime[member]);
        if (Vector256.LessThanOrEqualAll(Vector256.Load(_readTime + chunk), safe) && Vector256.LessThanOrEqualAll(Vector256.Load(_readTime + chunk + 8), safe))
            return default;
        for (int reader = 0; reader < Members; reader++)
        {
            uint* plane = _readers[reader];
            if (plane is null)
                continue;
            Vector256<uint> known = Vector256.Create((clocks.Known(member, reader) << LaneShift) | 63);
            if (reader != member && Vector256.LessThanOrEqualAll(Vector256.Load(plane + chunk), known)
                && Vector256.LessThanOrEqualAll(Vector256.Load(plane + chunk + 8), known))
                continue;
            for (long i = chunk; i < chunk + ChunkBytes; i++)
            {
                Conflict conflict = plane[i] == 0 ? default : UnorderedRead(clocks, member, lane, i);
                if (conflict.Kind != ConflictKind.None)
                    return conflict;
            }
        }

        return default;
    }

    private Conflict HiddenSlowly(int member, long chunk, ref (uint Writer, uint Time) known)
    {
        Clocks clocks = _team.Clocks;
        for (long i = chunk; i < chunk + ChunkBytes; i++)
        {
            uint time = _writeTime[i];
            int writer = (int)(_writer[i] >> 23), lane = (int)(_writer[i] >> 18 & 31);
            bool isVisible = time == 0
                || (writer == clocks.AsyncProxy ? clocks.IsOrdered(member, writer, time) : clocks.IsFenced(member, writer, lane, time));
            if (!isVisible)
                return Writer(ConflictKind.WriteThenRead, i);
            known = ((uint)writer, writer == clocks.AsyncProxy ? clocks.Known(member, writer) : clocks.Fenced(member, writer));
        }

        return default;
    }

    private void AllocateAsync() => _reads = (ushort*)NativeMemory.AllocZeroed((nuint)(Bytes / ChunkBytes) + 2, sizeof(ushort));

    private void ClearAsync() => NativeMemory.Clear(_reads, (nuint)((Bytes / ChunkBytes) + 2) * sizeof(ushort));

    private void FreeAsync() => NativeMemory.Free(_reads);
}
