using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class RmsNorm
{
    /// <summary>One warp per row, so the order of the sum depends on <paramref name="cols"/> alone; one block per row.</summary>
    /// <remarks>Parameters: x F32 <c>[rows, cols]</c>, weight F32 <c>[cols]</c>, y F32 <c>[rows, cols]</c>, epsilon.</remarks>
    /// <param name="cols">Elements per row; a constant in the PTX.</param>
    /// <param name="arch">The target.</param>
    public static GpuKernel Ptx(int cols, GpuArch arch) => PtxBuilder.Kernel($"rms_norm_f32_{cols}", arch, threads: 32, k =>
    {
        Global<F32> x = k.PointerParam<F32>("x"), weight = k.PointerParam<F32>("weight"), y = k.PointerParam<F32>("y");
        F32 epsilon = k.F32Param("epsilon");
        U32 lane = k.ThreadX;
        x = x.Row(k.BlockX, cols);
        y = y.Row(k.BlockX, cols);

        F32 sum = k.Variable<F32>(0);
        k.For(lane, cols, step: 32, i => { F32 v = x[i]; k.Set(sum, F32.Fma(v, v, sum)); });

        F32 scale = F32.RSqrt(k.WarpSum(sum) / cols + epsilon);
        k.For(lane, cols, step: 32, i => y[i] = x[i] * scale * weight[i]);
    });
}
