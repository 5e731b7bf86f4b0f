using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class QuantizeRows
{
    /// <summary>
    /// A block per row, which it holds in its registers: x is read once, four elements at a time, and four codes are stored as
    /// one word; one by one where rows do not begin at multiples of 16 bytes.
    /// </summary>
    /// <remarks>Parameters: x F32 <c>[rows, cols]</c>, codes I8 <c>[rows, cols]</c>, scales F32 <c>[rows]</c>. The grid is [rows].</remarks>
    /// <param name="cols">Elements per row; a constant in the PTX.</param>
    /// <param name="arch">The target.</param>
    /// <exception cref="ArgumentException">No block holds such a row.</exception>
    public static GpuKernel Ptx(int cols, GpuArch arch)
    {
        BlockRow row = BlockRow.Of("QuantizeRows", cols);
        return PtxBuilder.Kernel($"quantize_rows_{cols}", arch, row.Threads, k =>
        {
            Global<F32> x = row.Start(k, k.PointerParam<F32>("x"), k.BlockX);
            Global<I8> codes = row.Start(k, k.PointerParam<I8>("codes"), k.BlockX);
            Global<F32> scales = k.PointerParam<F32>("scales");

            F32[] held = k.Variables<F32>(row.Pieces * row.Width, 0, "x");   // what lies beyond the row is 0
            row.ForEach(k, i =>
            {
                F32[] piece = row.Load(x, i);
                for (int e = 0; e < row.Width; e++)
                    k.Set(held[i * row.Width + e], piece[e]);
            });

            F32 scale = F32.FromBits(Largest(k, held)) / 127;
            k.If(k.ThreadX == 0, () => scales.Offset(k.BlockX)[0] = scale);

            F32 divisor = k.Select(scale == 0, float.PositiveInfinity, scale);   // x / ∞ is 0
            row.ForEach(k, i => Store(codes, row, i, [.. held.Skip(i * row.Width).Take(row.Width).Select(v => Code(v, divisor))]));
        });
    }

    // Bits of numbers without a sign are ordered as the numbers are, and those of NaN lie above infinity's.
    private static U32 Largest(PtxBuilder k, F32[] values)
    {
        U32 mine = values.Select(v => F32.Abs(v).Bits).Aggregate((a, b) => U32.Max(a, b));
        U32 largest = k.WarpMax(mine);
        int warps = k.Threads.X / 32;
        if (warps == 1)
            return largest;

        Shared<U32> parts = k.SharedArray<U32>("largest", warps);
        k.If(k.Lane == 0, () => parts[k.ThreadX / 32] = largest);
        k.Barrier();
        return Enumerable.Range(0, warps).Select(w => parts[w]).Aggregate((a, b) => U32.Max(a, b));
    }

    // NaN becomes 0; a quotient beyond 127 comes of a scale that was rounded as a subnormal
    private static I32 Code(F32 x, F32 divisor) => I32.Max((x / divisor).RoundToI32(), -127);

    private static void Store(Global<I8> codes, BlockRow row, int piece, I32[] v)
    {
        if (row.Width == 1)
            codes[piece * row.Threads] = (I8)I32.Min(v[0], 127);
        else
            codes.Cast<I8x4>()[piece * row.Threads] = I8x4.PackSaturated(v[0], v[1], v[2], v[3]);
    }
}
