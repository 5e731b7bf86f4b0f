using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>
/// Between registers of 32 lanes and rows of a matrix. The words of a register, lane after lane, are eight rows of an A or
/// a 16-bit C operand, or eight columns of B, each of 16 bytes: that is what the layouts of <see cref="Layouts.MmaFragment"/> come to.
/// </summary>
internal static unsafe class FragmentRows
{
    /// <summary>Widens a register of A into eight rows.</summary>
    /// <param name="element">Type of the elements.</param>
    /// <param name="words">32 words.</param>
    /// <param name="rows">First element; 16 bytes' worth of elements go to each row.</param>
    /// <param name="stride">Floats from row to row.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void WidenRows(MatrixElement element, uint* words, float* rows, int stride)
    {
        int width = 128 / element.Bits();
        float* flat = stackalloc float[8 * width];
        MatrixElements.Widen(element, (byte*)words, flat, 8 * width);
        for (int row = 0; row < 8; row++)
            Copy(flat + row * width, rows + row * stride, width);
    }

    /// <summary>Widens a register of B, or eight chunks along k, into eight columns.</summary>
    /// <param name="element">Type of the elements.</param>
    /// <param name="words">32 words: 16 bytes along k for each column.</param>
    /// <param name="columns">First element: k is the row.</param>
    /// <param name="stride">Floats from one k to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void WidenColumns(MatrixElement element, uint* words, float* columns, int stride)
    {
        int width = 128 / element.Bits();
        float* flat = stackalloc float[8 * width];
        MatrixElements.Widen(element, (byte*)words, flat, 8 * width);
        if (Avx.IsSupported && width >= 8)
        {
            for (int k = 0; k < width; k += 8)
                Transpose(flat + k, width, columns + k * stride, stride);
            return;
        }

        for (int column = 0; column < 8; column++)
        {
            for (int k = 0; k < width; k++)
                columns[k * stride + column] = flat[column * width + k];
        }
    }

    /// <summary>Two registers of a 32-bit accumulator become eight rows of eight columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Gather(uint* even, uint* odd, uint* rows, int stride)
    {
        for (int row = 0; row < 8; row += 2)
        {
            Vector256<uint> x = Vector256.Load(even + 4 * row), y = Vector256.Load(odd + 4 * row);
            (Vector256.WidenLower(x) | Vector256.WidenLower(y) << 32).AsUInt32().Store(rows + row * stride);
            (Vector256.WidenUpper(x) | Vector256.WidenUpper(y) << 32).AsUInt32().Store(rows + (row + 1) * stride);
        }
    }

    /// <summary>The other way round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Scatter(uint* rows, int stride, uint* even, uint* odd)
    {
        for (int row = 0; row < 8; row += 2)
        {
            Vector256<ulong> x = Vector256.Load(rows + row * stride).AsUInt64(), y = Vector256.Load(rows + (row + 1) * stride).AsUInt64();
            Vector256.Narrow(x & Vector256.Create(0xFFFF_FFFFUL), y & Vector256.Create(0xFFFF_FFFFUL)).Store(even + 4 * row);
            Vector256.Narrow(x >> 32, y >> 32).Store(odd + 4 * row);
        }
    }

    /// <summary>Eight rows of eight F32 become a register of a 16-bit accumulator.</summary>
    public static void NarrowF16(float* rows, int stride, uint* words)
    {
        float* flat = stackalloc float[64];
        for (int row = 0; row < 8; row++)
            Copy(rows + row * stride, flat + 8 * row, 8);
        TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(flat, 64), new Span<Half>(words, 64));
    }

    /// <summary>NaN becomes the one that PTX gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void CanonicalNaN(float* values, int count)
    {
        for (int i = 0; i < count; i += 8)
        {
            Vector256<float> v = Vector256.Load(values + i);
            Vector256.ConditionalSelect(
                Vector256.Equals(v, v), v, Vector256.Create(F32Arithmetic.CanonicalNaN).AsSingle()).Store(values + i);
        }
    }

    /// <summary>C += the sums of integer products, which F32 holds exactly; in 32 bits, wrapping or saturated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void AddSums(float* sums, int* c, int count, bool isSaturated)
    {
        if (!isSaturated)
        {
            for (int i = 0; i < count; i += 8)
                (Vector256.Load(c + i) + Vector256.ConvertToInt32(Vector256.Load(sums + i))).Store(c + i);
            return;
        }

        for (int i = 0; i < count; i++)
            c[i] = (int)Math.Clamp((long)c[i] + (int)sums[i], int.MinValue, int.MaxValue);
    }

    private static void Copy(float* source, float* target, int count)
    {
        if (count == 4)
        {
            Vector128.Load(source).Store(target);
            return;
        }

        for (int i = 0; i < count; i += 8)
            Vector256.Load(source + i).Store(target + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(float* source, int sourceStride, float* target, int stride)
    {
        Vector256<float> r0 = Vector256.Load(source), r1 = Vector256.Load(source + sourceStride);
        Vector256<float> r2 = Vector256.Load(source + 2 * sourceStride), r3 = Vector256.Load(source + 3 * sourceStride);
        Vector256<float> r4 = Vector256.Load(source + 4 * sourceStride), r5 = Vector256.Load(source + 5 * sourceStride);
        Vector256<float> r6 = Vector256.Load(source + 6 * sourceStride), r7 = Vector256.Load(source + 7 * sourceStride);
        Vector256<float> a0 = Avx.UnpackLow(r0, r1), a1 = Avx.UnpackHigh(r0, r1), a2 = Avx.UnpackLow(r2, r3), a3 = Avx.UnpackHigh(r2, r3);
        Vector256<float> a4 = Avx.UnpackLow(r4, r5), a5 = Avx.UnpackHigh(r4, r5), a6 = Avx.UnpackLow(r6, r7), a7 = Avx.UnpackHigh(r6, r7);
        Vector256<float> b0 = Avx.Shuffle(a0, a2, 0x44), b1 = Avx.Shuffle(a0, a2, 0xEE), b2 = Avx.Shuffle(a1, a3, 0x44), b3 = Avx.Shuffle(a1, a3, 0xEE);
        Vector256<float> b4 = Avx.Shuffle(a4, a6, 0x44), b5 = Avx.Shuffle(a4, a6, 0xEE), b6 = Avx.Shuffle(a5, a7, 0x44), b7 = Avx.Shuffle(a5, a7, 0xEE);
        Avx.Permute2x128(b0, b4, 0x20).Store(target);
        Avx.Permute2x128(b1, b5, 0x20).Store(target + stride);
        Avx.Permute2x128(b2, b6, 0x20).Store(target + 2 * stride);
        Avx.Permute2x128(b3, b7, 0x20).Store(target + 3 * stride);
        Avx.Permute2x128(b0, b4, 0x31).Store(target + 4 * stride);
        Avx.Permute2x128(b1, b5, 0x31).Store(target + 5 * stride);
        Avx.Permute2x128(b2, b6, 0x31).Store(target + 6 * stride);
        Avx.Permute2x128(b3, b7, 0x31).Store(target + 7 * stride);
    }
}
