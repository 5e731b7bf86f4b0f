using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    /// <summary>A number that the compiler knows, so that a tile's sums are registers.</summary>
    private interface ICount
    {
        static abstract int Value { get; }
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
        switch (columns)
        {
            case 1: Multiply<TElement, TStored, TQueries, One>(in tile, from, to); break;
            case 2: Multiply<TElement, TStored, TQueries, Two>(in tile, from, to); break;
            default: Multiply<TElement, TStored, TQueries, Four>(in tile, from, to); break;
        }
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
}
