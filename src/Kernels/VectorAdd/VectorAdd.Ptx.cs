using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class VectorAdd
{
    private const int Threads = 256;

    /// <summary>One thread per element, 256 to a block: launch as many blocks as cover n.</summary>
    /// <remarks>Parameters: a, b and sum, F32 <c>[n]</c>, and n.</remarks>
    /// <param name="arch">The target.</param>
    public static GpuKernel Ptx(GpuArch arch) => PtxBuilder.Kernel("vector_add_f32", arch, Threads, k =>
    {
        Global<F32> a = k.PointerParam<F32>("a"), b = k.PointerParam<F32>("b"), sum = k.PointerParam<F32>("sum");
        U32 n = k.U32Param("n");

        U32 i = U32.Mad(k.BlockX, Threads, k.ThreadX);
        k.If(i < n, () => sum[i] = a[i] + b[i]);
    });
}
