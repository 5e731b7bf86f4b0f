using System.Buffers;
using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    private const int ItemsPerThread = 8;        // with fewer, threads share the splits of an item
    private const int MostPieceFloats = 1 << 22;  // 16 MiB; with more, they do not

    /// <summary>Where the results of an item's splits go, and how many of its splits are still to be done.</summary>
    /// <param name="First">Of the first split's result, in results.</param>
    /// <param name="Counter">Of the count.</param>
    private readonly record struct Pieces(int First, int Counter);

    /// <summary>
    /// When there are few items, as in decoding: every split of every item is a piece of its own, and who does an item's
    /// last piece merges them all.
    /// </summary>
    private static bool TryInPieces(in Work work, int items, CpuPool pool)
    {
        if (pool.ThreadCount == 1 || items >= ItemsPerThread * pool.ThreadCount)
            return false;
        int count = 0;
        for (int i = 0; i < items; i++)
            count += SplitCount(in work, i);
        long floats = items + (long)count * PieceSize(in work);
        if (count == items || floats > MostPieceFloats)
            return false;

        float[] memory = ArrayPool<float>.Shared.Rent((int)floats);
        Work shared = work with { Pieces = memory };
        for (int i = 0; i < items; i++)
            Counter(in shared, i) = SplitCount(in work, i);
        pool.Run(count, shared, static (in Work w, int index) =>
        {
            int item = 0, first = 0, splits;
            for (; index >= first + (splits = SplitCount(in w, item)); item++)
                first += splits;
            Item rows = ItemOf(in w, item);
            Attend(in w, rows, SplitsOf(in w, rows).First + index - first, new Pieces(first, item));
        });
        ArrayPool<float>.Shared.Return(memory);
        return true;
    }

    private static int SplitCount(in Work work, int item)
    {
        (int first, int end) = SplitsOf(in work, ItemOf(in work, item));
        return end - first;
    }

    private static int PieceSize(in Work work) =>
        work.ItemRows / work.TileRows * TilesPerRow(work.Heads) * StateSize(work.Heads, work.TileRows);

    private static ref int Counter(in Work work, int item) => ref MemoryMarshal.Cast<float, int>(work.Pieces.AsSpan())[item];

    /// <summary>The result of a split, behind the counters.</summary>
    private static Span<float> Piece(in Work work, int index)
    {
        int items = RowItemCount(in work) * work.Heads.KvHeadCount, size = PieceSize(in work);
        return work.Pieces.AsSpan(items + index * size, size);
    }
}
