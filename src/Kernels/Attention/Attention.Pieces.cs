using System.Buffers;
using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    private const int ItemsPerThread = 8;         // with fewer, threads share the splits of an item
    private const int MostResultFloats = 1 << 22;  // 16 MiB; with more, they do not

    /// <summary>Some splits of an item, where the results of all its splits go, and where is counted how many are missing.</summary>
    private readonly record struct Piece(Item Item, int FirstSplit, int EndSplit, int FirstResult, int Counter);

    /// <summary>
    /// When there are few items, as in decoding: a piece of work is a run of splits, each with a result of its own, and who
    /// does an item's last piece merges them all.
    /// </summary>
    private static bool TryInPieces(in Work work, int items, CpuPool pool)
    {
        if (pool.ThreadCount == 1 || items >= ItemsPerThread * pool.ThreadCount)
            return false;
        int splits = 0;
        for (int i = 0; i < items; i++)
            splits += SplitCount(in work, i);
        long floats = items + (long)splits * ResultSize(in work);
        if (splits == items || floats > MostResultFloats)
            return false;

        int run = (splits + ItemsPerThread * pool.ThreadCount - 1) / (ItemsPerThread * pool.ThreadCount), pieces = 0;
        float[] memory = ArrayPool<float>.Shared.Rent((int)floats);
        Work shared = work with { Results = memory, RunSplits = run };
        for (int i = 0; i < items; i++)
        {
            Counter(in shared, i) = SplitCount(in work, i);
            pieces += (SplitCount(in work, i) + run - 1) / run;
        }

        pool.Run(pieces, shared, static (in Work w, int index) => Attend(in w, PieceOf(in w, index)));
        ArrayPool<float>.Shared.Return(memory);
        return true;
    }

    private static Piece PieceOf(in Work work, int index)
    {
        for (int item = 0, result = 0; ; item++)
        {
            int splits = SplitCount(in work, item), pieces = (splits + work.RunSplits - 1) / work.RunSplits;
            if (index >= pieces)
            {
                (index, result) = (index - pieces, result + splits);
                continue;
            }

            Item rows = ItemOf(in work, item);
            (int first, int end) = SplitsOf(in work, rows);
            int begin = first + index * work.RunSplits;
            return new Piece(rows, begin, Math.Min(end, begin + work.RunSplits), result, item);
        }
    }

    private static int SplitCount(in Work work, int item)
    {
        (int first, int end) = SplitsOf(in work, ItemOf(in work, item));
        return end - first;
    }

    private static int ResultSize(in Work work) =>
        work.ItemRows / work.TileRows * TilesPerRow(work.Heads) * StateSize(work.Heads, work.TileRows);

    private static ref int Counter(in Work work, int item) => ref MemoryMarshal.Cast<float, int>(work.Results.AsSpan())[item];

    /// <summary>The result of a split: the states of an item's tiles. Results stand behind the counters.</summary>
    private static Span<float> Result(in Work work, int index)
    {
        int items = RowItemCount(in work) * work.Heads.KvHeadCount, size = ResultSize(in work);
        return work.Results.AsSpan(items + index * size, size);
    }
}
