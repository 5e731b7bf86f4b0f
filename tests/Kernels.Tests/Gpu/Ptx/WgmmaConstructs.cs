using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels.Tests.Gpu.Ptx;

/// <summary>
/// Products of a warpgroup: 64 rows by 16 columns by 32 bytes along K, twice. A is inputs 0 to 3, 16 rows each, and B is
/// input 4.
/// </summary>
internal static class WgmmaConstructs
{
    private const int Columns = 16;

    public static readonly Construct[] All =
    [
        .. Shared<BF16x2, F32>("bf16", SwizzleMode.Bytes32, MatrixConstructs.BF16, s => (float)s),
        .. Shared<F16x2, F32>("f16", SwizzleMode.Bytes128, (b, i) => (double)BitConverter.ToHalf(b, 2 * i), s => (float)s),
        .. Shared<E4M3x4, F32>("e4m3", SwizzleMode.Bytes128, (b, i) => MatrixConstructs.Small(b[i], 3), s => (float)s),
        .. Shared<E5M2x4, F32>("e5m2", SwizzleMode.Bytes32, (b, i) => MatrixConstructs.Small(b[i], 2), s => (float)s),
        .. Shared<I8x4, I32>("s8", SwizzleMode.Bytes64, (b, i) => (sbyte)b[i], s => (int)s),
        .. Shared<U8x4, I32>("u8", SwizzleMode.Bytes128, (b, i) => b[i], s => (int)s),
        new("wgmma_of_columns", Columnwise, l => [DotOfColumns(2 * l.Index, 5), DotOfColumns(2 * l.Index + 1, 10)])
        { Lowest = GpuArch.Sm90a, Threads = 128, Within = 1e-4 },   // some sums are small against their terms
    ];

    private static Construct[] Shared<T, TSum>(string name, SwizzleMode swizzle, Func<byte[], int, double> element, Func<double, object> sum)
        where T : struct, IRegister<T> where TSum : struct, IRegister<TSum> =>
    [
        new($"wgmma_{name}", t => Product<T, TSum>(t, swizzle, isInRegisters: false), l => Expected<T>(l, element, sum))
        { Lowest = GpuArch.Sm90a, Threads = 128, Within = 1e-5 },
        new($"wgmma_{name}_registers", t => Product<T, TSum>(t, swizzle, isInRegisters: true), l => Expected<T>(l, element, sum))
        { Lowest = GpuArch.Sm90a, Threads = 128, Within = 1e-5 },
    ];

    private static void Product<T, TSum>(ConstructKernel t, SwizzleMode swizzle, bool isInRegisters)
        where T : struct, IRegister<T> where TSum : struct, IRegister<TSum>
    {
        PtxBuilder k = t.K;
        SharedTile<T> a = k.SharedTile<T>("a", 64, swizzle), b = k.SharedTile<T>("b", Columns, swizzle);
        U32 warp = k.ThreadX >> 5;
        int step = a.RowBytes / 32 - 1;   // the last 32 bytes of the rows
        for (int w = 0; w < 4; w++)
        {
            Global<V4<T>> input = t.Input<V4<T>>(w);
            k.If(warp == w, () => a.Chunk(k.ThreadX >> 1, (k.ThreadX & 1) + 2 * step).Cast<V4<T>>()[0] = input[k.Lane]);
        }

        Global<V4<T>> right = t.Input<V4<T>>(4);
        k.If(warp == 0, () => b.Chunk(k.Lane >> 1, (k.Lane & 1) + 2 * step).Cast<V4<T>>()[0] = right[k.Lane]);
        k.FenceAsyncProxy();
        k.Barrier();

        WgmmaAccumulator<TSum> sums = k.WgmmaAccumulator<TSum>(Columns);
        MatrixDescriptor<T> columns = k.Descriptor(b, 0).Step(step);
        if (isInRegisters)
        {
            (U32 Row, U32 Chunk) place = k.PlaceInA;
            FragmentA<T> rows = k.LoadA(a.Chunk(warp * 16 + place.Row, place.Chunk + 2 * step));
            k.WgmmaFence();
            k.Wgmma(sums, rows, columns, adds: k.ThreadX > 500);
            k.Wgmma(sums, rows, columns);
        }
        else
        {
            MatrixDescriptor<T> rows = k.Descriptor(a, 0).Step(step);
            k.WgmmaFence();
            k.Wgmma(sums, rows, columns, adds: k.ThreadX > 500);
            k.Wgmma(sums, rows, columns);
        }

        Write(t, sums);
    }

    // element k of 16 rows of A, or of all columns of B, follow each other: A is four such tiles from row 16 on
    private static void Columnwise(ConstructKernel t)
    {
        PtxBuilder k = t.K;
        SharedTile<BF16x2> a = k.SharedTile<BF16x2>("a", 32, SwizzleMode.Bytes32, copies: 4), b = k.SharedTile<BF16x2>("b", 16, SwizzleMode.Bytes32);
        U32 warp = k.ThreadX >> 5;
        for (int w = 0; w < 4; w++)
        {
            Global<V4<BF16x2>> input = t.Input<V4<BF16x2>>(w);
            k.If(warp == w, () => a.Copy(w).Chunk((k.Lane >> 1) + 16, k.Lane & 1).Cast<V4<BF16x2>>()[0] = input[k.Lane]);
        }

        Global<V4<BF16x2>> right = t.Input<V4<BF16x2>>(4);
        k.If(warp == 0, () => b.Chunk(k.Lane >> 1, k.Lane & 1).Cast<V4<BF16x2>>()[0] = right[k.Lane]);
        k.FenceAsyncProxy();
        k.Barrier();
        WgmmaAccumulator<F32> sums = k.WgmmaAccumulator<F32>(Columns);
        k.WgmmaFence();
        k.Wgmma(sums, k.DescriptorOfColumns(a, copies: 4).Step(1), k.DescriptorOfColumns(b));
        Write(t, sums);
    }

    private static void Write<TSum>(ConstructKernel t, WgmmaAccumulator<TSum> sums) where TSum : struct, IRegister<TSum>
    {
        PtxBuilder k = t.K;
        k.WgmmaCommit();
        k.WgmmaWait(0);
        Shared<TSum> c = k.SharedArray<TSum>("c", 64 * Columns);
        foreach (AccumulatorPair<TSum> pair in k.Pairs(sums))
            c.Row(pair.Row, Columns).Offset(pair.Column).Cast<V2<TSum>>()[0] = pair.Values;
        k.Barrier();
        t.Out(c[k.Lane * 2 * Columns + 5]);
        t.Out(c[k.Lane * 2 * Columns + Columns + 10]);
    }

    private static object[] Expected<T>(Lane l, Func<byte[], int, double> element, Func<double, object> sum) where T : struct, IRegister<T>
    {
        string type = T.ElementType.Name;
        int size = type.Contains("x2", StringComparison.Ordinal) ? 16 : 32, row = 2 * l.Index;
        byte[] a = Lane.Bytes(type, row / 16, 512), b = Lane.Bytes(type, 4, 512);
        object Dot(int r, int column) =>
            sum(2 * Enumerable.Range(0, size).Sum(k => element(a, r % 16 * size + k) * element(b, column * size + k)));
        return [Dot(row, 5), Dot(row + 1, 10)];
    }

    private static float DotOfColumns(int row, int column)
    {
        byte[] a = Lane.Bytes("BF16x2", row / 16, 512), b = Lane.Bytes("BF16x2", 4, 512);
        return (float)Enumerable.Range(0, 16).Sum(k => MatrixConstructs.BF16(a, 16 * k + row % 16) * MatrixConstructs.BF16(b, 16 * k + column));
    }
}
