using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class Reduce
{
    private const int PartColumns = 8192;

    /// <summary>One block per row, which it holds in its registers.</summary>
    /// <remarks>
    /// Parameters: x F32 <c>[rows, cols]</c>, y F32 <c>[rows]</c>. The order of a sum depends on cols alone.
    /// </remarks>
    /// <param name="cols">Elements per row, at most 32,768; a constant in the PTX.</param>
    /// <param name="reduction">Which.</param>
    /// <param name="arch">The target.</param>
    /// <exception cref="ArgumentException">A row is empty or too long.</exception>
    public static GpuKernel Ptx(int cols, Reduction reduction, GpuArch arch)
    {
        BlockRow row = BlockRow.Of("Reduce", cols);
        return PtxBuilder.Kernel($"reduce_{Name(reduction)}_f32_{cols}", arch, row.Threads, k =>
        {
            Global<F32> x = k.PointerParam<F32>("x"), y = k.PointerParam<F32>("y");
            Global<F32> source = row.Start(k, x, k.BlockX);

            F32 result = k.Variable(Nothing(reduction));
            row.ForEach(k, i => Accumulate(k, reduction, result, row.Load(source, i)));
            F32 total = OfBlock(k, reduction, result);
            k.If(k.ThreadX == 0, () => y[k.BlockX] = total);
        });
    }

    /// <summary>
    /// A grid of [<see cref="PartCount"/>, rows] blocks, each for a part of a row; the last of a row that is done
    /// combines
    /// the parts, in their order.
    /// </summary>
    /// <remarks>
    /// Parameters: x F32 <c>[rows, cols]</c>, parts F32 <c>[rows, PartCount]</c> (scratch), done U32 <c>[rows]</c>
    /// (zeros before,
    /// and zeros again after), y F32 <c>[rows]</c>.
    /// </remarks>
    /// <param name="cols">Elements per row; a constant in the PTX.</param>
    /// <param name="reduction">Which.</param>
    /// <param name="arch">The target.</param>
    public static GpuKernel GridPtx(int cols, Reduction reduction, GpuArch arch)
    {
        BlockRow part = cols % 4 == 0 ? new BlockRow(PartColumns) : new BlockRow(PartColumns - 1);
        int count = PartCount(cols), step = part.Columns;
        return PtxBuilder.Kernel($"reduce_grid_{Name(reduction)}_f32_{cols}", arch, part.Threads, k =>
        {
            Global<F32> x = k.PointerParam<F32>("x"), parts = k.PointerParam<F32>("parts");
            Global<U32> done = k.PointerParam<U32>("done");
            Global<F32> y = k.PointerParam<F32>("y");
            Shared<U32> isLast = k.SharedArray<U32>("is_last", 1);
            U32 start = k.BlockX * step;
            Global<F32> source = part.Start(k, x.Row(k.BlockY, cols).Offset(start)), mine = parts.Row(k.BlockY, count);

            F32 result = k.Variable(Nothing(reduction));
            part.ForEach(k, U32.Min(step, cols - start), i => Accumulate(k, reduction, result, part.Load(source, i)));
            F32 total = OfBlock(k, reduction, result);

            // the counter hands the part over (release) and takes the others' (acquire); it goes from count - 1 to 0
            k.If(k.ThreadX == 0, () =>
            {
                mine[k.BlockX] = total;
                U32 before = done.Offset(k.BlockY).Atomic(AtomicOperation.Increment, count - 1, MemoryOrder.AcquireRelease);
                isLast[0] = k.Select(before == count - 1, (U32)1, 0);
            });
            k.Barrier();
            k.If((isLast[0] != 0) & (k.ThreadX < 32), () =>
            {
                F32 whole = k.Variable(Nothing(reduction));
                k.For(k.ThreadX, count, step: 32, i => Accumulate(k, reduction, whole, [mine[i]]));
                F32 all = reduction == Reduction.Sum ? k.WarpSum(whole) : k.WarpMax(whole);
                k.If(k.ThreadX == 0, () => y[k.BlockY] = all);
            });
        });
    }

    /// <summary>Blocks that share a row in <see cref="GridPtx"/>.</summary>
    /// <param name="cols">Elements per row.</param>
    public static int PartCount(int cols)
    {
        int step = cols % 4 == 0 ? PartColumns : PartColumns - 1;
        return (cols + step - 1) / step;
    }

    private static string Name(Reduction reduction) => reduction == Reduction.Sum ? "sum" : "max";

    private static F32 Nothing(Reduction reduction) => reduction == Reduction.Sum ? 0f : float.NegativeInfinity;

    private static void Accumulate(PtxBuilder k, Reduction reduction, F32 result, F32[] values)
    {
        foreach (F32 v in values)
            k.Set(result, reduction == Reduction.Sum ? result + v : F32.Max(result, v));
    }

    private static F32 OfBlock(PtxBuilder k, Reduction reduction, F32 value) =>
        reduction == Reduction.Sum ? k.BlockSum(value) : k.BlockMax(value);
}
