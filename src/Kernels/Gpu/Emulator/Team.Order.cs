namespace Puna.Kernels.Gpu.Emulator;

internal sealed partial class Team
{
    private readonly Dictionary<ulong, uint[]> _published = [];
    private readonly Dictionary<Warp, uint[]> _fenced = [];
    private readonly Dictionary<Warp, uint[]> _pending = [];

    /// <summary>A warp reads a flag in shared memory: what was published there counts after its next fence.</summary>
    public void SeeShared(Warp w, int rank, ulong address)
    {
        if (!_published.TryGetValue(Key(rank, address), out uint[]? published))
            return;
        if (!_pending.TryGetValue(w, out uint[]? pending))
            _pending.Add(w, pending = Clocks.NewClock());
        Merge(pending, published);
    }

    /// <summary>A warp writes a flag in shared memory: it publishes what its last fence covers.</summary>
    public void PublishShared(Warp w, int rank, ulong address, bool isAtomic)
    {
        if (!_fenced.TryGetValue(w, out uint[]? fenced))
            return;
        ulong key = Key(rank, address);
        if (!_published.TryGetValue(key, out uint[]? published))
            _published.Add(key, published = Clocks.NewClock());
        if (!isAtomic)
            Array.Clear(published);
        Merge(published, fenced);
    }

    /// <summary>A warp fences.</summary>
    public void FenceShared(Warp w)
    {
        if (_pending.Remove(w, out uint[]? pending))
            Clocks.Acquire(w.ClockIndex, pending);
        if (!_fenced.TryGetValue(w, out uint[]? fenced))
            _fenced.Add(w, fenced = Clocks.NewClock());
        Clocks.Release(w.ClockIndex, fenced, Warp.All);
    }

    private void ClearOrder()
    {
        _published.Clear();
        _fenced.Clear();
        _pending.Clear();
    }

    // an address without a rank is the block's own
    private static ulong Key(int rank, ulong address) => address >> 24 == 0 ? address | ((ulong)(rank + 1) << 24) : address;

    private static void Merge(uint[] into, uint[] from)
    {
        for (int i = 0; i < into.Length; i++)
            into[i] = Math.Max(into[i], from[i]);
    }
}
