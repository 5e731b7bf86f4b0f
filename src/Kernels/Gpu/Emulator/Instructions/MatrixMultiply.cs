using System.Runtime.CompilerServices;
using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>What a matrix product computes on.</summary>
/// <param name="M">Rows of A and C.</param>
/// <param name="N">Columns of B and C.</param>
/// <param name="K">Products of a sum.</param>
/// <param name="A">Type of A.</param>
/// <param name="B">Type of B.</param>
/// <param name="C">Type of C and D.</param>
/// <param name="IsSaturated">Sums of S32 are clamped.</param>
/// <param name="IsXor">One-bit products by xor; by and otherwise.</param>
/// <param name="Opcode">Opcode and shape: what an order of sums may depend on.</param>
internal sealed record MatrixShape(
    int M, int N, int K, MatrixElement A, MatrixElement B, MatrixElement C, bool IsSaturated, bool IsXor, string Opcode)
{
    private SumOrder? _shuffled;

    /// <summary>In order of k.</summary>
    private SumOrder Ascending { get; } = SumOrder.Ascending(K);

    /// <summary>The order of the sums in a launch.</summary>
    public SumOrder Order(EmulatorOptions options)
    {
        if (!options.ShuffleSums)
            return Ascending;
        SumOrder? order = _shuffled;   // launches with other seeds may run at the same time: each takes its own
        if (order is null || order.Seed != options.Seed)
            _shuffled = order = SumOrder.Shuffled(Opcode, K, options.Seed);
        return order;
    }
}

/// <summary>
/// <c>mma.sync</c>: D = A · B + C by a warp. An undefined element of A makes a row of D undefined, one of B a column, one
/// of C itself.
/// </summary>
internal sealed unsafe class MatrixMultiply(MatrixShape shape, Register[] d, Register[] a, Register[] b, Register[] c) : Instruction
{
    /// <inheritdoc/>
    public override void Execute(Warp w, uint mask)
    {
        if (!MatrixOperands.IsTogether(this, w, mask))
            return;
        if (shape.C == MatrixElement.F64)
            MultiplyF64(w);
        else if (shape.A == MatrixElement.B1)
            MultiplyBits(w);
        else if (shape.C == MatrixElement.S32)
            MultiplyIntegers(w);
        else
            MultiplyFloats(w);
        if (w.Launch.Options.Checked)
            Taint(w);
    }

    [SkipLocalsInit]
    private void MultiplyFloats(Warp w)
    {
        float* left = stackalloc float[16 * 32], right = stackalloc float[32 * 8], sums = stackalloc float[16 * 8];
        WidenOperands(w, left, right);
        for (int i = 0; i < shape.M / 8; i++)
        {
            if (shape.C == MatrixElement.F16)
                FragmentRows.WidenRows(MatrixElement.F16, w.Words(c[i]), sums + 64 * i, 8);
            else
                FragmentRows.Gather(w.Words(c[2 * i]), w.Words(c[2 * i + 1]), (uint*)sums + 64 * i, 8);
        }

        MatrixProduct.Multiply(left, right, sums, shape.M, 8, shape.K, shape.Order(w.Launch.Options));
        FragmentRows.CanonicalNaN(sums, shape.M * 8);
        for (int i = 0; i < shape.M / 8; i++)
        {
            if (shape.C == MatrixElement.F16)
                FragmentRows.NarrowF16(sums + 64 * i, 8, w.Words(d[i]));
            else
                FragmentRows.Scatter((uint*)sums + 64 * i, 8, w.Words(d[2 * i]), w.Words(d[2 * i + 1]));
        }
    }

    [SkipLocalsInit]
    private void MultiplyIntegers(Warp w)
    {
        float* left = stackalloc float[16 * 64], right = stackalloc float[64 * 8], sums = stackalloc float[16 * 8];
        int* total = stackalloc int[16 * 8];
        WidenOperands(w, left, right);
        new Span<float>(sums, 128).Clear();
        MatrixProduct.Multiply(left, right, sums, shape.M, 8, shape.K, shape.Order(w.Launch.Options));
        GatherIntegers(w, total);
        FragmentRows.AddSums(sums, total, shape.M * 8, shape.IsSaturated);
        ScatterIntegers(w, total);
    }

    [SkipLocalsInit]
    private void MultiplyBits(Warp w)
    {
        uint* left = stackalloc uint[16 * 8], right = stackalloc uint[8 * 8];
        int* total = stackalloc int[16 * 8];
        int words = shape.K / 32;
        for (int r = 0; r < a.Length; r++)
        {
            // 8 rows of four words: a row's words are those of its four lanes
            int row = shape.M == 8 ? 0 : 8 * (r & 1), word = shape.M == 8 ? 4 * r : 4 * (r >> 1);
            for (int lane = 0; lane < 32; lane++)
                left[(row + (lane >> 2)) * words + word + (lane & 3)] = w.Words(a[r])[lane];
        }

        for (int r = 0; r < b.Length; r++)
        {
            for (int lane = 0; lane < 32; lane++)
                right[(lane >> 2) * words + 4 * r + (lane & 3)] = w.Words(b[r])[lane];
        }

        GatherIntegers(w, total);
        MatrixProduct.CountBits(left, right, total, shape.M, 8, words, shape.IsXor);
        ScatterIntegers(w, total);
    }

    [SkipLocalsInit]
    private void MultiplyF64(Warp w)
    {
        double* left = stackalloc double[16 * 16], right = stackalloc double[16 * 8], sums = stackalloc double[16 * 8];
        for (int lane = 0; lane < 32; lane++)
        {
            int g = lane >> 2, t = lane & 3;
            for (int r = 0; r < a.Length; r++)
            {
                int row = shape.M == 8 ? g : g + 8 * (r & 1), k = shape.M == 8 ? t + 4 * r : t + 4 * (r >> 1);
                left[row * shape.K + k] = ((double*)w.Words(a[r]))[lane];
            }

            for (int r = 0; r < b.Length; r++)
                right[(t + 4 * r) * 8 + g] = ((double*)w.Words(b[r]))[lane];
            for (int r = 0; r < c.Length; r++)
                sums[(g + 8 * (r >> 1)) * 8 + 2 * t + (r & 1)] = ((double*)w.Words(c[r]))[lane];
        }

        MatrixProduct.Multiply(left, right, sums, shape.M, 8, shape.K, shape.Order(w.Launch.Options));
        for (int lane = 0; lane < 32; lane++)
        {
            for (int r = 0; r < d.Length; r++)
                ((double*)w.Words(d[r]))[lane] = sums[((lane >> 2) + 8 * (r >> 1)) * 8 + 2 * (lane & 3) + (r & 1)];
        }
    }

    private void WidenOperands(Warp w, float* left, float* right)
    {
        int width = 128 / shape.A.Bits();
        for (int r = 0; r < a.Length; r++)
        {
            int row = shape.M == 8 ? 0 : 8 * (r & 1), k = shape.M == 8 ? width * r : width * (r >> 1);
            FragmentRows.WidenRows(shape.A, w.Words(a[r]), left + row * shape.K + k, shape.K);
        }

        for (int r = 0; r < b.Length; r++)
            FragmentRows.WidenColumns(shape.B, w.Words(b[r]), right + width * r * 8, 8);
    }

    private void GatherIntegers(Warp w, int* total)
    {
        for (int i = 0; i < shape.M / 8; i++)
            FragmentRows.Gather(w.Words(c[2 * i]), w.Words(c[2 * i + 1]), (uint*)total + 64 * i, 8);
    }

    private void ScatterIntegers(Warp w, int* total)
    {
        for (int i = 0; i < shape.M / 8; i++)
            FragmentRows.Scatter((uint*)total + 64 * i, 8, w.Words(d[2 * i]), w.Words(d[2 * i + 1]));
    }

    private void Taint(Warp w)
    {
        uint any = 0;
        foreach (Register r in a)
            any |= w.U[r.Index];
        foreach (Register r in b)
            any |= w.U[r.Index];
        foreach (Register r in c)
            any |= w.U[r.Index];
        if (any == 0)
        {
            foreach (Register r in d)
                w.Define(r, Warp.All);
            return;
        }

        int origin = w.OriginOfAny(Warp.All, [.. a, .. b, .. c]);
        uint rows = 0, columns = 0;
        for (int r = 0; r < a.Length; r++)
            rows |= MatrixOperands.Quads(w.U[a[r].Index]) << (shape.M == 8 ? 0 : 8 * (r & 1));
        foreach (Register r in b)
            columns |= MatrixOperands.Quads(w.U[r.Index]);
        for (int r = 0; r < d.Length; r++)
            MatrixOperands.TaintAccumulator(w, d[r], c[r], r, rows, columns, shape.C, origin);
    }
}
