namespace Puna.Kernels;

/// <summary>Writes a batch's keys and values into their cache slots, rounded to the cache's dtype.</summary>
public static partial class KvStore
{
    /// <summary>The definition: one element at a time, rounded to the nearest, ties to even.</summary>
    /// <inheritdoc cref="IBackend.StoreKv"/>
    /// <exception cref="ArgumentException">Shapes disagree, or a slot is outside the cache.</exception>
    public static void Reference(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache)
    {
        Check(queryKeyValue, heads, slots, cache);
        for (int r = 0; r < queryKeyValue.Rows; r++)
        {
            int slot = slots.Row<int>(0)[r];
            Span<float> row = queryKeyValue.Row<float>(r);
            for (int c = 0; c < heads.KvSize; c++)
            {
                cache.Keys.Set(slot, c, row[heads.QuerySize + c]);
                cache.Values.Set(slot, c, row[heads.QuerySize + heads.KvSize + c]);
            }
        }
    }

    private static void Check(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache)
    {
        if (queryKeyValue.DType != DType.F32 || queryKeyValue.Cols != heads.QuerySize + 2 * heads.KvSize
            || slots.DType != DType.I32 || slots.Length != queryKeyValue.Rows
            || cache.Keys.Cols != heads.KvSize || cache.Values.Cols != heads.KvSize)
        {
            throw new ArgumentException(
                $"KvStore: rows are {queryKeyValue} of {heads}, slots {slots}, keys {cache.Keys}, values {cache.Values}.");
        }

        foreach (int slot in slots.Row<int>(0))
        {
            if (slot < 0 || slot >= cache.Keys.Rows)
                throw new ArgumentException($"KvStore: slot {slot} of a cache with {cache.Keys.Rows} slots.");
        }
    }
}
