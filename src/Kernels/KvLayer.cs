using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>
/// Keys and values of one layer in <em>slots</em>, one per token; a <em>block</em> is a run of slots, and a
/// sequence's blocks need not be neighbours. What a key/value head has in all slots lies together, as attention reads it:
/// values slot by slot; keys in groups of sixteen slots, the sixteen first elements, then the sixteen second ones.
/// </summary>
/// <remarks>Views on a buffer that somebody else owns.</remarks>
public sealed record KvLayer
{
    /// <summary>Slots whose keys lie interleaved.</summary>
    public const int GroupSlots = 16;

    /// <summary>A layer whose keys, values and scales follow each other in a buffer.</summary>
    /// <param name="buffer">At least <see cref="BytesPerToken"/> bytes for each slot from <paramref name="offset"/> on.</param>
    /// <param name="offset">Byte of the first key.</param>
    /// <param name="type">F32, BF16, or I8 with an F32 scale for each token and head, of its keys and of its values.</param>
    /// <param name="heads">The layout of a row.</param>
    /// <param name="slotCount">Number of slots, a multiple of <paramref name="blockTokens"/>.</param>
    /// <param name="blockTokens">Slots per block, a multiple of sixteen.</param>
    /// <param name="window">A token sees itself and the <c>window − 1</c> tokens before it; all of them when null.</param>
    /// <exception cref="ArgumentException">Another dtype, or slots that are no whole blocks or groups.</exception>
    public KvLayer(HostBuffer buffer, long offset, DType type, HeadLayout heads, long slotCount, int blockTokens,
        int? window = null)
    {
        if (type is not (DType.F32 or DType.BF16 or DType.I8))
            throw new ArgumentException($"KvLayer: a cache of {type}, but F32, BF16 or I8 was expected.", nameof(type));
        if (blockTokens <= 0 || blockTokens % GroupSlots != 0 || slotCount % blockTokens != 0)
        {
            throw new ArgumentException(
                $"KvLayer: {slotCount} slots in blocks of {blockTokens}, but whole blocks of a multiple of {GroupSlots} "
                + "slots were expected.", nameof(blockTokens));
        }

        (Heads, SlotCount, BlockTokens, Window) = (heads, slotCount, blockTokens, window);
        Keys = new Tensor(buffer, offset, type, heads.KvSize * (slotCount / GroupSlots), GroupSlots);
        Values = new Tensor(buffer, Keys.Offset + Keys.Bytes, type, heads.KvHeadCount * slotCount, heads.HeadDim);
        if (type == DType.I8)
        {
            Tensor scales = new(buffer, Values.Offset + Values.Bytes, DType.F32, heads.KvHeadCount, slotCount);
            (KeyScales, ValueScales) = (scales, scales with { Offset = scales.Offset + scales.Bytes });
        }
    }

    /// <summary>The heads that are stored.</summary>
    public HeadLayout Heads { get; }

    /// <summary>Number of slots.</summary>
    public long SlotCount { get; }

    /// <summary>Slots per block.</summary>
    public int BlockTokens { get; }

    /// <summary>A token sees itself and the <c>Window − 1</c> tokens before it; all of them when null.</summary>
    public int? Window { get; init; }

    /// <summary>Keys after RoPE, <c>[kv_heads × slots / 16 × head_dim, 16]</c>.</summary>
    public Tensor Keys { get; }

    /// <summary>Values, <c>[kv_heads × slots, head_dim]</c>.</summary>
    public Tensor Values { get; }

    /// <summary>What a head's key in a slot is to be multiplied by, F32 <c>[kv_heads, slots]</c>; null where it is no code.</summary>
    public Tensor? KeyScales { get; }

    /// <summary>The same for values.</summary>
    public Tensor? ValueScales { get; }

    /// <summary>Bytes that a token takes in a layer.</summary>
    /// <param name="type">Dtype of the cache.</param>
    /// <param name="heads">The layout of a row.</param>
    public static long BytesPerToken(DType type, HeadLayout heads) =>
        2L * (heads.KvSize * type.ByteSize() + (type == DType.I8 ? heads.KvHeadCount * sizeof(float) : 0));

    /// <summary>Makes a layer with a zeroed buffer of its own; whoever calls owns the buffer of <see cref="Keys"/>.</summary>
    /// <inheritdoc cref="KvLayer(HostBuffer, long, DType, HeadLayout, long, int, int?)"/>
    public static KvLayer Allocate(DType type, HeadLayout heads, long slotCount, int blockTokens, int? window = null) =>
        new(HostBuffer.Allocate(slotCount * BytesPerToken(type, heads)), 0, type, heads, slotCount, blockTokens, window);

    /// <summary>A key, widened to F32; for references and tools, not for inner loops.</summary>
    /// <param name="kvHead">Which head.</param>
    /// <param name="slot">Which slot.</param>
    /// <param name="key">Takes the key, <c>[head_dim]</c>.</param>
    public void CopyKey(int kvHead, long slot, Span<float> key)
    {
        Tensor group = Keys with { Offset = Keys.RowRange(KeyRow(kvHead, slot, 0), 1).Offset, Rows = 1, Cols = Heads.HeadDim * GroupSlots };
        switch (Keys.DType)
        {
            case DType.F32: Gather<F32Element, float>(group, slot, key); break;
            case DType.BF16: Gather<BF16Element, ushort>(group, slot, key); break;
            default: Gather<I8Element, sbyte>(group, slot, key); break;
        }

        Multiply(key, KeyScales, kvHead, slot);
    }

    /// <summary>A value, widened to F32; for references and tools, not for inner loops.</summary>
    /// <param name="kvHead">Which head.</param>
    /// <param name="slot">Which slot.</param>
    /// <param name="value">Takes the value, <c>[head_dim]</c>.</param>
    public void CopyValue(int kvHead, long slot, Span<float> value)
    {
        Values.CopyRow(ValueRow(kvHead, slot), value);
        Multiply(value, ValueScales, kvHead, slot);
    }

    /// <summary>Row of <see cref="Keys"/> that has element <paramref name="d"/> of a head in a slot's group.</summary>
    internal long KeyRow(int kvHead, long slot, int d) =>
        (kvHead * (SlotCount / GroupSlots) + slot / GroupSlots) * Heads.HeadDim + d;

    /// <summary>Row of <see cref="Values"/> that has a head in a slot.</summary>
    internal long ValueRow(int kvHead, long slot) => kvHead * SlotCount + slot;

    private static void Gather<TElement, TStored>(Tensor group, long slot, Span<float> key)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        Span<TStored> stored = group.Row<TStored>(0)[(int)(slot % GroupSlots)..];
        for (int d = 0; d < key.Length; d++)
            key[d] = TElement.Widen(stored[d * GroupSlots]);
    }

    private static void Multiply(Span<float> codes, Tensor? scales, int kvHead, long slot)
    {
        if (scales is not { } s)
            return;
        foreach (ref float code in codes)
            code *= s.Row<float>(kvHead)[(int)slot];
    }
}

/// <summary>Which rows of a batch belong to one sequence, and which blocks hold its keys and values.</summary>
/// <param name="RowStarts">I32 <c>[1, sequences + 1]</c>: sequence i has rows RowStarts[i] to RowStarts[i + 1].</param>
/// <param name="Blocks">I32 <c>[sequences, most blocks]</c>: block numbers in the order of positions.</param>
/// <param name="Positions">I32 <c>[1, rows]</c>: absolute position of each row in its sequence; a sequence's ascend.</param>
public readonly record struct SequenceTable(Tensor RowStarts, Tensor Blocks, Tensor Positions);
