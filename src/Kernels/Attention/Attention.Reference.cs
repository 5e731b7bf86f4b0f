namespace Puna.Kernels;

/// <summary>
/// Scaled dot-product attention, causal: Vaswani et al. 2017, arXiv:1706.03762, equation 1, with groups of query heads
/// that share a key/value head: Ainslie et al. 2023, arXiv:2305.13245.
/// </summary>
public static partial class Attention
{
    /// <summary>The definition, in double precision: every row by itself, its whole <see cref="Pattern"/> at once.</summary>
    /// <inheritdoc cref="IBackend.Attend"/>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Reference(
        Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed)
    {
        Check(queryKeyValue, heads, cache, sequences, mixed);
        float[] value = new float[heads.HeadDim];
        for (int sequence = 0; sequence < sequences.RowStarts.Cols - 1; sequence++)
        {
            ReadOnlySpan<int> starts = sequences.RowStarts.Row<int>(0);
            for (int row = starts[sequence]; row < starts[sequence + 1]; row++)
            {
                for (int head = 0; head < heads.HeadCount; head++)
                {
                    double[] pattern = Pattern(queryKeyValue, heads, cache, sequences, sequence, row, head);
                    double[] sums = new double[heads.HeadDim];
                    for (int p = 0; p < pattern.Length; p++)
                    {
                        cache.CopyValue(head / heads.GroupSize, Slot(cache, sequences, sequence, p), value);
                        for (int d = 0; d < heads.HeadDim; d++)
                            sums[d] += pattern[p] * value[d];
                    }

                    for (int d = 0; d < heads.HeadDim; d++)
                        mixed.Row<float>(row)[head * heads.HeadDim + d] = (float)sums[d];
                }
            }
        }
    }

    /// <summary>How much of each position a query head of a row mixes: softmax over the positions it may see.</summary>
    /// <param name="queryKeyValue">F32 <c>[rows, (heads + 2 kv_heads) × head_dim]</c>, after RoPE.</param>
    /// <param name="heads">The layout of a row.</param>
    /// <param name="cache">The layer's slots.</param>
    /// <param name="sequences">Which slots belong to which rows.</param>
    /// <param name="sequence">The sequence that the row belongs to.</param>
    /// <param name="row">Row of the batch.</param>
    /// <param name="head">Query head.</param>
    /// <returns>One weight per position from 0 to the row's own; they sum to 1, and are 0 outside the window.</returns>
    public static double[] Pattern(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences,
        int sequence, int row, int head)
    {
        int position = sequences.Positions.Row<int>(0)[row];
        ReadOnlySpan<float> query = queryKeyValue.Row<float>(row).Slice(head * heads.HeadDim, heads.HeadDim);
        float[] key = new float[heads.HeadDim];
        double[] scores = new double[position + 1];
        Array.Fill(scores, double.NegativeInfinity);
        for (int p = FirstVisible(cache, position); p <= position; p++)
        {
            cache.CopyKey(head / heads.GroupSize, Slot(cache, sequences, sequence, p), key);
            double sum = 0;
            for (int d = 0; d < heads.HeadDim; d++)
                sum += (double)query[d] * key[d];
            scores[p] = sum / Math.Sqrt(heads.HeadDim);
        }

        double largest = scores.Max();
        double total = scores.Sum(s => Math.Exp(s - largest));
        return [.. scores.Select(s => Math.Exp(s - largest) / total)];
    }

    private static int FirstVisible(KvLayer cache, int position) =>
        cache.Window is { } window ? Math.Max(0, position - window + 1) : 0;

    private static long Slot(KvLayer cache, SequenceTable sequences, int sequence, int position)
    {
        int block = sequences.Blocks.Row<int>(sequence)[position / cache.BlockTokens];
        return (long)block * cache.BlockTokens + position % cache.BlockTokens;
    }

    private static void Check(
        Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed)
    {
        if (queryKeyValue.DType != DType.F32 || queryKeyValue.Cols != heads.QuerySize + 2 * heads.KvSize
            || mixed.DType != DType.F32 || mixed.Rows != queryKeyValue.Rows || mixed.Cols != heads.QuerySize
            || cache.Heads.KvHeadCount != heads.KvHeadCount || cache.Heads.HeadDim != heads.HeadDim
            || sequences.Positions.Cols != queryKeyValue.Rows || sequences.Blocks.Rows < sequences.RowStarts.Cols - 1)
        {
            throw new ArgumentException(
                $"Attention: rows are {queryKeyValue} of {heads}, the cache is for {cache.Heads}, "
                + $"positions {sequences.Positions}, blocks {sequences.Blocks}, output {mixed}.");
        }
    }
}
