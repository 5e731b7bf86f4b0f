namespace Puna.Kernels;

public static partial class KvStore
{
    /// <summary>A shape is <c>[rows, query heads, kv heads, head dim]</c>; the output checked is the values.</summary>
    public static OpSpec Spec { get; } = new("kv_store",
        Shapes: [[0, 1, 1, 2], [1, 1, 1, 2], [3, 2, 1, 8], [5, 3, 3, 30], [7, 4, 2, 32], [4, 32, 8, 64]],
        DTypes: [DType.F32, DType.BF16],
        Tolerance: _ => 0,                                                      // one rounding, the same everywhere
        Bytes: (s, t) => 2L * s[0] * s[2] * s[3] * (4 + t.ByteSize()),
        Flops: _ => 0,
        Prepare: (s, t, values) =>
        {
            HeadLayout heads = new(s[1], s[2], s[3]);
            Tensor rows = values.Normal(DType.F32, s[0], heads.QuerySize + 2 * heads.KvSize), slots = values.Permutation(s[0]);
            KvLayer cache = new(
                Tensor.Allocate(t, s[0], heads.KvSize), Tensor.Allocate(t, s[0], heads.KvSize), BlockTokens: 1);
            return new OpCall(ops => ops.StoreKv(rows, heads, slots, cache), cache.Values);
        })
    {
        BenchShapes = DecoderSize.Rows((d, m) => [m, d.Heads.HeadCount, d.Heads.KvHeadCount, d.Heads.HeadDim]),
    };
}
