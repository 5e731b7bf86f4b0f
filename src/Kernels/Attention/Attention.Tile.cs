using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    private const int SplitTokens = 256;   // keys of one softmax, at absolute positions; floats between rows of a tile
    private const int Ahead = 4;           // pieces between what is multiplied and what is fetched from memory

    // A tile's sums fill half of the registers: sixteen of 32, or four of sixteen where two make up sixteen lanes.
    private static int MostQueries => Vector512.IsHardwareAccelerated ? 8 : 4;

    private static int MostColumns(int queries) => !Vector512.IsHardwareAccelerated ? 1 : queries <= 4 ? 4 : 2;

    /// <summary>Where the factors and sums of a tile are: c = a·b, up to four times sixteen columns.</summary>
    private unsafe struct Tile<TStored>
        where TStored : unmanaged
    {
        public float* Left;                       // a: rows of SplitTokens floats
        public TStored** Pieces;                  // b: a pointer per piece, and Ahead more
        public nint ColumnPieces, ColumnOffset;   // pieces, or elements in a piece, between sixteen columns and the next
        public nint Offset;                       // elements to skip in every piece
        public int PieceRows;                     // rows of b in a piece
        public nint Stride;                       // elements between rows of b
        public float* Sums;                       // c
        public nint SumStride;                    // floats between rows of c
        public bool FromZero;                     // c is 0, whatever it holds
    }

    /// <summary>Four times sixteen columns of one row.</summary>
    private struct Row
    {
        public Vector512<float> A, B, C, D;
    }

    /// <summary>
    /// Adds a[.., from..to]·b[from..to, ..] to c. Every sum is one chain of fused multiply-adds in the order of b's rows, so
    /// that its bits do not depend on the size of the tile, nor on where a range is cut.
    /// </summary>
    [MethodImpl(Lanes.HotLoop)]
    private static unsafe void Multiply<TElement, TStored, TQueries, TColumns>(in Tile<TStored> tile, int from, int to)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TQueries : struct, ICount
        where TColumns : struct, ICount
    {
        float* c = tile.Sums;
        nint next = tile.SumStride, stride = tile.Stride;
        Row s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default, x = default;
        if (!tile.FromZero)
        {
            s0 = Start<TColumns>(c);
            s1 = TQueries.Value > 1 ? Start<TColumns>(c + next) : default;
            s2 = TQueries.Value > 2 ? Start<TColumns>(c + 2 * next) : default;
            s3 = TQueries.Value > 3 ? Start<TColumns>(c + 3 * next) : default;
            s4 = TQueries.Value > 4 ? Start<TColumns>(c + 4 * next) : default;
            s5 = TQueries.Value > 5 ? Start<TColumns>(c + 5 * next) : default;
            s6 = TQueries.Value > 6 ? Start<TColumns>(c + 6 * next) : default;
            s7 = TQueries.Value > 7 ? Start<TColumns>(c + 7 * next) : default;
        }

        for (int piece = from / tile.PieceRows; from < to; piece++)
        {
            int skip = from - piece * tile.PieceRows;
            nint at = tile.Offset + skip * stride;
            TStored** pieces = tile.Pieces + piece;
            TStored* first = *pieces + at, second = first, third = first, fourth = first;
            nint fetch = (nint)pieces[Ahead] - (nint)(*pieces), fetchSecond = 0, fetchThird = 0, fetchFourth = 0;
            if (TColumns.Value > 1)
            {
                pieces += tile.ColumnPieces;
                second = *pieces + at + tile.ColumnOffset;
                fetchSecond = (nint)pieces[Ahead] - (nint)(*pieces);
            }

            if (TColumns.Value > 2)
            {
                pieces += tile.ColumnPieces;
                third = *pieces + at + 2 * tile.ColumnOffset;
                fetchThird = (nint)pieces[Ahead] - (nint)(*pieces);
                pieces += tile.ColumnPieces;
                fourth = *pieces + at + 3 * tile.ColumnOffset;
                fetchFourth = (nint)pieces[Ahead] - (nint)(*pieces);
            }

            float* left = tile.Left + from, end = tile.Left + Math.Min(to, from - skip + tile.PieceRows);
            from = (int)(end - tile.Left);
            for (; left < end; left++)
            {
                x.A = Load<TElement, TStored>(first, fetch);
                first += stride;
                if (TColumns.Value > 1)
                {
                    x.B = Load<TElement, TStored>(second, fetchSecond);
                    second += stride;
                }

                if (TColumns.Value > 2)
                {
                    x.C = Load<TElement, TStored>(third, fetchThird);
                    x.D = Load<TElement, TStored>(fourth, fetchFourth);
                    third += stride;
                    fourth += stride;
                }

                s0 = Add<TColumns>(s0, left[0], x);
                s1 = TQueries.Value > 1 ? Add<TColumns>(s1, left[SplitTokens], x) : s1;
                s2 = TQueries.Value > 2 ? Add<TColumns>(s2, left[2 * SplitTokens], x) : s2;
                s3 = TQueries.Value > 3 ? Add<TColumns>(s3, left[3 * SplitTokens], x) : s3;
                s4 = TQueries.Value > 4 ? Add<TColumns>(s4, left[4 * SplitTokens], x) : s4;
                s5 = TQueries.Value > 5 ? Add<TColumns>(s5, left[5 * SplitTokens], x) : s5;
                s6 = TQueries.Value > 6 ? Add<TColumns>(s6, left[6 * SplitTokens], x) : s6;
                s7 = TQueries.Value > 7 ? Add<TColumns>(s7, left[7 * SplitTokens], x) : s7;
            }
        }

        Finish<TColumns>(c, s0);
        if (TQueries.Value > 1)
            Finish<TColumns>(c + next, s1);
        if (TQueries.Value > 2)
            Finish<TColumns>(c + 2 * next, s2);
        if (TQueries.Value > 3)
            Finish<TColumns>(c + 3 * next, s3);
        if (TQueries.Value > 4)
            Finish<TColumns>(c + 4 * next, s4);
        if (TQueries.Value > 5)
            Finish<TColumns>(c + 5 * next, s5);
        if (TQueries.Value > 6)
            Finish<TColumns>(c + 6 * next, s6);
        if (TQueries.Value > 7)
            Finish<TColumns>(c + 7 * next, s7);
    }

    /// <summary>Sixteen elements; what lies <paramref name="fetch"/> bytes further is fetched from memory meanwhile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector512<float> Load<TElement, TStored>(TStored* from, nint fetch)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        if (Sse.IsSupported)
            Sse.Prefetch0((byte*)from + fetch);
        return TElement.Load(ref *from, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Row Add<TColumns>(Row sums, float factor, Row x)
        where TColumns : struct, ICount
    {
        Vector512<float> w = Vector512.Create(factor);
        sums.A = Vector512.FusedMultiplyAdd(w, x.A, sums.A);
        if (TColumns.Value > 1)
            sums.B = Vector512.FusedMultiplyAdd(w, x.B, sums.B);
        if (TColumns.Value > 2)
        {
            sums.C = Vector512.FusedMultiplyAdd(w, x.C, sums.C);
            sums.D = Vector512.FusedMultiplyAdd(w, x.D, sums.D);
        }

        return sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Row Start<TColumns>(float* sums)
        where TColumns : struct, ICount
    {
        Row row = default;
        row.A = Vector512.Load(sums);
        if (TColumns.Value > 1)
            row.B = Vector512.Load(sums + Lanes.Count);
        if (TColumns.Value > 2)
            (row.C, row.D) = (Vector512.Load(sums + 2 * Lanes.Count), Vector512.Load(sums + 3 * Lanes.Count));
        return row;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Finish<TColumns>(float* sums, Row row)
        where TColumns : struct, ICount
    {
        row.A.Store(sums);
        if (TColumns.Value > 1)
            row.B.Store(sums + Lanes.Count);
        if (TColumns.Value > 2)
        {
            row.C.Store(sums + 2 * Lanes.Count);
            row.D.Store(sums + 3 * Lanes.Count);
        }
    }
}
