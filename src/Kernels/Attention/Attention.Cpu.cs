using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    private const int ItemSums = 8192;   // floats of running sums in an item; on the stack

    /// <param name="QueryKeyValue">The rows.</param>
    /// <param name="Heads">Their layout.</param>
    /// <param name="Cache">Keys and values.</param>
    /// <param name="Sequences">Where they are.</param>
    /// <param name="Mixed">The output.</param>
    /// <param name="TileRows">Rows whose queries are multiplied together.</param>
    /// <param name="ItemRows">Rows that one thread takes at once, so that they share what the caches hold.</param>
    /// <param name="Pieces">Results of single splits, when several threads share the splits of one item.</param>
    private readonly record struct Work(Tensor QueryKeyValue, HeadLayout Heads, KvLayer Cache, SequenceTable Sequences,
        Tensor Mixed, int TileRows, int ItemRows, float[]? Pieces);

    /// <summary>Some rows of one sequence, and the query heads that share one key/value head.</summary>
    private readonly record struct Item(int Sequence, int KvHead, int FirstRow, int RowCount);

    /// <summary>
    /// Online softmax (Milakov and Gimelshein 2018, arXiv:1805.02867) over splits of 256 keys that begin at absolute
    /// multiples of 256. Each split has its own largest score, weights and sums; they are merged in the order of positions,
    /// whether one thread does all splits of a row or several share them (Dao et al. 2023, "Flash-Decoding"). So a row's
    /// bits do not depend on how the prompt was cut, on the other rows, on threads, or on where the blocks lie.
    /// </summary>
    /// <inheritdoc cref="IBackend.Attend"/>
    /// <param name="queryKeyValue">F32 <c>[rows, (heads + 2 kv_heads) × head_dim]</c>; only queries are read.</param>
    /// <param name="heads">The layout of a row.</param>
    /// <param name="cache">The layer's slots; the rows' own keys and values are already stored.</param>
    /// <param name="sequences">Which slots belong to which rows.</param>
    /// <param name="mixed">F32 <c>[rows, heads × head_dim]</c>.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Cpu(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed,
        CpuPool pool)
    {
        Check(queryKeyValue, heads, cache, sequences, mixed);
        int tileRows = Math.Clamp(MostQueries / heads.GroupSize, 1, MostRows(sequences));
        int tiles = Math.Clamp(ItemSums / (StateSize(heads, tileRows) * TilesPerRow(heads)), 1, 16);
        Work work = new(queryKeyValue, heads, cache, sequences, mixed, tileRows, tiles * tileRows, Pieces: null);
        int items = RowItemCount(in work) * heads.KvHeadCount;
        if (!TryInPieces(in work, items, pool))
            pool.Run(items, work, static (in Work w, int index) => Attend(in w, ItemOf(in w, index), split: null, pieces: default));
    }

    private static int MostRows(SequenceTable sequences)
    {
        ReadOnlySpan<int> starts = sequences.RowStarts.Row<int>(0);
        int most = 1;
        for (int s = 0; s + 1 < starts.Length; s++)
            most = Math.Max(most, starts[s + 1] - starts[s]);
        return most;
    }

    /// <summary>Items of each key/value head.</summary>
    private static int RowItemCount(in Work work)
    {
        ReadOnlySpan<int> starts = work.Sequences.RowStarts.Row<int>(0);
        int count = 0;
        for (int s = 0; s + 1 < starts.Length; s++)
            count += (starts[s + 1] - starts[s] + work.ItemRows - 1) / work.ItemRows;
        return count;
    }

    private static Item ItemOf(in Work work, int index)
    {
        // The last rows of a sequence see the most keys: they go first, so that no thread is left alone with them.
        (int tile, int kvHead) = Math.DivRem(index, work.Heads.KvHeadCount);
        ReadOnlySpan<int> starts = work.Sequences.RowStarts.Row<int>(0);
        int sequence = 0;
        while (true)
        {
            int rows = starts[sequence + 1] - starts[sequence];
            int tiles = (rows + work.ItemRows - 1) / work.ItemRows;
            if (tile < tiles)
            {
                int first = (tiles - 1 - tile) * work.ItemRows;
                return new Item(sequence, kvHead, starts[sequence] + first, Math.Min(work.ItemRows, rows - first));
            }

            tile -= tiles;
            sequence++;
        }
    }

    private static void Attend(in Work work, Item item, int? split, Pieces pieces)
    {
        switch (work.Cache.Keys.DType)
        {
            case DType.F32: Attend<F32Element, float>(in work, item, split, pieces); break;
            case DType.BF16: Attend<BF16Element, ushort>(in work, item, split, pieces); break;
            default: Attend<I8Element, sbyte>(in work, item, split, pieces); break;
        }
    }

    /// <summary>The splits in which an item's rows see a key: the first, and the one after the last.</summary>
    private static (int First, int End) SplitsOf(in Work work, Item item)
    {
        ReadOnlySpan<int> positions = work.Sequences.Positions.Row<int>(0);
        int first = FirstVisible(work.Cache, positions[item.FirstRow]);
        return (first / SplitTokens, positions[item.FirstRow + item.RowCount - 1] / SplitTokens + 1);
    }
}
