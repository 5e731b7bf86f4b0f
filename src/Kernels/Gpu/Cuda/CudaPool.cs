namespace Puna.Kernels.Gpu.Cuda;

/// <summary>
/// Device memory in pieces taken from large chunks. The driver's own pool (cuMemAllocAsync) is not used because it
/// binds each piece to the order of one stream, which owners here do not know, and cannot serve a recording's fixed
/// addresses; cuMemAlloc alone waits for the device at each free and rounds small pieces up to 2 MiB.
/// A freed piece is handed out again only after all streams have been waited for, so work that was queued before the
/// free may still use it.
/// </summary>
/// <param name="context">The device.</param>
/// <param name="chunkBytes">Least size of a chunk; a larger request has a chunk of its own, which goes when it is freed. 0: each has, of its exact size.</param>
/// <param name="waitForStreams">Waits until no queued work is left.</param>
internal sealed unsafe class CudaPool(CudaContext context, long chunkBytes, Action waitForStreams)
{
    private const long Alignment = 256;
    private const long ChunkAlignment = 2L << 20;   // the driver's own granularity

    private readonly Lock _lock = new();
    private readonly List<Chunk> _chunks = [];
    private readonly Dictionary<ulong, long> _used = [];

    /// <summary>A piece of at least <paramref name="bytes"/>, aligned to 256.</summary>
    /// <exception cref="OutOfCapacityException">The device has no such amount left.</exception>
    public ulong Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        long size = chunkBytes == 0 ? Math.Max(bytes, 1) : RoundUp(Math.Max(bytes, 1), Alignment);
        lock (_lock)
        {
            ulong address = Take(size);
            if (address == 0 && _chunks.Exists(c => c.HasPending))
            {
                Reclaim();
                address = Take(size);
            }

            if (address == 0)
            {
                AddChunk(chunkBytes == 0 ? size : Math.Max(chunkBytes, RoundUp(size, ChunkAlignment)), bytes);
                address = Take(size);
            }

            _used.Add(address, size);
            return address;
        }
    }

    /// <summary>Takes a piece back. A chunk that the driver does not take now is used again or returned at the end.</summary>
    /// <returns>0: it is taken back in any case.</returns>
    public int Free(ulong address)
    {
        lock (_lock)
        {
            long size = _used[address];
            Chunk chunk = _chunks.Find(c => c.Holds(address))
                ?? throw new InvalidOperationException($"CudaPool: no chunk holds 0x{address:x}.");
            _used.Remove(address);
            if (chunk.Bytes <= chunkBytes || Return(chunk) != 0)
                chunk.Release(address, size);
            return 0;
        }
    }

    /// <summary>Returns all chunks; one that the driver does not take stays for another try.</summary>
    /// <returns>The result of the last failure, or 0.</returns>
    public int Clear()
    {
        lock (_lock)
        {
            _used.Clear();
            int failure = 0;
            foreach (Chunk chunk in _chunks.ToArray())
                failure = Return(chunk) is var result && result != 0 ? result : failure;
            return failure;
        }
    }

    private ulong Take(long size)
    {
        foreach (Chunk chunk in _chunks)
        {
            if (chunk.TryTake(size, out ulong address))
                return address;
        }

        return 0;
    }

    private void Reclaim()
    {
        waitForStreams();
        foreach (Chunk chunk in _chunks)
            chunk.Reclaim();
    }

    private void AddChunk(long size, long asked)
    {
        CudaApi api = context.Enter();
        ulong address = 0;
        int result = api.MemAlloc(&address, (nuint)size);
        if (result == CudaErrors.OutOfMemory)
        {
            foreach (Chunk idle in _chunks.FindAll(c => c.IsIdle))
                Return(idle);
            result = api.MemAlloc(&address, (nuint)size);
        }

        if (result != 0)
            throw context.Errors.Error(result, "cuMemAlloc", Amount(asked, result));
        _chunks.Add(new Chunk(address, size));
    }

    private string Amount(long asked, int result)
    {
        nuint free = 0, total = 0;
        return result == CudaErrors.OutOfMemory && context.Api.MemGetInfo(&free, &total) == 0
            ? $"{asked:N0} bytes ({free:N0} of {total:N0} are free on {context.Facts.Name})"
            : $"{asked:N0} bytes";
    }

    private int Return(Chunk chunk)
    {
        int result = context.Api.MemFree(chunk.Address);
        if (!context.Errors.IsDone(result, "cuMemFree"))
            return result;
        _chunks.Remove(chunk);
        return 0;
    }

    private static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;

    // free: sorted, no two adjacent; pending: freed since the last wait
    private sealed class Chunk(ulong address, long bytes)
    {
        private readonly List<(ulong Address, long Bytes)> _free = [(address, bytes)];
        private readonly List<(ulong Address, long Bytes)> _pending = [];

        public ulong Address { get; } = address;

        public long Bytes { get; } = bytes;

        public bool HasPending => _pending.Count > 0;

        public bool IsIdle => _free.Count == 1 && _free[0].Bytes == Bytes;

        public bool Holds(ulong piece) => piece >= Address && piece < Address + (ulong)Bytes;

        public bool TryTake(long size, out ulong piece)
        {
            int i = _free.FindIndex(f => f.Bytes >= size);
            piece = i < 0 ? 0 : _free[i].Address;
            if (i >= 0 && _free[i].Bytes == size)
                _free.RemoveAt(i);
            else if (i >= 0)
                _free[i] = (piece + (ulong)size, _free[i].Bytes - size);
            return i >= 0;
        }

        public void Release(ulong piece, long size) => _pending.Add((piece, size));

        public void Reclaim()
        {
            _free.AddRange(_pending);
            _pending.Clear();
            _free.Sort();
            for (int i = _free.Count - 1; i > 0; i--)
            {
                if (_free[i - 1].Address + (ulong)_free[i - 1].Bytes != _free[i].Address)
                    continue;
                _free[i - 1] = (_free[i - 1].Address, _free[i - 1].Bytes + _free[i].Bytes);
                _free.RemoveAt(i);
            }
        }
    }
}
