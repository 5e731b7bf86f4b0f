namespace Puna.Kernels;

/// <summary>
/// Writes a batch's keys and values into their cache slots, rounded to the cache's dtype: to the nearest, ties to even.
/// In an I8 cache each head of each token has a scale for its key and one for its value, as <see cref="QuantizeRows"/> says.
/// </summary>
public static partial class KvStore
{
    /// <summary>The definition: one element at a time.</summary>
    /// <inheritdoc cref="IBackend.StoreKv"/>
    /// <exception cref="ArgumentException">Shapes disagree, or a slot is outside the cache.</exception>
    public static void Reference(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache)
    {
        Check(queryKeyValue, heads, slots, cache);
        for (int r = 0; r < queryKeyValue.Rows; r++)
        {
            int slot = slots.Row<int>(0)[r];
            Span<float> row = queryKeyValue.Row<float>(r);
            for (int head = 0; head < heads.KvHeadCount; head++)
            {
                Span<float> key = row.Slice(heads.QuerySize + head * heads.HeadDim, heads.HeadDim);
                Span<float> value = row.Slice(heads.QuerySize + heads.KvSize + head * heads.HeadDim, heads.HeadDim);
                float[] keyCodes = Codes(key, cache.KeyScales, head, slot), valueCodes = Codes(value, cache.ValueScales, head, slot);
                for (int d = 0; d < heads.HeadDim; d++)
                {
                    cache.Keys.Set(cache.KeyRow(head, slot, d), slot % KvLayer.GroupSlots, keyCodes[d]);
                    cache.Values.Set(cache.ValueRow(head, slot), d, valueCodes[d]);
                }
            }
        }
    }

    /// <summary>The numbers themselves, or their codes once the scale is stored.</summary>
    private static float[] Codes(Span<float> values, Tensor? scales, int head, int slot)
    {
        if (scales is not { } to)
            return values.ToArray();
        sbyte[] codes = new sbyte[values.Length];
        to.Row<float>(head)[slot] = QuantizeRows.Reference(values, codes);
        return Array.ConvertAll(codes, c => (float)c);
    }

    private static void Check(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache)
    {
        if (queryKeyValue.DType != DType.F32 || queryKeyValue.Cols != heads.QuerySize + 2 * heads.KvSize
            || slots.DType != DType.I32 || slots.Length != queryKeyValue.Rows
            || cache.Heads.KvHeadCount != heads.KvHeadCount || cache.Heads.HeadDim != heads.HeadDim)
        {
            throw new ArgumentException(
                $"KvStore: rows are {queryKeyValue} of {heads}, slots {slots}, the cache is for {cache.Heads}.");
        }

        foreach (int slot in slots.Row<int>(0))
        {
            if (slot < 0 || slot >= cache.SlotCount)
                throw new ArgumentException($"KvStore: slot {slot} of a cache with {cache.SlotCount} slots.");
        }
    }
}
