namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// What a block has seen of others. Its own clock counts its fences: what it did up to a fence is published by the
/// strong writes and atomics behind that fence, and known to whoever reads them and fences after that.
/// </summary>
internal sealed class BlockClock
{
    private readonly Dictionary<int, uint> _known = [];
    private readonly Dictionary<int, uint> _pending = [];
    private readonly Dictionary<int, uint> _published = [];

    /// <summary>The block's number in the grid.</summary>
    public int Number { get; private set; }

    /// <summary>The clock of its present accesses; from 1.</summary>
    public uint Time { get; private set; }

    /// <summary>Accesses up to this clock have been followed by <c>fence.proxy.async</c>.</summary>
    public uint ProxyFenced { get; private set; }

    public void Start(int number)
    {
        (Number, Time, ProxyFenced) = (number, 1, 0);
        _known.Clear();
        _pending.Clear();
        _published.Clear();
    }

    /// <summary>Whether an access of another block is ordered before what this block does now.</summary>
    public bool Knows(int block, uint time) => block == Number || (_known.TryGetValue(block, out uint known) && known >= time);

    /// <summary><c>membar</c>, <c>fence</c>, or the fence inside of an acquire or release.</summary>
    public void Fence()
    {
        Merge(_known, _pending);
        _pending.Clear();
        Merge(_published, _known);
        _published[Number] = Time;
        Time++;
    }

    /// <summary><c>fence.proxy.async</c> for global memory.</summary>
    public void FenceProxy() => ProxyFenced = Time++;

    /// <summary>What a strong write publishes: nothing before the first fence.</summary>
    public IReadOnlyDictionary<int, uint> Published => _published;

    /// <summary>A strong read has seen what others published; it counts after the next fence.</summary>
    public void See(IReadOnlyDictionary<int, uint> published) => Merge(_pending, published);

    private static void Merge(Dictionary<int, uint> into, IReadOnlyDictionary<int, uint> from)
    {
        foreach ((int block, uint time) in from)
        {
            if (!into.TryGetValue(block, out uint known) || known < time)
                into[block] = time;
        }
    }
}

/// <summary>What strong writes have published at each address of global memory: release and acquire patterns of PTX ISA 8.</summary>
internal sealed class GlobalOrder
{
    private readonly Lock[] _locks = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];
    private readonly Dictionary<ulong, Dictionary<int, uint>>[] _published = [.. Enumerable.Range(0, 64).Select(_ => new Dictionary<ulong, Dictionary<int, uint>>())];

    /// <summary>The lock that makes atomics at an address indivisible.</summary>
    public Lock LockOf(ulong address) => _locks[(int)(address >> 4) & 63];

    /// <summary>A strong write or an atomic publishes.</summary>
    /// <param name="address">Where.</param>
    /// <param name="clock">Whose.</param>
    /// <param name="isAtomic">An atomic keeps what earlier writes published there.</param>
    public void Publish(ulong address, BlockClock clock, bool isAtomic)
    {
        if (clock.Published.Count == 0 && isAtomic)
            return;
        int shard = (int)(address >> 4) & 63;
        lock (_locks[shard])
        {
            if (!_published[shard].TryGetValue(address, out Dictionary<int, uint>? at))
                _published[shard].Add(address, at = []);
            if (!isAtomic)
                at.Clear();
            foreach ((int block, uint time) in clock.Published)
                at[block] = Math.Max(time, at.GetValueOrDefault(block));
        }
    }

    /// <summary>A strong read or an atomic sees what was published.</summary>
    public void See(ulong address, BlockClock clock)
    {
        int shard = (int)(address >> 4) & 63;
        lock (_locks[shard])
        {
            if (_published[shard].TryGetValue(address, out Dictionary<int, uint>? at))
                clock.See(at);
        }
    }
}
