using System.Collections.Immutable;

namespace Puna.Kernels;

public static partial class Attention
{
    private const int SpecBlockTokens = 16;

    /// <summary>
    /// A shape is <c>[rows, tokens before them, query heads, kv heads, head dim, window]</c>; window 0 means none. A
    /// second sequence of one row, after three tokens, shares the batch; blocks lie in random order.
    /// </summary>
    public static OpSpec Spec { get; } = new("attention",
        Shapes:
        [
            [1, 0, 1, 1, 2, 0], [2, 1, 2, 1, 8, 0], [3, 15, 3, 3, 16, 0], [17, 0, 9, 3, 8, 0], [5, 30, 4, 2, 34, 0],
            [33, 250, 4, 2, 32, 0], [9, 300, 6, 2, 16, 24], [40, 0, 4, 4, 64, 7], [2, 511, 8, 2, 128, 0], [1, 700, 8, 1, 80, 300],
            [20, 250, 5, 1, 64, 0], [7, 520, 7, 1, 16, 0], [3, 60, 18, 2, 32, 0], [2, 40, 2, 1, 300, 0], [1, 3000, 4, 1, 64, 0],
        ],
        DTypes: [DType.F32, DType.BF16, DType.I8],
        // weights sum to 1 and values are below 5; scores, about 10 at most, are rounded head_dim / 16 + 6 times before
        // exp turns their absolute error into a relative one of the weights
        Tolerance: s => 5 * (10 * (s[4] / 16.0 + 6) + 20) * OpSpec.RoundingUnit,
        Bytes: (s, t) => 2L * (s[0] + s[1]) * s[3] * s[4] * t.ByteSize() + 8L * s[0] * s[2] * s[4],
        Flops: s => 4L * s[2] * s[4] * s[0] * (s[1] + (s[0] + 1) / 2),
        Prepare: Prepare)
    {
        BenchShapes = [.. new[] { 1024, 8192 }.SelectMany(context => DecoderSize.Rows((d, m) =>
            [m, context - m, d.Heads.HeadCount, d.Heads.KvHeadCount, d.Heads.HeadDim, 0], $"context-{context}"))],
        IsStreaming = true,
    };

    private static OpCall Prepare(ImmutableArray<int> s, DType type, SeededValues values)
    {
        HeadLayout heads = new(s[2], s[3], s[4]);
        int rows = s[0] + 1, tokens = s[0] + s[1];
        int blocksEach = (Math.Max(tokens, 4) + SpecBlockTokens - 1) / SpecBlockTokens, slots = 2 * blocksEach * SpecBlockTokens;
        Tensor order = values.Permutation(2 * blocksEach);
        Tensor starts = Tensor.Allocate(DType.I32, 1, 3), positions = Tensor.Allocate(DType.I32, 1, rows);
        new[] { 0, s[0], rows }.CopyTo(starts.Row<int>(0));
        for (int r = 0; r < s[0]; r++)
            positions.Row<int>(0)[r] = s[1] + r;
        positions.Row<int>(0)[s[0]] = 3;

        Tensor rowsIn = values.Normal(DType.F32, rows, heads.QuerySize + 2 * heads.KvSize);
        KvLayer cache = KvLayer.Allocate(type, heads, slots, SpecBlockTokens, s[5] == 0 ? null : s[5]);
        KvStore.Reference(values.Normal(DType.F32, slots, heads.QuerySize + 2 * heads.KvSize), heads, values.Permutation(slots), cache);
        SequenceTable table = new(starts, order with { Rows = 2, Cols = blocksEach }, positions);
        Tensor mixed = Tensor.Allocate(DType.F32, rows, heads.QuerySize);
        return Call(rowsIn, heads, cache, table, mixed);
    }

    private static OpCall Call(Tensor rows, HeadLayout heads, KvLayer cache, SequenceTable table, Tensor mixed) =>
        new(ops => ops.Attend(rows, heads, cache, table, mixed), mixed)
        {
            Copy = _ => Call(rows, heads, CopyOf(cache), table, mixed),
            Pieces = _ => [.. new[] { 0L, rows.Rows - 2, rows.Rows - 1 }.Distinct().Select(r => RowAlone(rows, heads, cache, table, r))],
        };

    private static KvLayer CopyOf(KvLayer cache)
    {
        Tensor all = new(cache.Keys.Buffer, 0, DType.I8, cache.SlotCount, KvLayer.BytesPerToken(cache.Keys.DType, cache.Heads));
        return new KvLayer(all.Copy().Buffer, 0, cache.Keys.DType, cache.Heads, cache.SlotCount, cache.BlockTokens, cache.Window);
    }

    // a row of the first sequence, or the only row of the second, by itself
    private static OpPiece RowAlone(Tensor rows, HeadLayout heads, KvLayer cache, SequenceTable table, long row)
    {
        Tensor starts = Tensor.Allocate(DType.I32, 1, 2), position = Tensor.Allocate(DType.I32, 1, 1);
        starts.Row<int>(0)[1] = 1;
        position.Row<int>(0)[0] = table.Positions.Row<int>(0)[(int)row];
        SequenceTable one = new(starts, table.Blocks.RowRange(row == rows.Rows - 1 ? 1 : 0, 1), position);
        Tensor x = rows.RowRange(row, 1), y = Tensor.Allocate(DType.F32, 1, heads.QuerySize);
        return new OpPiece(new OpCall(ops => ops.Attend(x, heads, cache, one, y), y), row, Column: 0);
    }
}
