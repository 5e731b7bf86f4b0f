using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Tools.GpuCheck;

/// <summary>Kernels that do nothing but reach a limit of the device.</summary>
internal static class RoofKernels
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 256;

    /// <summary>Bytes that a thread moves in one round: four loads of 16 bytes, which are under way together.</summary>
    public const int BytesPerRound = 4 * 16;

    private const int Loads = 4;

    /// <summary>Copies <c>x</c> to <c>y</c>; <c>count</c> is a multiple of the grid's bytes in one round, in 16 bytes.</summary>
    public static GpuKernel Copy(GpuArch arch) => PtxBuilder.Kernel("roof_copy", arch, Threads, k =>
    {
        Global<V4<U32>> x = k.PointerParam<V4<U32>>("x"), y = k.PointerParam<V4<U32>>("y");
        U32 count = k.U32Param("count");
        U32 stride = k.GridX * Threads;
        k.For(k.BlockX * Threads + k.ThreadX, count, step: stride * Loads, i =>
        {
            V4<U32>[] values = new V4<U32>[Loads];
            for (int n = 0; n < Loads; n++)
                values[n] = x.Load(i + stride * (uint)n, AccessOptions.Stream);
            for (int n = 0; n < Loads; n++)
                y[i + stride * (uint)n] = values[n];
        });
    });

    /// <summary>
    /// Reads <c>x</c> and folds it into one word a thread, which is written only where it is a value that the data does
    /// not give: the loads cannot be left out.
    /// </summary>
    public static GpuKernel Read(GpuArch arch) => PtxBuilder.Kernel("roof_read", arch, Threads, k =>
    {
        Global<V4<U32>> x = k.PointerParam<V4<U32>>("x");
        Global<U32> y = k.PointerParam<U32>("y");
        U32 count = k.U32Param("count");
        U32 stride = k.GridX * Threads, first = k.BlockX * Threads + k.ThreadX;
        U32 folded = k.Variable<U32>(0);
        k.For(first, count, step: stride * Loads, i =>
        {
            for (int n = 0; n < Loads; n++)
            {
                V4<U32> v = x.Load(i + stride * (uint)n, AccessOptions.Stream);
                k.Set(folded, folded ^ v.X ^ v.Y ^ v.Z ^ v.W);
            }
        });
        k.If(folded == 0x9E3779B9u, () => y[first] = folded);
    });

    /// <summary>Independent products of a warp in one round of <see cref="Mma"/>.</summary>
    public const int Tiles = 8;

    /// <summary>Registers that a thread of <see cref="Mma"/> loads: one left factor, a right one for each product.</summary>
    public const int MmaWords = 4 + (2 * Tiles);

    /// <summary>BF16 products of registers, and nothing else in the loop; each thread writes the sum of its sums.</summary>
    public static GpuKernel Mma(GpuArch arch) => PtxBuilder.Kernel("roof_mma", arch, Threads, k =>
    {
        Global<BF16x2> x = k.PointerParam<BF16x2>("x").Row(k.ThreadX, MmaWords);
        Global<F32> y = k.PointerParam<F32>("y");
        U32 rounds = k.U32Param("rounds");
        FragmentA<BF16x2> a = new(x[0], x[1], x[2], x[3]);
        FragmentB<BF16x2>[] b = [.. Enumerable.Range(0, Tiles).Select(i => new FragmentB<BF16x2>(x[4 + (2 * i)], x[5 + (2 * i)]))];
        FragmentC<F32>[,] sums = k.Accumulators<F32>(1, Tiles);
        k.For(0, rounds, _ =>
        {
            for (int i = 0; i < Tiles; i++)
                k.Mma(a, b[i], sums[0, i]);
        });
        y[k.BlockX * Threads + k.ThreadX] = Enumerable.Range(0, 4 * Tiles).Select(i => sums[0, i / 4][i % 4]).Aggregate((p, q) => p + q);
    });

    /// <summary>Threads of a block of <see cref="Wgmma"/>: one warpgroup.</summary>
    public const int WarpgroupThreads = 128;

    /// <summary>Columns of a product of <see cref="Wgmma"/>; it has 64 rows.</summary>
    public const int WgmmaColumns = 256;

    /// <summary>Products along K in one round of <see cref="Wgmma"/>, 16 elements each: a row of 128 bytes.</summary>
    public const int WgmmaSteps = 4;

    /// <summary>Words of shared memory of <see cref="Wgmma"/>: 64 rows and a row for each column.</summary>
    public const int WgmmaWords = (64 + WgmmaColumns) * 128 / 4;

    /// <summary>BF16 products of shared memory, and nothing else in the loop; each thread writes the sum of its sums.</summary>
    public static GpuKernel Wgmma(GpuArch arch) => PtxBuilder.Kernel("roof_wgmma", arch, WarpgroupThreads, k =>
    {
        Global<BF16x2> x = k.PointerParam<BF16x2>("x");
        Global<F32> y = k.PointerParam<F32>("y");
        U32 rounds = k.U32Param("rounds");
        SharedTile<BF16x2> left = k.SharedTile<BF16x2>("left", 64), right = k.SharedTile<BF16x2>("right", WgmmaColumns);
        Shared<BF16x2> rows = left.Start, columns = right.Start;
        k.For(k.ThreadX, left.Length, step: WarpgroupThreads, i => rows[i] = x[i]);
        k.For(k.ThreadX, right.Length, step: WarpgroupThreads, i => columns[i] = x.Offset(left.Length)[i]);
        k.FenceAsyncProxy();
        k.Barrier();

        MatrixDescriptor<BF16x2> a = k.Descriptor(left, 0), b = k.Descriptor(right, 0);
        WgmmaAccumulator<F32> sums = k.WgmmaAccumulator<F32>(WgmmaColumns);
        k.For(0, rounds, _ =>
        {
            k.WgmmaFence();
            for (int step = 0; step < WgmmaSteps; step++)
                k.Wgmma(sums, a.Step(step), b.Step(step));
            k.WgmmaCommit();
            k.WgmmaWait(1);
        });
        k.WgmmaWait(0);
        y[k.BlockX * WarpgroupThreads + k.ThreadX] = Enumerable.Range(0, sums.Count).Select(i => sums[i]).Aggregate((p, q) => p + q);
    });
}
