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
        nint* tables = stackalloc nint[4 * GroupsPerSplit + Ahead];
        Desk<TStored> desk = new()
        {
            Item = item,
            Width = Lanes.RoundUp(work.Heads.HeadDim),
            StateSize = stateSize,
            Queries = memory,
            Scores = memory + chunks * MostQueries * SplitTokens,
            From = ranges,
            To = ranges + MostQueries,
            Stream = (TStored**)(tables + 2 * GroupsPerSplit),
            KeyScales = work.Cache.KeyScales is null ? null : (float**)tables,
            ValueScales = work.Cache.ValueScales is null ? null : (float**)(tables + GroupsPerSplit),
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
        int stop = Math.Min(end + Ahead, (last - desk.Begin) / GroupSlots + 1);   // then come the first keys of the next split
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
                }
            }

            inBlock += GroupSlots;
            if (inBlock == cache.BlockTokens)
                (block, inBlock) = (block + 1, 0);
        }

        for (; after < desk.Values + end + Ahead; after++)
            *after = desk.Values[end - 1];
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

        float* sums = result + 2 * Lanes.Count;
        new Span<float>(sums, queries * desk.Width).Clear();
        CopyQueries(in work, tile, desk.Queries);
        Score<TElement, TStored>(work.Heads.HeadDim, ref desk, queries, from, to);
        float factor = Log2E / MathF.Sqrt(work.Heads.HeadDim);
        int first = from & -GroupSlots;
        for (int q = 0; q < queries; q++)
            Hide(desk.Scores + q * SplitTokens, desk.KeyScales, desk.From[q / tile.HeadCount], desk.To[q / tile.HeadCount], first, to);
        for (int q = 0; q < queries; q += 4)
            Weigh(desk.Scores + q * SplitTokens, factor, first, to, desk.ValueScales, result + q, result + Lanes.Count + q);

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

    /// <summary>The queries of a tile as rows of <see cref="SplitTokens"/> floats; longer heads continue behind all rows.</summary>
    [MethodImpl(Lanes.HotLoop)]
    private static unsafe void CopyQueries(in Work work, QueryTile tile, float* queries)
    {
        int dim = work.Heads.HeadDim;
        nint rowFloats = (nint)work.QueryKeyValue.Cols;
        float* first = Pointer<float>(work.QueryKeyValue) + tile.FirstRow * rowFloats + tile.FirstHead * dim;
        bool hasNext = tile.FirstRow + 2 * tile.RowCount <= work.QueryKeyValue.Rows && Sse.IsSupported;
        for (int row = 0; row < tile.RowCount; row++, first += rowFloats)
        {
            float* source = first, next = first + tile.RowCount * rowFloats;   // the next tile's are far away: fetch them now
            for (int head = 0; head < tile.HeadCount; head++, queries += SplitTokens, source += dim, next += dim)
            {
                for (int d = 0; d < dim; d += Lanes.Count)   // what follows a query is copied too, and not read
                {
                    Vector512.Load(source + d).Store(queries + d / SplitTokens * MostQueries * SplitTokens + d % SplitTokens);
                    if (hasNext)
                        Sse.Prefetch0(next + d);
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
            columns = Columns(queries, groups - group);
            for (int d = 0; d < dim; d += SplitTokens)
            {
                Tile<TStored> tile = new()
                {
                    Left = desk.Queries + d * MostQueries,
                    Pieces = desk.Keys + group,
                    ColumnPieces = 1,
                    Offset = d * GroupSlots,
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
            columns = Columns(queries, (dim - d + Lanes.Count - 1) / Lanes.Count);
            Tile<TStored> tile = new()
            {
                Left = desk.Scores + firstQuery * SplitTokens,
                Pieces = desk.Values,
                ColumnOffset = Lanes.Count,
                Offset = d,
                PieceRows = GroupSlots,
                Stride = dim,
                Sums = sums + firstQuery * desk.Width + d,
                SumStride = desk.Width,
            };
            Multiply<TElement, TStored>(in tile, queries, columns, from, to);
        }
    }

    /// <summary>How many times sixteen columns go into the next tile.</summary>
    private static int Columns(int queries, int left)
    {
        int columns = Math.Min(MostColumns(queries), left);
        return columns == 3 ? 2 : columns;
    }

    /// <summary>The sums divided by the totals.</summary>
    [MethodImpl(Lanes.HotLoop)]
    private static unsafe void Write(in Work work, QueryTile tile, float* state)
    {
        (int dim, int width) = (work.Heads.HeadDim, Lanes.RoundUp(work.Heads.HeadDim));
        float* sums = state + 2 * Lanes.Count, totals = state + Lanes.Count;
        for (int row = 0; row < tile.RowCount; row++)
        {
            ref float output = ref work.Mixed.Row<float>(tile.FirstRow + row)[tile.FirstHead * dim];
            for (int head = 0; head < tile.HeadCount; head++, sums += width, totals++)
            {
                int d = 0;
                for (; d <= dim - Lanes.Count; d += Lanes.Count)
                    (Vector512.Load(sums + d) / *totals).StoreUnsafe(ref output, (nuint)d);
                for (; d < dim; d++)
                    Unsafe.Add(ref output, d) = sums[d] / *totals;
                output = ref Unsafe.Add(ref output, dim);
            }
        }
    }
}
