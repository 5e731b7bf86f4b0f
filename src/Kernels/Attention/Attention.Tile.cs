using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    private const int SplitTokens = 256;   // keys of one softmax, at absolute positions; floats between rows of a tile

    // A tile's sums fill half of the registers: sixteen of 32, or eight of sixteen where two make up sixteen lanes.
    private static int MostQueries => Vector512.IsHardwareAccelerated ? 8 : 4;

    private static int MostColumns => Vector512.IsHardwareAccelerated ? 2 : 1;

    /// <summary>A number that the compiler knows.</summary>
    private interface ICount
    {
        static abstract int Value { get; }
    }

    private readonly struct One : ICount
    {
        public static int Value => 1;
    }

    private readonly struct Two : ICount
    {
        public static int Value => 2;
    }

    private readonly struct Three : ICount
    {
        public static int Value => 3;
    }

    private readonly struct Four : ICount
    {
        public static int Value => 4;
    }

    private readonly struct Five : ICount
    {
        public static int Value => 5;
    }

    private readonly struct Six : ICount
    {
        public static int Value => 6;
    }

    private readonly struct Seven : ICount
    {
        public static int Value => 7;
    }

    private readonly struct Eight : ICount
    {
        public static int Value => 8;
    }

    /// <summary>Where the factors and sums of a tile are: c = a·b, sixteen columns at a time.</summary>
    private unsafe struct Tile<TStored>
        where TStored : unmanaged
    {
        public float* Left;                // a: rows of SplitTokens floats
        public TStored** First, Second;    // b: a pointer per piece, for the first and for the second sixteen columns
        public nint Offset, SecondOffset;  // elements to skip in every piece
        public int PieceRows;              // rows of b in a piece
        public nint Stride;                // elements between rows of b
        public float* Sums;                // c
        public nint SumStride;             // floats between rows of c
        public bool FromZero;              // c is 0, whatever it holds
    }

    private static void Multiply<TElement, TStored>(in Tile<TStored> tile, int queries, int columns, int from, int to)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        switch (queries)
        {
            case 1: Multiply<TElement, TStored, One>(in tile, columns, from, to); break;
            case 2: Multiply<TElement, TStored, Two>(in tile, columns, from, to); break;
            case 3: Multiply<TElement, TStored, Three>(in tile, columns, from, to); break;
            case 4: Multiply<TElement, TStored, Four>(in tile, columns, from, to); break;
            case 5: Multiply<TElement, TStored, Five>(in tile, columns, from, to); break;
            case 6: Multiply<TElement, TStored, Six>(in tile, columns, from, to); break;
            case 7: Multiply<TElement, TStored, Seven>(in tile, columns, from, to); break;
            default: Multiply<TElement, TStored, Eight>(in tile, columns, from, to); break;
        }
    }

    private static void Multiply<TElement, TStored, TQueries>(in Tile<TStored> tile, int columns, int from, int to)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TQueries : struct, ICount
    {
        if (columns == 2)
            Multiply<TElement, TStored, TQueries, Two>(in tile, from, to);
        else
            Multiply<TElement, TStored, TQueries, One>(in tile, from, to);
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
        nint next = tile.SumStride;
        Vector512<float> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default;
        Vector512<float> a3 = default, b3 = default, a4 = default, b4 = default, a5 = default, b5 = default;
        Vector512<float> a6 = default, b6 = default, a7 = default, b7 = default;
        if (!tile.FromZero)
        {
            (a0, b0) = Start<TColumns>(c);
            if (TQueries.Value > 1)
                (a1, b1) = Start<TColumns>(c + next);
            if (TQueries.Value > 2)
                (a2, b2) = Start<TColumns>(c + 2 * next);
            if (TQueries.Value > 3)
                (a3, b3) = Start<TColumns>(c + 3 * next);
            if (TQueries.Value > 4)
                (a4, b4) = Start<TColumns>(c + 4 * next);
            if (TQueries.Value > 5)
                (a5, b5) = Start<TColumns>(c + 5 * next);
            if (TQueries.Value > 6)
                (a6, b6) = Start<TColumns>(c + 6 * next);
            if (TQueries.Value > 7)
                (a7, b7) = Start<TColumns>(c + 7 * next);
        }

        nint stride = tile.Stride;
        for (int piece = from / tile.PieceRows; from < to; piece++)
        {
            int skip = from - piece * tile.PieceRows;
            TStored* first = tile.First[piece] + tile.Offset + skip * stride;
            TStored* second = tile.Second[piece] + tile.SecondOffset + skip * stride;
            float* left = tile.Left + from;
            float* end = tile.Left + Math.Min(to, from - skip + tile.PieceRows);
            from = (int)(end - tile.Left);
            for (; left < end; left++)
            {
                Vector512<float> x = TElement.Load(ref *first, 0), y = default;
                first += stride;
                if (TColumns.Value > 1)
                {
                    y = TElement.Load(ref *second, 0);
                    second += stride;
                }

                Vector512<float> w = Vector512.Create(*left);
                a0 = Vector512.FusedMultiplyAdd(w, x, a0);
                if (TColumns.Value > 1)
                    b0 = Vector512.FusedMultiplyAdd(w, y, b0);
                if (TQueries.Value > 1)
                {
                    w = Vector512.Create(left[SplitTokens]);
                    a1 = Vector512.FusedMultiplyAdd(w, x, a1);
                    if (TColumns.Value > 1)
                        b1 = Vector512.FusedMultiplyAdd(w, y, b1);
                }

                if (TQueries.Value > 2)
                {
                    w = Vector512.Create(left[2 * SplitTokens]);
                    a2 = Vector512.FusedMultiplyAdd(w, x, a2);
                    if (TColumns.Value > 1)
                        b2 = Vector512.FusedMultiplyAdd(w, y, b2);
                }

                if (TQueries.Value > 3)
                {
                    w = Vector512.Create(left[3 * SplitTokens]);
                    a3 = Vector512.FusedMultiplyAdd(w, x, a3);
                    if (TColumns.Value > 1)
                        b3 = Vector512.FusedMultiplyAdd(w, y, b3);
                }

                if (TQueries.Value > 4)
                {
                    w = Vector512.Create(left[4 * SplitTokens]);
                    a4 = Vector512.FusedMultiplyAdd(w, x, a4);
                    if (TColumns.Value > 1)
                        b4 = Vector512.FusedMultiplyAdd(w, y, b4);
                }

                if (TQueries.Value > 5)
                {
                    w = Vector512.Create(left[5 * SplitTokens]);
                    a5 = Vector512.FusedMultiplyAdd(w, x, a5);
                    if (TColumns.Value > 1)
                        b5 = Vector512.FusedMultiplyAdd(w, y, b5);
                }

                if (TQueries.Value > 6)
                {
                    w = Vector512.Create(left[6 * SplitTokens]);
                    a6 = Vector512.FusedMultiplyAdd(w, x, a6);
                    if (TColumns.Value > 1)
                        b6 = Vector512.FusedMultiplyAdd(w, y, b6);
                }

                if (TQueries.Value > 7)
                {
                    w = Vector512.Create(left[7 * SplitTokens]);
                    a7 = Vector512.FusedMultiplyAdd(w, x, a7);
                    if (TColumns.Value > 1)
                        b7 = Vector512.FusedMultiplyAdd(w, y, b7);
                }
            }
        }

        Finish<TColumns>(c, a0, b0);
        if (TQueries.Value > 1)
            Finish<TColumns>(c + next, a1, b1);
        if (TQueries.Value > 2)
            Finish<TColumns>(c + 2 * next, a2, b2);
        if (TQueries.Value > 3)
            Finish<TColumns>(c + 3 * next, a3, b3);
        if (TQueries.Value > 4)
            Finish<TColumns>(c + 4 * next, a4, b4);
        if (TQueries.Value > 5)
            Finish<TColumns>(c + 5 * next, a5, b5);
        if (TQueries.Value > 6)
            Finish<TColumns>(c + 6 * next, a6, b6);
        if (TQueries.Value > 7)
            Finish<TColumns>(c + 7 * next, a7, b7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe (Vector512<float> First, Vector512<float> Second) Start<TColumns>(float* sums)
        where TColumns : struct, ICount =>
        (Vector512.Load(sums), TColumns.Value > 1 ? Vector512.Load(sums + Lanes.Count) : default);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Finish<TColumns>(float* sums, Vector512<float> first, Vector512<float> second)
        where TColumns : struct, ICount
    {
        first.Store(sums);
        if (TColumns.Value > 1)
            second.Store(sums + Lanes.Count);
    }
}
