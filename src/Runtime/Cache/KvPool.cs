using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.Runtime.Models;

namespace Puna.Runtime.Cache;

/// <summary>
/// The keys and values of every layer, in blocks of slots that sequences take and give back. It owns the memory.
/// </summary>
public sealed class KvPool : IDisposable
{
    private readonly HostBuffer _memory;
    private readonly int[] _free;   // a stack of block numbers

    /// <summary>Allocates room for <paramref name="tokens"/> tokens, rounded up to whole blocks.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="tokens">Tokens of all sequences together.</param>
    /// <param name="type">F32, BF16 or I8.</param>
    /// <param name="blockTokens">Slots per block, a multiple of sixteen.</param>
    /// <exception cref="ArgumentException">Another dtype, or another number of slots.</exception>
    public KvPool(ModelConfig config, int tokens, DType type, int blockTokens = 16)
    {
        BlockTokens = blockTokens;
        BlockCount = (int)(((long)tokens + blockTokens - 1) / blockTokens);
        long slots = (long)BlockCount * blockTokens;
        _memory = HostBuffer.Allocate(slots * config.KvBytesPerToken(type));
        long layerBytes = slots * KvLayer.BytesPerToken(type, config.Heads);
        Layers = [.. Enumerable.Range(0, config.LayerCount).Select(layer => new KvLayer(
            _memory, layer * layerBytes, type, config.Heads, slots, blockTokens, config.SlidingWindow))];

        _free = new int[BlockCount];
        for (int i = 0; i < BlockCount; i++)
            _free[i] = BlockCount - 1 - i;   // block 0 is taken first
        FreeCount = BlockCount;
    }

    /// <summary>Keys and values of each layer.</summary>
    public ImmutableArray<KvLayer> Layers { get; }

    /// <summary>Slots per block.</summary>
    public int BlockTokens { get; }

    /// <summary>All blocks.</summary>
    public int BlockCount { get; }

    /// <summary>Blocks that nobody holds.</summary>
    public int FreeCount { get; private set; }

    /// <summary>Blocks that <paramref name="tokens"/> tokens of one sequence need.</summary>
    public int BlocksFor(int tokens) => (tokens + BlockTokens - 1) / BlockTokens;

    /// <summary>Takes a block for each element of <paramref name="blocks"/>, or none when there are not enough.</summary>
    public bool TryTake(Span<int> blocks)
    {
        if (blocks.Length > FreeCount)
            return false;
        foreach (ref int block in blocks)
            block = _free[--FreeCount];
        return true;
    }

    /// <summary>Gives blocks back.</summary>
    public void Return(ReadOnlySpan<int> blocks)
    {
        foreach (int block in blocks)
            _free[FreeCount++] = block;
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
