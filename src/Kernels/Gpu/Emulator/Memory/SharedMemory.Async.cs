using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Puna.Kernels.Gpu.Emulator.Memory;

// What asynchronous work does to shared memory, in chunks of 16 bytes.
internal sealed unsafe partial class SharedMemory
{
    public const int ChunkBytes = 16;
    private ushort* _reads;
    private uint* _asyncReadTime;
    private uint*[] _asyncReaders = [];

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
        AsyncPlane(member)[chunk / ChunkBytes] = time;
        _asyncReadTime[chunk / ChunkBytes] = time;
    }

    /// <summary><see cref="BeginRead"/> of many chunks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void BeginReads(ReadOnlySpan<int> chunks)
    {
        foreach (int chunk in chunks)
            BeginRead(chunk);
    }

    /// <summary><see cref="EndRead"/> of many chunks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void EndReads(ReadOnlySpan<int> chunks, int member)
    {
        ushort* reads = _reads;
        byte* state = State;
        uint time = _team.Clocks.Time;
        uint* plane = AsyncPlane(member), readTime = _asyncReadTime;
        foreach (int chunk in chunks)
        {
            int index = chunk / ChunkBytes;
            if (--reads[index] == 0)
                Vector128.AndNot(Vector128.Load(state + chunk), Vector128.Create(ByteState.BeingRead)).Store(state + chunk);
            plane[index] = time;
            readTime[index] = time;
        }
    }

    /// <summary>The first of many chunks that an async copy still writes or whose last write is hidden from async work of <paramref name="member"/>; -1 for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public int FirstUnready(ReadOnlySpan<int> chunks, int member)
    {
        byte* state = State;
        uint* writeTime = _writeTime, writer = _writer;
        (uint Writer, uint Time) known = (0, 0);
        foreach (int chunk in chunks)
        {
            if ((Vector128.Load(state + chunk) & Vector128.Create(ByteState.InFlight)) != Vector128<byte>.Zero)
                return chunk;
            Vector256<uint> time = Vector256.Create(known.Time), who = Vector256.Create(known.Writer);
            Vector256<uint> late = Vector256.GreaterThan(Vector256.Max(Vector256.Load(writeTime + chunk), Vector256.Load(writeTime + chunk + 8)), time);
            Vector256<uint> other = (Vector256.Load(writer + chunk) >> 23 ^ who) | (Vector256.Load(writer + chunk + 8) >> 23 ^ who);
            if ((late | other) != Vector256<uint>.Zero && HiddenSlowly(member, chunk, ref known).Kind != ConflictKind.None)
                return chunk;
        }

        return -1;
    }

    /// <summary>Copies chunks to one after the other.</summary>
    /// <returns>The bits of <see cref="ByteState"/> that any of their bytes has.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public byte Gather(ReadOnlySpan<int> chunks, byte* target)
    {
        byte* data = Data, state = State;
        Vector128<byte> any = Vector128<byte>.Zero;
        foreach (int chunk in chunks)
        {
            any |= Vector128.Load(state + chunk);
            Vector128.Load(data + chunk).Store(target);
            target += ChunkBytes;
        }

        Vector64<byte> folded = any.GetLower() | any.GetUpper();
        ulong bits = folded.AsUInt64().ToScalar();
        bits |= bits >> 32;
        bits |= bits >> 16;
        return (byte)(bits | bits >> 8);
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
        Conflict byAsync = UnorderedAsyncRead(member, chunk, ChunkBytes);
        if (byAsync.Kind != ConflictKind.None)
            return byAsync;
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
            if (i > chunk && time == _writeTime[i - 1] && _writer[i] == _writer[i - 1])
                continue;
            int writer = (int)(_writer[i] >> 23), lane = (int)(_writer[i] >> 18 & 31);
            bool isVisible = time == 0
                || (writer == clocks.AsyncProxy ? clocks.IsOrdered(member, writer, time) : clocks.IsFenced(member, writer, lane, time));
            if (!isVisible)
                return Writer(ConflictKind.WriteThenRead, i);
            known = ((uint)writer, writer == clocks.AsyncProxy ? clocks.Known(member, writer) : clocks.Fenced(member, writer));
        }

        return default;
    }

    // Reads by async work are waited for by a warp: from then on they count as that warp's. They cover whole chunks.
    private Conflict UnorderedAsyncRead(int member, long offset, long bytes)
    {
        Clocks clocks = _team.Clocks;
        for (long index = offset / ChunkBytes; index <= (offset + bytes - 1) / ChunkBytes; index++)
        {
            if (_asyncReadTime[index] <= clocks.SafeTime[member])
                continue;
            for (int reader = 0; reader < Members; reader++)
            {
                uint* plane = _asyncReaders[reader];
                if (plane is not null && reader != member && !clocks.IsOrdered(member, reader, plane[index]))
                    return new Conflict(ConflictKind.ReadThenWrite, reader, 0, -1, Math.Max(offset, index * ChunkBytes));
            }
        }

        return default;
    }

    private uint* AsyncPlane(int member)
    {
        ref uint* plane = ref _asyncReaders[member];
        if (plane is null)
            plane = (uint*)NativeMemory.AllocZeroed(Chunks, sizeof(uint));
        return plane;
    }

    private nuint Chunks => (nuint)(Bytes / ChunkBytes) + 2;

    private void AllocateAsync()
    {
        _reads = (ushort*)NativeMemory.AllocZeroed(Chunks, sizeof(ushort));
        _asyncReadTime = (uint*)NativeMemory.AllocZeroed(Chunks, sizeof(uint));
        _asyncReaders = new uint*[Members];
    }

    private void ClearAsync()
    {
        NativeMemory.Clear(_reads, Chunks * sizeof(ushort));
        NativeMemory.Clear(_asyncReadTime, Chunks * sizeof(uint));
        foreach (uint* plane in _asyncReaders)
        {
            if (plane is not null)
                NativeMemory.Clear(plane, Chunks * sizeof(uint));
        }
    }

    private void FreeAsync()
    {
        NativeMemory.Free(_reads);
        NativeMemory.Free(_asyncReadTime);
        foreach (uint* plane in _asyncReaders)
            NativeMemory.Free(plane);
    }
}
