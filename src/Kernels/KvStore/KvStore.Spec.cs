using System.Collections.Immutable;

namespace Puna.Kernels;

public static partial class KvStore
{
    /// <summary>A shape is <c>[rows, query heads, kv heads, head dim]</c>; the output is the whole cache, scales included.</summary>
    public static OpSpec Spec { get; } = new("kv_store",
        Shapes: [[0, 1, 1, 2], [1, 1, 1, 2], [3, 2, 1, 8], [16, 3, 3, 30], [17, 4, 2, 32], [4, 32, 8, 64], [40, 2, 1, 80]],
        DTypes: [DType.F32, DType.BF16, DType.I8],
        Tolerance: _ => 0,                                                      // one rounding, the same everywhere
        Bytes: (s, t) => s[0] * (8L * s[2] * s[3] + KvLayer.BytesPerToken(t, new HeadLayout(s[1], s[2], s[3]))),
        Flops: _ => 0,
        Prepare: Prepare)
    {
        BenchShapes = DecoderSize.Rows((d, m) => [m, d.Heads.HeadCount, d.Heads.KvHeadCount, d.Heads.HeadDim]),
    };

    private static OpCall Prepare(ImmutableArray<int> s, DType type, SeededValues values)
    {
        HeadLayout heads = new(s[1], s[2], s[3]);
        int slotCount = (s[0] + KvLayer.GroupSlots - 1) / KvLayer.GroupSlots * KvLayer.GroupSlots;
        Tensor rows = values.Normal(DType.F32, slotCount, heads.QuerySize + 2 * heads.KvSize);
        Tensor slots = values.Permutation(slotCount), first = slots with { Cols = s[0] };
        Tensor others = slots with { Offset = first.Bytes, Cols = slotCount - s[0] };   // so that every slot is written
        KvLayer cache = KvLayer.Allocate(type, heads, slotCount, KvLayer.GroupSlots);
        Tensor all = new(cache.Keys.Buffer, 0, type, 1, cache.Keys.Buffer.Bytes / type.ByteSize());
        return new OpCall(ops =>
        {
            ops.StoreKv(rows.RowRange(0, s[0]), heads, first, cache);
            ops.StoreKv(rows.RowRange(s[0], slotCount - s[0]), heads, others, cache);
        }, all)
        {
            Again = ops => ops.StoreKv(rows.RowRange(0, s[0]), heads, first, cache),
        };
    }
}
