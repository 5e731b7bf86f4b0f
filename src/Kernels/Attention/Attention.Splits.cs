using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    private const int GroupSlots = KvLayer.GroupSlots;
    private const int GroupsPerSplit = SplitTokens / GroupSlots;

    /// <summary>Neighbouring rows and query heads whose queries are multiplied together.</summary>
    private readonly record struct QueryTile(int FirstRow, int RowCount, int FirstHead, int HeadCount);

    /// <summary>What a thread works with. A tile's state is sixteen largest scores, sixteen totals, and each query's sums.</summary>
    private unsafe ref struct Desk<TStored>
        where TStored : unmanaged
    {
        public Item Item;
        public int Width, StateSize;           // floats of a query's sums, and of a tile's state
        public int Begin, End;                 // positions of the current split
        public float* Queries, Scores;         // rows of SplitTokens floats
        public int* From, To;                  // keys that each row of the current tile sees, from Begin on
        public TStored** Keys, Values;         // of each group of sixteen tokens in the current split
        public float** KeyScales, ValueScales;  // null where there are none
    }

    private static int TilesPerRow(HeadLayout heads) => (heads.GroupSize + MostQueries - 1) / MostQueries;

    private static int StateSize(HeadLayout heads, int tileRows) =>
        2 * Lanes.Count + Math.Min(MostQueries, tileRows * heads.GroupSize) * Lanes.RoundUp(heads.HeadDim);

    /// <summary>Does all splits of an item; or one, into <paramref name="pieces"/>, and whoever does the last merges them.</summary>
    [SkipLocalsInit]
    private static unsafe void Attend<TElement, TStored>(in Work work, Item item, int? split, Pieces pieces)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int stateSize = StateSize(work.Heads, work.TileRows);
        int tiles = (item.RowCount + work.TileRows - 1) / work.TileRows * TilesPerRow(work.Heads);
        int chunks = (work.Heads.HeadDim + SplitTokens - 1) / SplitTokens;
        float* memory = stackalloc float[(chunks + 1) * MostQueries * SplitTokens + (tiles + 1) * stateSize + Lanes.Count];
        memory = (float*)(((nuint)memory + 63) & ~(nuint)63);
        int* ranges = stackalloc int[2 * MostQueries];
        nint* tables = stackalloc nint[4 * GroupsPerSplit];
        Desk<TStored> desk = new()
        {
            Item = item,
            Width = Lanes.RoundUp(work.Heads.HeadDim),
            StateSize = stateSize,
            Queries = memory,
            Scores = memory + chunks * MostQueries * SplitTokens,
            From = ranges,
            To = ranges + MostQueries,
            Keys = (TStored**)tables,
            Values = (TStored**)(tables + GroupsPerSplit),
            KeyScales = work.Cache.KeyScales is null ? null : (float**)(tables + 2 * GroupsPerSplit),
            ValueScales = work.Cache.ValueScales is null ? null : (float**)(tables + 3 * GroupsPerSplit),
        };
        float* one = memory + (chunks + 1) * MostQueries * SplitTokens, states = one + stateSize;
        (int first, int end) = SplitsOf(in work, item);
        if (split is { } only)
        {
            fixed (float* piece = Piece(in work, pieces.First + only - first))
            {
                OpenSplit(in work, ref desk, only);
                for (int t = 0; t < tiles; t++)
                    SumSplit<TElement, TStored>(in work, ref desk, TileOf(in work, item, t), piece + t * stateSize);
            }

            if (Interlocked.Decrement(ref Counter(in work, pieces.Counter)) > 0)
                return;
        }

        ClearStates(states, tiles, stateSize);
        for (int s = first; s < end; s++)
        {
            if (split is null)
                OpenSplit(in work, ref desk, s);
            fixed (float* piece = split is null ? default : Piece(in work, pieces.First + s - first))
            {
                for (int t = 0; t < tiles; t++)
                {
                    QueryTile tile = TileOf(in work, item, t);
                    if (split is null)
                        SumSplit<TElement, TStored>(in work, ref desk, tile, one);
                    Merge(split is null ? one : piece + t * stateSize, states + t * stateSize, tile.RowCount * tile.HeadCount, desk.Width);
                }
            }
        }

        for (int t = 0; t < tiles; t++)
            Write(in work, item, TileOf(in work, item, t), states + t * stateSize);
    }

    private static QueryTile TileOf(in Work work, Item item, int index)
    {
        (int rows, int part) = Math.DivRem(index, TilesPerRow(work.Heads));
        int row = rows * work.TileRows, head = part * MostQueries;
        return new QueryTile(item.FirstRow + row, Math.Min(work.TileRows, item.RowCount - row),
            item.KvHead * work.Heads.GroupSize + head, Math.Min(MostQueries, work.Heads.GroupSize - head));
    }

    private static unsafe void ClearStates(float* states, int tiles, int stateSize)
    {
        new Span<float>(states, tiles * stateSize).Clear();
        for (int t = 0; t < tiles; t++)
            Vector512.Create(float.NegativeInfinity).Store(states + t * stateSize);
    }

    /// <summary>Finds where the keys and values of a split are, as far as the item's rows see them.</summary>
    private static unsafe void OpenSplit<TStored>(in Work work, ref Desk<TStored> desk, int split)
        where TStored : unmanaged
    {
        ReadOnlySpan<int> positions = work.Sequences.Positions.Row<int>(0);
        KvLayer cache = work.Cache;
        int first = FirstVisible(cache, positions[desk.Item.FirstRow]);
        int last = positions[desk.Item.FirstRow + desk.Item.RowCount - 1];
        (desk.Begin, desk.End) = (split * SplitTokens, Math.Min((split + 1) * SplitTokens, last + 1));
        TStored* keys = Pointer<TStored>(cache.Keys), values = Pointer<TStored>(cache.Values);
        for (int p = Math.Max(desk.Begin, first) & -GroupSlots; p < desk.End; p += GroupSlots)
        {
            int group = (p - desk.Begin) / GroupSlots;
            long slot = Slot(cache, work.Sequences, desk.Item.Sequence, p);
            desk.Keys[group] = keys + cache.KeyRow(desk.Item.KvHead, slot, 0) * GroupSlots;
            desk.Values[group] = values + cache.ValueRow(desk.Item.KvHead, slot) * work.Heads.HeadDim;
            if (cache.KeyScales is { } keyScales && cache.ValueScales is { } valueScales)
            {
                desk.KeyScales[group] = Pointer<float>(keyScales) + cache.ValueRow(desk.Item.KvHead, slot);
                desk.ValueScales[group] = Pointer<float>(valueScales) + cache.ValueRow(desk.Item.KvHead, slot);
            }
        }
    }

    private static unsafe T* Pointer<T>(Tensor tensor)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.Row<T>(0)));   // no array: it stays

    /// <summary>Scores, weights and sums of a tile's queries over the keys of the current split that each of them sees.</summary>
    private static unsafe void SumSplit<TElement, TStored>(in Work work, ref Desk<TStored> desk, QueryTile tile, float* result)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int queries = tile.RowCount * tile.HeadCount;
        Vector512.Create(float.NegativeInfinity).Store(result);
        (int from, int to) = Look(in work, ref desk, tile);
        if (from >= to)
            return;

        Vector512<float>.Zero.Store(result + Lanes.Count);
        float* sums = result + 2 * Lanes.Count;
        new Span<float>(sums, queries * desk.Width).Clear();
        CopyQueries(in work, tile, desk.Queries);
        Score<TElement, TStored>(work.Heads.HeadDim, ref desk, queries, from, to);
        float factor = Log2E / MathF.Sqrt(work.Heads.HeadDim);
        for (int q = 0; q < queries; q++)
        {
            int row = q / tile.HeadCount;
            if (desk.From[row] < desk.To[row])
                result[Lanes.Count + q] = Weigh(desk.Scores + q * SplitTokens, factor, desk.From[row], desk.To[row],
                    desk.KeyScales, desk.ValueScales, out result[q]);
        }

        // Keys that all rows see go together; those that only some see are added row by row, before and behind them.
        int all = desk.From[tile.RowCount - 1], end = desk.To[0];
        if (all >= end)
            all = end = SplitTokens;
        for (int row = 0; row < tile.RowCount; row++)
            Mix<TElement, TStored>(work.Heads.HeadDim, ref desk, sums, row * tile.HeadCount, tile.HeadCount, desk.From[row], Math.Min(desk.To[row], all));
        Mix<TElement, TStored>(work.Heads.HeadDim, ref desk, sums, 0, queries, all, end);
        for (int row = 0; row < tile.RowCount; row++)
            Mix<TElement, TStored>(work.Heads.HeadDim, ref desk, sums, row * tile.HeadCount, tile.HeadCount, Math.Max(desk.From[row], end), desk.To[row]);
    }

    /// <summary>Which keys of the split each row of a tile sees, and which any of them sees.</summary>
    private static unsafe (int From, int To) Look<TStored>(in Work work, ref Desk<TStored> desk, QueryTile tile)
        where TStored : unmanaged
    {
        ReadOnlySpan<int> positions = work.Sequences.Positions.Row<int>(0).Slice(tile.FirstRow, tile.RowCount);
        for (int row = 0; row < tile.RowCount; row++)
        {
            desk.From[row] = Math.Clamp(FirstVisible(work.Cache, positions[row]) - desk.Begin, 0, SplitTokens);
            desk.To[row] = Math.Clamp(positions[row] + 1 - desk.Begin, 0, SplitTokens);
        }

        return (desk.From[0], desk.To[tile.RowCount - 1]);
    }

    private static unsafe void CopyQueries(in Work work, QueryTile tile, float* queries)
    {
        int dim = work.Heads.HeadDim;
        for (int row = 0; row < tile.RowCount; row++)
        {
            Span<float> source = work.QueryKeyValue.Row<float>(tile.FirstRow + row);
            for (int head = 0; head < tile.HeadCount; head++, queries += SplitTokens)
            {
                Span<float> query = source.Slice((tile.FirstHead + head) * dim, dim);
                for (int d = 0; d < dim; d += SplitTokens)
                {
                    Span<float> chunk = query[d..Math.Min(dim, d + SplitTokens)];
                    chunk.CopyTo(new Span<float>(queries + d * MostQueries, chunk.Length));
                }
            }
        }
    }

    /// <summary>scores = queries · keys, for the groups that hold keys from <paramref name="from"/> to <paramref name="to"/>.</summary>
    private static unsafe void Score<TElement, TStored>(int dim, ref Desk<TStored> desk, int queries, int from, int to)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int groups = (to + GroupSlots - 1) / GroupSlots;
        for (int group = from / GroupSlots, columns; group < groups; group += columns)
        {
            columns = Math.Min(MostColumns, groups - group);
            for (int d = 0; d < dim; d += SplitTokens)
            {
                Tile<TStored> tile = new()
                {
                    Left = desk.Queries + d * MostQueries,
                    First = desk.Keys + group,
                    Second = desk.Keys + group + columns - 1,
                    Offset = d * GroupSlots,
                    SecondOffset = d * GroupSlots,
                    PieceRows = int.MaxValue,
                    Stride = GroupSlots,
                    Sums = desk.Scores + group * GroupSlots,
                    SumStride = SplitTokens,
                    FromZero = d == 0,
                };
                Multiply<TElement, TStored>(in tile, queries, columns, 0, Math.Min(SplitTokens, dim - d));
            }
        }
    }

    /// <summary>sums += weights · values, for some queries and keys.</summary>
    private static unsafe void Mix<TElement, TStored>(
        int dim, ref Desk<TStored> desk, float* sums, int firstQuery, int queries, int from, int to)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        if (from >= to)
            return;
        for (int d = 0, columns; d < dim; d += columns * Lanes.Count)
        {
            columns = Math.Min(MostColumns, (dim - d + Lanes.Count - 1) / Lanes.Count);
            Tile<TStored> tile = new()
            {
                Left = desk.Scores + firstQuery * SplitTokens,
                First = desk.Values,
                Second = desk.Values,
                Offset = d,
                SecondOffset = d + Lanes.Count,
                PieceRows = GroupSlots,
                Stride = dim,
                Sums = sums + firstQuery * desk.Width + d,
                SumStride = desk.Width,
            };
            Multiply<TElement, TStored>(in tile, queries, columns, from, to);
        }
    }

    /// <summary>The sums divided by the totals.</summary>
    private static unsafe void Write(in Work work, Item item, QueryTile tile, float* state)
    {
        (int dim, int width) = (work.Heads.HeadDim, Lanes.RoundUp(work.Heads.HeadDim));
        for (int q = 0; q < tile.RowCount * tile.HeadCount; q++)
        {
            (int row, int head) = Math.DivRem(q, tile.HeadCount);
            Span<float> output = work.Mixed.Row<float>(tile.FirstRow + row).Slice((tile.FirstHead + head) * dim, dim);
            float* sums = state + 2 * Lanes.Count + q * width;
            for (int d = 0; d < dim; d++)
                output[d] = sums[d] / state[Lanes.Count + q];
        }
    }
}
