using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class SiluMul
{
    private const int Threads = 256;

    private const float Log2E = 1.44269504f;

    /// <summary>
    /// A grid of [rows, <see cref="BlocksPerRow"/>] blocks, a thread for four elements (for one, where rows do not
    /// begin at 16 bytes).
    /// </summary>
    /// <remarks>
    /// Parameters: gate_up F32 <c>[rows, 2 · cols]</c>, y <c>[rows, cols]</c>. As F16, what is beyond ±65,504 becomes
    /// that.
    /// </remarks>
    /// <param name="cols">Elements per row of the result; a constant in the PTX.</param>
    /// <param name="arch">The target.</param>
    /// <param name="output">Of y: F32, or F16 or BF16, rounded to nearest.</param>
    /// <exception cref="ArgumentException">The output has another format.</exception>
    public static GpuKernel Ptx(int cols, GpuArch arch, NumberFormat output = NumberFormat.F32) =>
        PtxBuilder.Kernel($"silu_mul_{RoundedOutput.Name(output)}_{cols}", arch, Threads, k =>
        {
            Global<F32> gate = k.PointerParam<F32>("gate_up").Row(k.BlockX, 2 * cols);
            RoundedOutput y = new(k, "y", output);

            int width = Width(cols);
            U32 i = U32.Mad(k.BlockY, Threads, k.ThreadX);
            k.If(i < cols / width, () =>
            {
                U32 element = width == 1 ? i : i * width;
                F32[] gates = Load(gate.Offset(element), width), ups = Load(gate.Offset(cols).Offset(element), width);
                y.Row(k.BlockX, cols, element).Store(0, [.. gates.Zip(ups, (g, up) => Limited(Gated(g, up), output))]);
            });
        });

    private static F32[] Load(Global<F32> at, int width)
    {
        if (width == 1)
            return [at[0]];
        V4<F32> v = at.Cast<V4<F32>>()[0];
        return [v.X, v.Y, v.Z, v.W];
    }

    private static F32 Limited(F32 v, NumberFormat output) =>
        output == NumberFormat.F16 ? F32.MinNaN(F32.MaxNaN(v, -65504f), 65504f) : v;

    /// <summary>Blocks that cover a row.</summary>
    /// <param name="cols">Elements per row of the result.</param>
    public static int BlocksPerRow(int cols) => (cols / Width(cols) + Threads - 1) / Threads;

    private static int Width(int cols) => cols % 4 == 0 ? 4 : 1;

    // exp(-g) may overflow: the quotient is then zero, as it should be
    private static F32 Gated(F32 gate, F32 up) => F32.DivideApprox(gate, F32.Ex2(gate * -Log2E) + 1) * up;
}
