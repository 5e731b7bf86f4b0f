using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
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
        public TStored** Stream;               // groups of sixteen tokens in the order in which they are read
        public TStored** Keys, Values;         // in there: those of each group of the current split
        public float** KeyScales, ValueScales;  // null where there are none
        public int Ahead;                       // groups to fetch ahead; 0 when several tiles read the same keys and values
    }

    private static int TilesPerRow(HeadLayout heads) => (heads.GroupSize + MostQueries - 1) / MostQueries;

    private static int StateSize(HeadLayout heads, int tileRows) =>
        2 * Lanes.Count + Math.Min(MostQueries, tileRows * heads.GroupSize) * Lanes.RoundUp(heads.HeadDim);

    /// <summary>Does all splits of an item; or some, whose results are kept until somebody does the last and merges all.</summary>
    [SkipLocalsInit]
    private static unsafe void Attend<TElement, TStored>(in Work work, Piece piece)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        Item item = piece.Item;
        int stateSize = StateSize(work.Heads, work.TileRows);
        int tiles = (item.RowCount + work.TileRows - 1) / work.TileRows * TilesPerRow(work.Heads);
        int chunks = (work.Heads.HeadDim + SplitTokens - 1) / SplitTokens;
        float* memory = stackalloc float[(chunks + 1) * MostQueries * SplitTokens + (tiles + 1) * stateSize + Lanes.Count];
        memory = (float*)(((nuint)memory + 63) & ~(nuint)63);
        int* ranges = stackalloc int[2 * MostQueries];
        nint* tables = stackalloc nint[4 * GroupsPerSplit + MostAhead];
        Desk<TStored> desk = new()
        {
            Item = item,
            Width = Lanes.RoundUp(work.Heads.HeadDim),
            StateSize = stateSize,
            Queries = memory,
            Scores = memory + chunks * MostQueries * SplitTokens,
            From = ranges,
            Ahead = tiles > 1 ? 0 : Math.Clamp(FetchBytes / (work.Heads.HeadDim * GroupSlots * sizeof(TStored)), 4, MostAhead),
            To = ranges + MostQueries,
            Stream = (TStored**)(tables + 2 * GroupsPerSplit),
            KeyScales = work.Cache.KeyScales is null ? null : (float**)tables,
            ValueScales = work.Cache.ValueScales is null ? null : (float**)(tables + GroupsPerSplit),
        };
        float* one = memory + (chunks + 1) * MostQueries * SplitTokens, states = one + stateSize;
        (int first, int end) = SplitsOf(in work, item);
        if (work.Results is not null)
        {
            for (int s = piece.FirstSplit; s < piece.EndSplit; s++)
            {
                OpenSplit(in work, ref desk, s);
                fixed (float* result = Result(in work, piece.FirstResult + s - first))
                {
                    for (int t = 0; t < tiles; t++)
                        SumSplit<TElement, TStored>(in work, ref desk, TileOf(in work, item, t), result + t * stateSize);
                }
            }

            if (Interlocked.Add(ref Counter(in work, piece.Counter), piece.FirstSplit - piece.EndSplit) > 0)
                return;
        }

        ClearStates(states, tiles, stateSize);
        for (int s = first; s < end; s++)
        {
            if (work.Results is null)
                OpenSplit(in work, ref desk, s);
            fixed (float* result = work.Results is null ? default : Result(in work, piece.FirstResult + s - first))
            {
                for (int t = 0; t < tiles; t++)
                {
                    QueryTile tile = TileOf(in work, item, t);
                    if (result is null)
                        SumSplit<TElement, TStored>(in work, ref desk, tile, one);
                    Merge(result is null ? one : result + t * stateSize, states + t * stateSize, tile.RowCount * tile.HeadCount, desk.Width);
                }
            }
        }

        for (int t = 0; t < tiles; t++)
            Write(in work, TileOf(in work, item, t), states + t * stateSize);
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
        int last = positions[desk.Item.FirstRow + desk.Item.RowCount - 1], kvHead = desk.Item.KvHead;
        (desk.Begin, desk.End) = (split * SplitTokens, Math.Min((split + 1) * SplitTokens, last + 1));
        int start = Math.Max(desk.Begin, FirstVisible(cache, positions[desk.Item.FirstRow]) & -GroupSlots);
        int group = (start - desk.Begin) / GroupSlots, end = (desk.End - desk.Begin + GroupSlots - 1) / GroupSlots;
        desk.Keys = desk.Stream - group;
        desk.Values = desk.Keys + end - group;

        ReadOnlySpan<int> blocks = work.Sequences.Blocks.Row<int>(desk.Item.Sequence);
        TStored* keys = Pointer<TStored>(cache.Keys) + cache.KeyRow(kvHead, 0, 0) * GroupSlots;
        TStored* values = Pointer<TStored>(cache.Values) + cache.ValueRow(kvHead, 0) * work.Heads.HeadDim;
        float* keyScales = cache.KeyScales is { } k ? Pointer<float>(k) + cache.ValueRow(kvHead, 0) : null;
        float* valueScales = cache.ValueScales is { } v ? Pointer<float>(v) + cache.ValueRow(kvHead, 0) : null;
        (int block, int inBlock) = Math.DivRem(start, cache.BlockTokens);
        TStored** after = desk.Values + end;
        int stop = Math.Min(end + desk.Ahead, (last - desk.Begin) / GroupSlots + 1);   // then come the first keys of the next split
        for (; group < stop; group++)
        {
            long slot = (long)blocks[block] * cache.BlockTokens + inBlock;
            if (group >= end)
            {
                *after++ = keys + slot * work.Heads.HeadDim;
            }
            else
            {
                desk.Keys[group] = keys + slot * work.Heads.HeadDim;
                desk.Values[group] = values + slot * work.Heads.HeadDim;
                if (keyScales is not null)
                {
                    desk.KeyScales[group] = keyScales + slot;
                    desk.ValueScales[group] = valueScales + slot;
                    if (Sse.IsSupported)
                    {
                        Sse.Prefetch0(keyScales + slot);
                        Sse.Prefetch0(valueScales + slot);
                    }
                }
            }

            inBlock += GroupSlots;
            if (inBlock == cache.BlockTokens)
                (block, inBlock) = (block + 1, 0);
        }

        for (; after < desk.Values + end + desk.Ahead; after++)
            *after = desk.Values[end - 1];
    }

    private static unsafe T* Pointer<T>(Tensor tensor)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.Row<T>(0)));   // no array: it stays

    /// <summary>Scores, weights and sums of a tile's queries over the keys of the current split that each of them sees.</summary>
    private static unsafe void SumSplit<TElement, TStored>(in Work work, ref Desk<TStored> desk, QueryTile tile, float* result)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int queries = tile.RowCount * tile.HeadCount, dim = work.Heads.HeadDim;
        Vector512.Create(float.NegativeInfinity).Store(result);
        (int seen, int unseen) = Look(in work, ref desk, tile);
        if (seen >= unseen)
            return;

        float* sums = result + 2 * Lanes.Count;
        new Span<float>(sums, queries * desk.Width).Clear();
        CopyQueries(in work, tile, desk.Queries);
        Score<TElement, TStored>(dim, ref desk, queries, seen, unseen);
        float factor = Log2E / MathF.Sqrt(dim);
        int first = seen & -GroupSlots;
        for (int q = 0; q < queries; q++)
        {
            int row = q / tile.HeadCount;
            Hide(desk.Scores + q * SplitTokens, desk.KeyScales, desk.From[row], desk.To[row], first, unseen);
        }

        for (int q = 0; q < queries; q += 4)
            Weigh(desk.Scores + q * SplitTokens, factor, first, unseen, desk.ValueScales, result + q, result + Lanes.Count + q);

        // Keys that all rows see go together; those that only some see are added row by row, before and behind them.
        int all = desk.From[tile.RowCount - 1], end = desk.To[0];
        if (all >= end)
            all = end = SplitTokens;
        for (int row = 0; row < tile.RowCount; row++)
        {
            int to = Math.Min(desk.To[row], all);
            Mix<TElement, TStored>(dim, ref desk, sums, row * tile.HeadCount, tile.HeadCount, desk.From[row], to);
        }

        Mix<TElement, TStored>(dim, ref desk, sums, 0, queries, all, end);
        for (int row = 0; row < tile.RowCount; row++)
        {
            int from = Math.Max(desk.From[row], end);
            Mix<TElement, TStored>(dim, ref desk, sums, row * tile.HeadCount, tile.HeadCount, from, desk.To[row]);
        }
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
}
