using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    private const int MixedTogether = 64;   // keys whose values are read in one pass after the other

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
                    Columns = desk.Keys + group,
                    NextColumn = 1,
                    Offset = d * GroupSlots,
                    PieceRows = (dim + columns - 1) / columns,   // in each, another group is fetched
                    Stride = GroupSlots,
                    Sums = desk.Scores + group * GroupSlots,
                    SumStride = SplitTokens,
                    FromZero = d == 0,
                    Fetch = desk.Ahead == 0 || dim > SplitTokens ? null : desk.Keys + group + desk.Ahead,
                    FetchStride = columns * GroupSlots,
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
        // Long heads take several passes; what comes from memory is to come in its own order.
        int step = desk.Ahead == 0 ? SplitTokens : MixedTogether;
        for (int next; from < to; from = next)
        {
            next = Math.Min(to, (from / step + 1) * step);
            for (int d = 0, columns; d < dim; d += columns * Lanes.Count)
            {
                columns = Columns(queries, (dim - d + Lanes.Count - 1) / Lanes.Count);
                Tile<TStored> tile = new()
                {
                    Left = desk.Scores + firstQuery * SplitTokens,
                    Columns = desk.Values,
                    NextPiece = 1,
                    ColumnOffset = Lanes.Count,
                    Offset = d,
                    PieceRows = GroupSlots,
                    Stride = dim,
                    Sums = sums + firstQuery * desk.Width + d,
                    SumStride = desk.Width,
                    Fetch = desk.Ahead == 0 ? null : desk.Values + desk.Ahead,
                    FetchOffset = d,
                    FetchStride = dim,
                };
                Multiply<TElement, TStored>(in tile, queries, columns, from, dim <= columns * Lanes.Count ? next = to : next);
            }
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
