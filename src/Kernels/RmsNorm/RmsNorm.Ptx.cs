using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class RmsNorm
{
    /// <summary>
    /// One block per row, which stays in its registers; the order of the sum depends on <paramref name="cols"/> alone.
    /// </summary>
    /// <remarks>
    /// Parameters: x F32 <c>[rows, cols]</c>, weight F32 <c>[cols]</c>, y <c>[rows, cols]</c>, which may be x where
    /// both are F32, and epsilon.
    /// </remarks>
    /// <param name="cols">Elements per row, at most 32,768; a constant in the PTX.</param>
    /// <param name="arch">The target.</param>
    /// <param name="output">Of y: F32, or F16 or BF16, rounded to nearest.</param>
    /// <exception cref="ArgumentException">A row is empty or too long, or the output has another format.</exception>
    public static GpuKernel Ptx(int cols, GpuArch arch, NumberFormat output = NumberFormat.F32)
    {
        BlockRow row = BlockRow.Of("RmsNorm", cols);
        return PtxBuilder.Kernel($"rms_norm_{RoundedOutput.Name(output)}_{cols}", arch, row.Threads, k =>
        {
            Global<F32> x = k.PointerParam<F32>("x"), weight = k.PointerParam<F32>("weight");
            RoundedOutput y = new(k, "y", output);
            F32 epsilon = k.F32Param("epsilon");
            Global<F32> source = row.Start(k, x, k.BlockX);

            F32[] values = k.Variables<F32>(row.Pieces * row.Width, 0, "x");
            row.ForEach(k, i => SetPiece(k, row, values, i, row.Load(source, i)));
            F32 scale = Scale(k, values, cols, epsilon);
            StoreScaled(k, row, values, scale, row.Start(k, weight), row.Start(k, y, k.BlockX));
        });
    }

    /// <summary>Gives a piece's variables these values.</summary>
    internal static void SetPiece(PtxBuilder k, BlockRow row, F32[] values, int piece, F32[] v)
    {
        for (int j = 0; j < row.Width; j++)
            k.Set(values[piece * row.Width + j], v[j]);
    }

    /// <summary>1 / √(mean square + epsilon) of a row, in every thread. Variables beyond the row are 0.</summary>
    internal static F32 Scale(PtxBuilder k, F32[] values, int cols, F32 epsilon)
    {
        F32 squares = values[0] * values[0];
        foreach (F32 v in values.Skip(1))
            squares = F32.Fma(v, v, squares);
        return F32.RSqrt(k.BlockSum(squares) / cols + epsilon);
    }

    /// <summary>y = x · scale · weight.</summary>
    internal static void StoreScaled(PtxBuilder k, BlockRow row, F32[] values, F32 scale, Global<F32> weight, RoundedOutput y) =>
        row.ForEach(k, i =>
        {
            F32[] gain = row.Load(weight, i);
            row.Store(y, i, [.. gain.Select((w, j) => values[i * row.Width + j] * scale * w)]);
        });
}
