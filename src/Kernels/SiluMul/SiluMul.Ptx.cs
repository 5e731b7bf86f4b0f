using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class SiluMul
{
    private const int Threads = 256;

    private const float Log2E = 1.44269504f;

    /// <summary>A grid of [rows, <see cref="BlocksPerRow"/>] blocks, a thread for four elements (for one, where rows do not begin at 16 bytes).</summary>
    /// <remarks>Parameters: gate_up F32 <c>[rows, 2 · cols]</c>, y F32 <c>[rows, cols]</c>.</remarks>
    /// <param name="cols">Elements per row of the result; a constant in the PTX.</param>
    /// <param name="arch">The target.</param>
    public static GpuKernel Ptx(int cols, GpuArch arch) => PtxBuilder.Kernel($"silu_mul_f32_{cols}", arch, Threads, k =>
    {
        Global<F32> gateUp = k.PointerParam<F32>("gate_up"), y = k.PointerParam<F32>("y");
        Global<F32> gate = gateUp.Row(k.BlockX, 2 * cols), target = y.Row(k.BlockX, cols);

        U32 i = U32.Mad(k.BlockY, Threads, k.ThreadX);
        k.If(i < cols / Width(cols), () =>
        {
            if (Width(cols) == 1)
            {
                target[i] = Gated(gate[i], gate.Offset(cols)[i]);
                return;
            }

            V4<F32> g = gate.Cast<V4<F32>>()[i], up = gate.Offset(cols).Cast<V4<F32>>()[i];
            Global<V4<F32>> four = target.Cast<V4<F32>>();
            four[i] = new V4<F32>(Gated(g.X, up.X), Gated(g.Y, up.Y), Gated(g.Z, up.Z), Gated(g.W, up.W));
        });
    });

    /// <summary>Blocks that cover a row.</summary>
    /// <param name="cols">Elements per row of the result.</param>
    public static int BlocksPerRow(int cols) => (cols / Width(cols) + Threads - 1) / Threads;

    private static int Width(int cols) => cols % 4 == 0 ? 4 : 1;

    // exp(-g) may overflow: the quotient is then zero, as it should be
    private static F32 Gated(F32 gate, F32 up) => F32.DivideApprox(gate, F32.Ex2(gate * -Log2E) + 1) * up;
}
