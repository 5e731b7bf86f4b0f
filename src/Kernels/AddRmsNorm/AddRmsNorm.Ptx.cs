using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class AddRmsNorm
{
    /// <summary>
    /// One block per row, as in <see cref="RmsNorm.Ptx"/>: the bits are those of the sum stored and normed again.
    /// </summary>
    /// <remarks>
    /// Parameters: x F32 <c>[rows, cols]</c>, y F32 <c>[rows, cols]</c> (read and written), weight F32 <c>[cols]</c>,
    /// normed <c>[rows, cols]</c>, which may be x where it is F32, and epsilon.
    /// </remarks>
    /// <param name="cols">Elements per row, at most 32,768; a constant in the PTX.</param>
    /// <param name="arch">The target.</param>
    /// <param name="output">Of normed: F32, or F16 or BF16, rounded to nearest.</param>
    /// <exception cref="ArgumentException">A row is empty or too long, or the output has another format.</exception>
    public static GpuKernel Ptx(int cols, GpuArch arch, NumberFormat output = NumberFormat.F32)
    {
        BlockRow row = BlockRow.Of("AddRmsNorm", cols);
        return PtxBuilder.Kernel($"add_rms_norm_{RoundedOutput.Name(output)}_{cols}", arch, row.Threads, k =>
        {
            Global<F32> x = k.PointerParam<F32>("x"), y = k.PointerParam<F32>("y"), weight = k.PointerParam<F32>("weight");
            RoundedOutput normed = new(k, "normed", output);
            F32 epsilon = k.F32Param("epsilon");
            Global<F32> delta = row.Start(k, x, k.BlockX), residual = row.Start(k, y, k.BlockX);

            F32[] values = k.Variables<F32>(row.Pieces * row.Width, 0, "y");
            row.ForEach(k, i =>
            {
                F32[] added = row.Load(delta, i), before = row.Load(residual, i);
                F32[] sum = [.. before.Zip(added, (b, a) => b + a)];
                row.Store(residual, i, sum);
                RmsNorm.SetPiece(k, row, values, i, sum);
            });
            F32 scale = RmsNorm.Scale(k, values, cols, epsilon);
            RmsNorm.StoreScaled(k, row, values, scale, row.Start(k, weight), row.Start(k, normed, k.BlockX));
        });
    }
}
