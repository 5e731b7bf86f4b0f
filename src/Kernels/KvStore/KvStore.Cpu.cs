using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class KvStore
{
    private readonly record struct Work(Tensor QueryKeyValue, HeadLayout Heads, Tensor Slots, KvLayer Cache);

    /// <summary>Rows in parallel; the same bits as the reference.</summary>
    /// <inheritdoc cref="IBackend.StoreKv"/>
    /// <param name="queryKeyValue">F32 <c>[rows, (heads + 2 kv_heads) × head_dim]</c>.</param>
    /// <param name="heads">The layout of a row.</param>
    /// <param name="slots">I32 <c>[1, rows]</c>.</param>
    /// <param name="cache">The layer's slots.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree, or a slot is outside the cache.</exception>
    public static void Cpu(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache, CpuPool pool)
    {
        Check(queryKeyValue, heads, slots, cache);
        pool.Run((int)queryKeyValue.Rows, new Work(queryKeyValue, heads, slots, cache), static (in Work w, int row) =>
        {
            int slot = w.Slots.Row<int>(0)[row];
            ReadOnlySpan<float> keyValue = w.QueryKeyValue.Row<float>(row)[w.Heads.QuerySize..];
            Store(keyValue[..w.Heads.KvSize], w.Cache.Keys, slot);
            Store(keyValue[w.Heads.KvSize..], w.Cache.Values, slot);
        });
    }

    private static void Store(ReadOnlySpan<float> source, Tensor target, int slot)
    {
        if (target.DType == DType.F32)
        {
            source.CopyTo(target.Row<float>(slot));
            return;
        }

        Span<ushort> stored = target.Row<ushort>(slot);
        for (int i = 0; i < source.Length; i++)
            stored[i] = BF16Element.Narrow(source[i]);
    }
}
