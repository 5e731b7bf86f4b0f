using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class MatMul
{
    private const int TileRows = 64;        // rows of x per item: 64 × 2,048 floats stay in a core's second-level cache
    private const int TileColumns = 64;     // rows of W per item

    /// <summary>
    /// Rows <paramref name="FirstRow"/> to <paramref name="EndRow"/> of x by some rows of W. The sum of row r and row c of W goes to
    /// <paramref name="Target"/>[r × <paramref name="Stride"/> + c]; the bias begins at <paramref name="Bias"/>[0].
    /// </summary>
    private readonly record struct Work(
        Tensor X, ReadRows Read, Part Part, Tensor? Bias, nint Target, nint Stride, int FirstRow, int EndRow, int FirstColumn, int EndColumn);

    /// <summary>
    /// Parts that lie in rows, by the framework's vectors: tiles of the output in parallel. Within a segment each output sums
    /// k, k + 16, k + 32, … in sixteen lanes by fused multiply-adds, then the lanes by
    /// <see cref="Lanes.Sum(Vector512{float})"/>; codes are whole numbers there, and the segment's sum is multiplied by the scales. The
    /// order is the same in every tile shape.
    /// </summary>
    /// <inheritdoc cref="IBackend.MatMul"/>
    /// <param name="x">F32 <c>[rows, in]</c>.</param>
    /// <param name="weight">The weight, <c>[out, in]</c> in parts; those in panels are left out.</param>
    /// <param name="y">F32 <c>[rows, out]</c>; not <paramref name="x"/>.</param>
    /// <param name="pool">The threads.</param>
    /// <exception cref="ArgumentException">Shapes disagree.</exception>
    public static void Cpu(Tensor x, Linear weight, Tensor y, CpuPool pool)
    {
        Check(x, weight, y);
        Product product = Product.Begin(x, weight, pool);
        pool.Run(product.TileCount, new Fused(product, y),
            static (in Fused f, int index) => f.Product.Store(f.Product.TileAt(index), f.Y), product.Grain);
        product.End();
    }

    private static void Sum(in Work work)
    {
        switch (work.Part.Format.DType)
        {
            case DType.F32: Sum<F32Element, float>(in work); break;
            case DType.BF16: Sum<BF16Element, ushort>(in work); break;
            case DType.F16: Sum<F16Element, ushort>(in work); break;
            case DType.I8: Sum<I8Element, sbyte>(in work); break;
            default: Sum<F8E4M3Element, byte>(in work); break;
        }
    }

    private static void Sum<TElement, TStored>(in Work work)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int firstRow = work.FirstRow, endRow = work.EndRow, column = work.FirstColumn, endColumn = work.EndColumn;
        for (; column + 4 <= endColumn; column += 4)
        {
            int row = endRow - firstRow >= 4 ? FourRowsAtATime<TElement, TStored>(in work, firstRow, endRow, column) : firstRow;
            for (; row < endRow; row++)
                OneByFour<TElement, TStored>(in work, row, column);
        }

        for (; column < endColumn; column++)
        {
            for (int row = firstRow; row < endRow; row++)
                One<TElement, TStored>(in work, row, column);
        }
    }

    /// <summary>Widens four rows of W once for all rows of x; returns the first row that is left over.</summary>
    private static int FourRowsAtATime<TElement, TStored>(in Work work, int firstRow, int endRow, int column)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int inSize = (int)work.X.Cols, row = firstRow;
        float[] widened = ArrayPool<float>.Shared.Rent(4 * inSize);
        for (int i = 0; i < 4; i++)
            Lanes.WidenRow<TElement, TStored>(work.Part.Codes.Row<TStored>(column + i), widened.AsSpan(i * inSize, inSize));
        for (; row + 4 <= endRow; row += 4)
            FourByFour(in work, row, column, ref widened[0]);
        ArrayPool<float>.Shared.Return(widened);
        return row;
    }

    /// <summary>Four rows of x by four widened rows of W, which follow each other: sixteen sums for eight loads.</summary>
    [SkipLocalsInit, MethodImpl(Lanes.HotLoop)]
    private static void FourByFour(in Work work, int row, int column, ref float w0)
    {
        int inSize = (int)work.X.Cols;
        ref float x0 = ref Activations(in work, row), x1 = ref Activations(in work, row + 1);
        ref float x2 = ref Activations(in work, row + 2), x3 = ref Activations(in work, row + 3);
        ref float w1 = ref Unsafe.Add(ref w0, inSize), w2 = ref Unsafe.Add(ref w1, inSize), w3 = ref Unsafe.Add(ref w2, inSize);
        Vector128<float> t0 = default, t1 = default, t2 = default, t3 = default;

        for (int segment = 0; segment < Segments.Count; segment++)
        {
            int k = Segments.Start(inSize, segment), end = Segments.Start(inSize, segment + 1);
            if (k == end)
                continue;
            Vector512<float> s00 = default, s01 = default, s02 = default, s03 = default;
            Vector512<float> s10 = default, s11 = default, s12 = default, s13 = default;
            Vector512<float> s20 = default, s21 = default, s22 = default, s23 = default;
            Vector512<float> s30 = default, s31 = default, s32 = default, s33 = default;
            for (; k < end; k += Lanes.Count)
            {
                Vector512<float> a0, a1, a2, a3, b0, b1, b2, b3;
                if (end - k >= Lanes.Count)
                {
                    nuint i = (nuint)k;
                    (b0, b1) = (Vector512.LoadUnsafe(ref w0, i), Vector512.LoadUnsafe(ref w1, i));
                    (b2, b3) = (Vector512.LoadUnsafe(ref w2, i), Vector512.LoadUnsafe(ref w3, i));
                    (a0, a1) = (Vector512.LoadUnsafe(ref x0, i), Vector512.LoadUnsafe(ref x1, i));
                    (a2, a3) = (Vector512.LoadUnsafe(ref x2, i), Vector512.LoadUnsafe(ref x3, i));
                }
                else
                {
                    (b0, b1) = (Tail<F32Element, float>(ref w0, k, end), Tail<F32Element, float>(ref w1, k, end));
                    (b2, b3) = (Tail<F32Element, float>(ref w2, k, end), Tail<F32Element, float>(ref w3, k, end));
                    (a0, a1) = (Tail<F32Element, float>(ref x0, k, end), Tail<F32Element, float>(ref x1, k, end));
                    (a2, a3) = (Tail<F32Element, float>(ref x2, k, end), Tail<F32Element, float>(ref x3, k, end));
                }

                s00 = Vector512.FusedMultiplyAdd(a0, b0, s00);
                s01 = Vector512.FusedMultiplyAdd(a0, b1, s01);
                s02 = Vector512.FusedMultiplyAdd(a0, b2, s02);
                s03 = Vector512.FusedMultiplyAdd(a0, b3, s03);
                s10 = Vector512.FusedMultiplyAdd(a1, b0, s10);
                s11 = Vector512.FusedMultiplyAdd(a1, b1, s11);
                s12 = Vector512.FusedMultiplyAdd(a1, b2, s12);
                s13 = Vector512.FusedMultiplyAdd(a1, b3, s13);
                s20 = Vector512.FusedMultiplyAdd(a2, b0, s20);
                s21 = Vector512.FusedMultiplyAdd(a2, b1, s21);
                s22 = Vector512.FusedMultiplyAdd(a2, b2, s22);
                s23 = Vector512.FusedMultiplyAdd(a2, b3, s23);
                s30 = Vector512.FusedMultiplyAdd(a3, b0, s30);
                s31 = Vector512.FusedMultiplyAdd(a3, b1, s31);
                s32 = Vector512.FusedMultiplyAdd(a3, b2, s32);
                s33 = Vector512.FusedMultiplyAdd(a3, b3, s33);
            }

            t0 += Scaled(in work, row, column, segment, Lanes.Sum(s00, s01, s02, s03));
            t1 += Scaled(in work, row + 1, column, segment, Lanes.Sum(s10, s11, s12, s13));
            t2 += Scaled(in work, row + 2, column, segment, Lanes.Sum(s20, s21, s22, s23));
            t3 += Scaled(in work, row + 3, column, segment, Lanes.Sum(s30, s31, s32, s33));
        }

        Vector128<float> bias = Bias(in work, column);
        (t0 + bias).StoreUnsafe(ref Output(in work, row, column));
        (t1 + bias).StoreUnsafe(ref Output(in work, row + 1, column));
        (t2 + bias).StoreUnsafe(ref Output(in work, row + 2, column));
        (t3 + bias).StoreUnsafe(ref Output(in work, row + 3, column));
    }

    /// <summary>One row of x by four rows of W: decoding streams the weight through this.</summary>
    [SkipLocalsInit, MethodImpl(Lanes.HotLoop)]
    private static void OneByFour<TElement, TStored>(in Work work, int row, int column)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int inSize = (int)work.X.Cols;
        ref float x = ref Activations(in work, row);
        ref TStored w0 = ref Row<TStored>(work.Part.Codes, column), w1 = ref Row<TStored>(work.Part.Codes, column + 1);
        ref TStored w2 = ref Row<TStored>(work.Part.Codes, column + 2), w3 = ref Row<TStored>(work.Part.Codes, column + 3);
        Vector128<float> total = default;

        for (int segment = 0; segment < Segments.Count; segment++)
        {
            int k = Segments.Start(inSize, segment), end = Segments.Start(inSize, segment + 1);
            if (k == end)
                continue;
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (; k <= end - Lanes.Count; k += Lanes.Count)
            {
                Vector512<float> a = Vector512.LoadUnsafe(ref x, (nuint)k);
                s0 = Vector512.FusedMultiplyAdd(a, TElement.Load(ref w0, (nuint)k), s0);
                s1 = Vector512.FusedMultiplyAdd(a, TElement.Load(ref w1, (nuint)k), s1);
                s2 = Vector512.FusedMultiplyAdd(a, TElement.Load(ref w2, (nuint)k), s2);
                s3 = Vector512.FusedMultiplyAdd(a, TElement.Load(ref w3, (nuint)k), s3);
            }

            if (k < end)
            {
                Vector512<float> a = Tail<F32Element, float>(ref x, k, end);
                s0 = Vector512.FusedMultiplyAdd(a, Tail<TElement, TStored>(ref w0, k, end), s0);
                s1 = Vector512.FusedMultiplyAdd(a, Tail<TElement, TStored>(ref w1, k, end), s1);
                s2 = Vector512.FusedMultiplyAdd(a, Tail<TElement, TStored>(ref w2, k, end), s2);
                s3 = Vector512.FusedMultiplyAdd(a, Tail<TElement, TStored>(ref w3, k, end), s3);
            }

            total += Scaled(in work, row, column, segment, Lanes.Sum(s0, s1, s2, s3));
        }

        (total + Bias(in work, column)).StoreUnsafe(ref Output(in work, row, column));
    }

    [MethodImpl(Lanes.HotLoop)]
    private static void One<TElement, TStored>(in Work work, int row, int column)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        int inSize = (int)work.X.Cols;
        ref float x = ref Activations(in work, row);
        ref TStored w = ref Row<TStored>(work.Part.Codes, column);
        float total = 0;
        for (int segment = 0; segment < Segments.Count; segment++)
        {
            int k = Segments.Start(inSize, segment), end = Segments.Start(inSize, segment + 1);
            if (k == end)
                continue;
            Vector512<float> sum = default;
            for (; k <= end - Lanes.Count; k += Lanes.Count)
                sum = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref x, (nuint)k), TElement.Load(ref w, (nuint)k), sum);
            if (k < end)
                sum = Vector512.FusedMultiplyAdd(Tail<F32Element, float>(ref x, k, end), Tail<TElement, TStored>(ref w, k, end), sum);
            total += Scaled(in work, row, column, segment, Vector128.CreateScalarUnsafe(Lanes.Sum(sum))).ToScalar();
        }

        Output(in work, row, column) = total + (work.Bias?.Row<float>(0)[column] ?? 0);
    }

    private static Vector512<float> Tail<TElement, TStored>(ref TStored first, int k, int end)
        where TElement : IElement<TStored>
        where TStored : unmanaged =>
        Lanes.LoadPartial<TElement, TStored>(ref first, (nuint)k, end - k);

    private static Vector128<float> Bias(in Work work, int column) => work.Bias is { } bias
        ? Vector128.LoadUnsafe(ref Row<float>(bias, 0), (nuint)column)
        : default;

    /// <summary>A segment's sums for four columns, times the scales of the row and the columns.</summary>
    private static Vector128<float> Scaled(in Work work, int row, int column, int segment, Vector128<float> sums)
    {
        if (work.Part.Scales is not { } scales)
            return sums;
        int group = scales.Rows == 1 ? 0 : segment;
        if (work.Read.Scales is { } rowScales)
            sums *= rowScales[group * (int)work.X.Rows + row];
        return sums * Vector128.LoadUnsafe(ref Row<float>(scales, group), (nuint)column);
    }

    private static ref float Activations(in Work work, int row)
    {
        Debug.Assert(row < work.X.Rows);
        return ref work.Read.Values is { } values ? ref values[row * (int)work.X.Cols] : ref Row<float>(work.X, row);
    }

    private static unsafe ref float Output(in Work work, int row, int column) =>
        ref Unsafe.Add(ref *(float*)work.Target, row * work.Stride + column);

    private static ref T Row<T>(Tensor tensor, int row)
        where T : unmanaged
    {
        Debug.Assert(row < tensor.Rows);
        return ref MemoryMarshal.GetReference(tensor.Row<T>(row));
    }
}
