using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>
/// D = A · B + C of one matrix instruction, on row-major F32: products are exact, each sum is rounded to nearest. Integer
/// types use it with C = 0: their sums stay below 2^24, where F32 is exact.
/// </summary>
internal static unsafe class MatrixProduct
{
    /// <summary>Multiplies.</summary>
    /// <param name="a">[m, k].</param>
    /// <param name="b">[k, n].</param>
    /// <param name="d">[m, n]: C before, D after.</param>
    /// <param name="m">Rows; a multiple of 8.</param>
    /// <param name="n">Columns; a multiple of 8.</param>
    /// <param name="k">Products of a sum.</param>
    /// <param name="order">In what order they are added.</param>
    public static void Multiply(float* a, float* b, float* d, int m, int n, int k, SumOrder order)
    {
        fixed (int* ks = order.Order)
        {
            for (int row = 0; row < m; row += 4)
            {
                int column = 0;
                if (Vector512.IsHardwareAccelerated)
                {
                    for (; column <= n - 32; column += 32)
                        Block4x32(a + row * k, b + column, d + row * n + column, n, k, ks, order.AccumulatorAt);
                }

                for (; column <= n - 16; column += 16)
                    Block4x16(a + row * k, b + column, d + row * n + column, n, k, ks, order.AccumulatorAt);
            }

            if ((n & 8) != 0)
            {
                for (int row = 0; row < m; row += 8)
                    Block8x8(a + row * k, b + n - 8, d + row * n + n - 8, n, k, ks, order.AccumulatorAt);
            }
        }
    }

    /// <summary>The same in F64, one fused multiply-add after the other.</summary>
    public static void Multiply(double* a, double* b, double* d, int m, int n, int k, SumOrder order)
    {
        for (int row = 0; row < m; row++)
        {
            for (int column = 0; column < n; column++)
            {
                double c = d[row * n + column], sum = 0;
                for (int i = 0; i <= k; i++)
                {
                    if (i == order.AccumulatorAt)
                        sum = i == 0 ? c : sum + c;
                    if (i < k)
                        sum = Math.FusedMultiplyAdd(a[row * k + order.Order[i]], b[order.Order[i] * n + column], sum);
                }

                d[row * n + column] = sum;
            }
        }
    }

    /// <summary>Equal or set bits in pairs of rows: the products of one-bit matrices.</summary>
    /// <param name="a">[m, words].</param>
    /// <param name="b">[n, words]: columns.</param>
    /// <param name="d">[m, n]: to which the counts are added.</param>
    /// <param name="m">Rows.</param>
    /// <param name="n">Columns.</param>
    /// <param name="words">k / 32.</param>
    /// <param name="isXor">Whether bits are combined by xor; otherwise by and.</param>
    public static void CountBits(uint* a, uint* b, int* d, int m, int n, int words, bool isXor)
    {
        for (int row = 0; row < m; row++)
        {
            for (int column = 0; column < n; column++)
            {
                int sum = 0;
                for (int i = 0; i < words; i++)
                {
                    uint x = a[row * words + i], y = b[column * words + i];
                    sum += (int)uint.PopCount(isXor ? x ^ y : x & y);
                }

                d[row * n + column] += sum;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Block4x32(float* a, float* b, float* d, int n, int k, int* ks, int accumulatorAt)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        int i = 0, end = accumulatorAt;
        while (true)
        {
            for (; i < end; i++)
            {
                int at = ks[i];
                Vector512<float> b0 = Vector512.Load(b + at * n), b1 = Vector512.Load(b + at * n + 16);
                Vector512<float> x = Vector512.Create(a[at]);
                c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
                c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
                x = Vector512.Create(a[k + at]);
                c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
                c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
                x = Vector512.Create(a[2 * k + at]);
                c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
                c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
                x = Vector512.Create(a[3 * k + at]);
                c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
                c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            }

            if (i == accumulatorAt)
            {
                c00 += Vector512.Load(d);
                c01 += Vector512.Load(d + 16);
                c10 += Vector512.Load(d + n);
                c11 += Vector512.Load(d + n + 16);
                c20 += Vector512.Load(d + 2 * n);
                c21 += Vector512.Load(d + 2 * n + 16);
                c30 += Vector512.Load(d + 3 * n);
                c31 += Vector512.Load(d + 3 * n + 16);
            }

            if (end == k)
                break;
            end = k;
            accumulatorAt = -1;
        }

        c00.Store(d);
        c01.Store(d + 16);
        c10.Store(d + n);
        c11.Store(d + n + 16);
        c20.Store(d + 2 * n);
        c21.Store(d + 2 * n + 16);
        c30.Store(d + 3 * n);
        c31.Store(d + 3 * n + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Block4x16(float* a, float* b, float* d, int n, int k, int* ks, int accumulatorAt)
    {
        Vector256<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        int i = 0, end = accumulatorAt;
        while (true)
        {
            for (; i < end; i++)
            {
                int at = ks[i];
                Vector256<float> b0 = Vector256.Load(b + at * n), b1 = Vector256.Load(b + at * n + 8);
                Vector256<float> x = Vector256.Create(a[at]);
                c00 = Vector256.FusedMultiplyAdd(x, b0, c00);
                c01 = Vector256.FusedMultiplyAdd(x, b1, c01);
                x = Vector256.Create(a[k + at]);
                c10 = Vector256.FusedMultiplyAdd(x, b0, c10);
                c11 = Vector256.FusedMultiplyAdd(x, b1, c11);
                x = Vector256.Create(a[2 * k + at]);
                c20 = Vector256.FusedMultiplyAdd(x, b0, c20);
                c21 = Vector256.FusedMultiplyAdd(x, b1, c21);
                x = Vector256.Create(a[3 * k + at]);
                c30 = Vector256.FusedMultiplyAdd(x, b0, c30);
                c31 = Vector256.FusedMultiplyAdd(x, b1, c31);
            }

            if (i == accumulatorAt)
            {
                c00 += Vector256.Load(d);
                c01 += Vector256.Load(d + 8);
                c10 += Vector256.Load(d + n);
                c11 += Vector256.Load(d + n + 8);
                c20 += Vector256.Load(d + 2 * n);
                c21 += Vector256.Load(d + 2 * n + 8);
                c30 += Vector256.Load(d + 3 * n);
                c31 += Vector256.Load(d + 3 * n + 8);
            }

            if (end == k)
                break;
            end = k;
            accumulatorAt = -1;
        }

        c00.Store(d);
        c01.Store(d + 8);
        c10.Store(d + n);
        c11.Store(d + n + 8);
        c20.Store(d + 2 * n);
        c21.Store(d + 2 * n + 8);
        c30.Store(d + 3 * n);
        c31.Store(d + 3 * n + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Block8x8(float* a, float* b, float* d, int n, int k, int* ks, int accumulatorAt)
    {
        Vector256<float> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default;
        int i = 0, end = accumulatorAt;
        while (true)
        {
            for (; i < end; i++)
            {
                int at = ks[i];
                Vector256<float> x = Vector256.Load(b + at * n);
                c0 = Vector256.FusedMultiplyAdd(Vector256.Create(a[at]), x, c0);
                c1 = Vector256.FusedMultiplyAdd(Vector256.Create(a[k + at]), x, c1);
                c2 = Vector256.FusedMultiplyAdd(Vector256.Create(a[2 * k + at]), x, c2);
                c3 = Vector256.FusedMultiplyAdd(Vector256.Create(a[3 * k + at]), x, c3);
                c4 = Vector256.FusedMultiplyAdd(Vector256.Create(a[4 * k + at]), x, c4);
                c5 = Vector256.FusedMultiplyAdd(Vector256.Create(a[5 * k + at]), x, c5);
                c6 = Vector256.FusedMultiplyAdd(Vector256.Create(a[6 * k + at]), x, c6);
                c7 = Vector256.FusedMultiplyAdd(Vector256.Create(a[7 * k + at]), x, c7);
            }

            if (i == accumulatorAt)
            {
                c0 += Vector256.Load(d);
                c1 += Vector256.Load(d + n);
                c2 += Vector256.Load(d + 2 * n);
                c3 += Vector256.Load(d + 3 * n);
                c4 += Vector256.Load(d + 4 * n);
                c5 += Vector256.Load(d + 5 * n);
                c6 += Vector256.Load(d + 6 * n);
                c7 += Vector256.Load(d + 7 * n);
            }

            if (end == k)
                break;
            end = k;
            accumulatorAt = -1;
        }

        c0.Store(d);
        c1.Store(d + n);
        c2.Store(d + 2 * n);
        c3.Store(d + 3 * n);
        c4.Store(d + 4 * n);
        c5.Store(d + 5 * n);
        c6.Store(d + 6 * n);
        c7.Store(d + 7 * n);
    }
}
