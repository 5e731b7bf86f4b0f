using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

/// <summary>Fragments, mma and ldmatrix. Expected values follow the tables of the PTX ISA, written down here once more.</summary>
internal static class MatrixConstructs
{
    public static readonly Construct[] All =
    [
        new("mma_bf16", Product<BF16x2, F32>, l => Sums(l, "BF16x2", 16, BF16, s => (float)s)) { Within = 1e-5 },
        new("mma_f16", Product<F16x2, F32>, l => Sums(l, "F16x2", 16, (b, i) => (double)BitConverter.ToHalf(b, 2 * i), s => (float)s)) { Within = 1e-5 },
        new("mma_s8", Product<I8x4, I32>, l => Sums(l, "I8x4", 32, (b, i) => (sbyte)b[i], s => (int)s)),
        new("mma_u8", Product<U8x4, I32>, l => Sums(l, "U8x4", 32, (b, i) => b[i], s => (int)s)),
        new("mma_e4m3", Product<E4M3x4, F32>, l => Sums(l, "E4M3x4", 32, (b, i) => Small(b[i], 3), s => (float)s)) { Lowest = GpuArch.Sm89, Within = 1e-5 },
        new("mma_e5m2", Product<E5M2x4, F32>, l => Sums(l, "E5M2x4", 32, (b, i) => Small(b[i], 2), s => (float)s)) { Lowest = GpuArch.Sm89, Within = 1e-5 },
        new("load_matrix", t =>
        {
            (PtxBuilder k, Shared<BF16x2> rows) = Rows(t);
            BF16x2[] four = k.LoadMatrix(rows.Offset(k.Lane * 4), 4), two = k.LoadMatrix(rows.Offset((k.Lane & 15) * 4), 2);
            t.Out(four[3]);
            t.Out(two[1]);
            t.Out(k.LoadMatrix(rows.Offset((k.Lane & 7) * 4), 1)[0]);
        }, l => [Word(l.Index + 96), Word(l.Index + 32), Word(l.Index)]),
        new("load_matrix_columns", t =>
        {
            (PtxBuilder k, Shared<BF16x2> rows) = Rows(t);
            BF16x2[] four = k.LoadMatrix(rows.Offset(k.Lane * 4), 4, MatrixOrder.Columns);
            t.Out(four[1]);
            t.Out(four[3]);
        }, l => [Columns(l.Index, 1), Columns(l.Index, 3)]),
        new("store_matrix", t =>
        {
            PtxBuilder k = t.K;
            Shared<BF16x2> rows = k.SharedArray<BF16x2>("rows", 128);
            V4<BF16x2> four = t.Input<V4<BF16x2>>(0)[k.ThreadX];
            k.StoreMatrix(rows.Offset(k.Lane * 4), [four.X, four.Y, four.Z, four.W]);
            k.WarpBarrier();
            t.Out(rows[k.Lane + 32]);
            k.WarpBarrier();
            k.StoreMatrix(rows.Offset((k.Lane & 15) * 4), [four.X, four.Y], MatrixOrder.Columns);
            k.StoreMatrix(rows.Offset((k.Lane & 7) * 4), [four.W]);
            k.WarpBarrier();
            t.Out(rows[k.Lane]);
        }, l => [Word(4 * l.Index + 1), Word(4 * l.Index + 3)]) { Lowest = GpuArch.Sm90 },
        new("sums_as_left_factor", t =>
        {
            PtxBuilder k = t.K;
            FragmentC<F32> left = k.Accumulator<F32>("left"), right = k.Accumulator<F32>("right");
            k.Set(left[3], t.In<F32>(0));
            k.Set(right[0], t.In<F32>(1));
            FragmentA<BF16x2> a = k.ToA(left, right, (low, high) => BF16x2.Convert(low, high));
            t.Out(a[1]);
            t.Out(a[2]);
        }, l => [(uint)Rounded(l.F32(0)) << 16, (uint)Rounded(l.F32(1))]),
        Tiles(SwizzleMode.Bytes32), Tiles(SwizzleMode.Bytes64), Tiles(SwizzleMode.Bytes128),
    ];

    private static void Product<T, TSum>(ConstructKernel t) where T : struct, IRegister<T> where TSum : struct, IRegister<TSum>
    {
        V4<T> a = t.Input<V4<T>>(0)[t.K.ThreadX];
        V2<T> b = t.Input<V2<T>>(1)[t.K.ThreadX];
        FragmentC<TSum> c = t.K.Accumulator<TSum>();
        t.K.Mma(new FragmentA<T>(a.X, a.Y, a.Z, a.W), new FragmentB<T>(b.X, b.Y), c);
        for (int i = 0; i < 4; i++)
            t.Out(c[i]);
    }

    // lane 4g + t: rows g and g + 8, columns 2t and 2t + 1 (PTX ISA, matrix fragments for mma.m16n8k16 and m16n8k32)
    private static object[] Sums(Lane l, string type, int size, Func<byte[], int, double> element, Func<double, object> sum)
    {
        byte[] a = Lane.Bytes(type, 0, 512), b = Lane.Bytes(type, 1, 256);
        int perWord = size / 8;
        double A(int row, int k) => element(a, ((row % 8 * 4 + k / perWord % 4) * 4 + row / 8 + 2 * (2 * k / size)) * perWord + k % perWord);
        double B(int k, int column) => element(b, ((column * 4 + k / perWord % 4) * 2 + 2 * k / size) * perWord + k % perWord);
        return
        [
            .. Enumerable.Range(0, 4).Select(i => sum(Enumerable.Range(0, size)
                .Sum(k => A(l.Index / 4 + 8 * (i / 2), k) * B(k, l.Index % 4 * 2 + i % 2)))),
        ];
    }

    // A and B, 16 rows of 32 bytes each, in swizzled tiles; their product comes out by rows and columns
    private static Construct Tiles(SwizzleMode swizzle) => new($"tiles_{swizzle}".ToLowerInvariant(), t =>
    {
        PtxBuilder k = t.K;
        SharedTile<BF16x2> a = Tile("a", 0), b = Tile("b", 1);
        k.WarpBarrier();
        (U32 Row, U32 Chunk) inA = k.PlaceInA;
        (U32 Column, U32 Chunk) inB = k.PlaceInB;
        bool isWide = a.RowBytes > 32;   // then the second 32 bytes of a row hold the same once more
        FragmentA<BF16x2> left = k.LoadA(isWide ? a.Further(a.Chunk(inA.Row, inA.Chunk), 2) : a.Chunk(inA.Row, inA.Chunk));
        FragmentB<BF16x2>[] right = k.LoadB(b.Chunk(inB.Column, inB.Chunk));
        Shared<F32> c = k.SharedArray<F32>("c", 256);
        for (int half = 0; half < 2; half++)
        {
            FragmentC<F32> sums = k.Accumulator<F32>();
            k.Mma(left, right[half], sums);
            foreach (AccumulatorPair<F32> pair in k.Pairs(sums))
                c.Row(pair.Row, 16).Offset(pair.Column).Offset(8 * half).Cast<V2<F32>>()[0] = pair.Values;
        }

        k.WarpBarrier();
        t.Out(c[k.Lane * 8 + 3]);
        t.Out(c[k.Lane * 8 + 6]);

        SharedTile<BF16x2> Tile(string name, int input)
        {
            SharedTile<BF16x2> tile = k.SharedTile<BF16x2>(name, 16, swizzle);
            Shared<BF16x2> place = tile.Chunk(k.Lane >> 1, k.Lane & 1);
            V4<BF16x2> chunk = t.Input<V4<BF16x2>>(input)[k.Lane];
            place.Cast<V4<BF16x2>>()[0] = chunk;
            if (tile.RowBytes > 32)
                tile.Further(place, 2).Cast<V4<BF16x2>>()[0] = chunk;
            return tile;
        }
    }, l => [Dot(l.Index / 2, l.Index % 2 * 8 + 3), Dot(l.Index / 2, l.Index % 2 * 8 + 6)])
    { Within = 1e-5 };

    private static float Dot(int row, int column)
    {
        byte[] a = Lane.Bytes("BF16x2", 0, 512), b = Lane.Bytes("BF16x2", 1, 512);
        return (float)Enumerable.Range(0, 16).Sum(k => BF16(a, 16 * row + k) * BF16(b, 16 * column + k));
    }

    // 32 rows of 16 bytes
    private static (PtxBuilder Kernel, Shared<BF16x2> Rows) Rows(ConstructKernel t)
    {
        Shared<BF16x2> rows = t.K.SharedArray<BF16x2>("rows", 128);
        rows.Cast<V4<BF16x2>>()[t.K.Lane] = t.Input<V4<BF16x2>>(0)[t.K.Lane];
        t.K.WarpBarrier();
        return (t.K, rows);
    }

    private static uint Word(int index) => BitConverter.ToUInt32(Lane.Bytes("BF16x2", 0, 512), 4 * index);

    // lane 4g + t: rows 2t and 2t + 1 of column g
    private static uint Columns(int lane, int matrix)
    {
        byte[] rows = Lane.Bytes("BF16x2", 0, 512);
        uint Element(int row) => BitConverter.ToUInt16(rows, 16 * (8 * matrix + row) + lane / 4 * 2);
        return Element(lane % 4 * 2) | Element(lane % 4 * 2 + 1) << 16;
    }

    internal static double BF16(byte[] bytes, int index) => Lane.Wide(BitConverter.ToUInt16(bytes, 2 * index));

    private static ushort Rounded(float x)
    {
        uint bits = BitConverter.SingleToUInt32Bits(x);
        return (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    // e4m3 has no infinity; of e5m2 the largest exponent is infinity or NaN
    internal static double Small(byte code, int fractionBits)
    {
        int fraction = code & ((1 << fractionBits) - 1), exponent = (code & 0x7F) >> fractionBits, bias = fractionBits == 3 ? 7 : 15;
        double magnitude = exponent == 0
            ? Math.ScaleB(fraction, 1 - bias - fractionBits)
            : Math.ScaleB(fraction + (1 << fractionBits), exponent - bias - fractionBits);
        if (fractionBits == 3 && (code & 0x7F) == 0x7F)
            magnitude = double.NaN;
        if (fractionBits == 2 && exponent == 31)
            magnitude = fraction == 0 ? double.PositiveInfinity : double.NaN;
        return code >= 0x80 ? -magnitude : magnitude;
    }
}
