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
}
