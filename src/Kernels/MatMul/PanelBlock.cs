using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puna.Kernels;

/// <summary>
/// Sixteen words of 32 bits of each of 32 rows, brought into the order of a panel: word w of row r becomes word
/// 32 w + r. A word of BF16 is two columns, one of bytes four: a step of the panel as it is. Halves are interleaved again
/// and the bytes of 8-bit floats are paired, as <see cref="Panels"/> says.
/// </summary>
internal static class PanelBlock
{
    /// <summary>Words of a row.</summary>
    public const int Words = 16;

    /// <summary>Bytes of a row.</summary>
    public const int RowBytes = 4 * Words;

    /// <summary>Bytes of a block.</summary>
    public const int Bytes = Panels.RowCount * RowBytes;

    // bytes of four rows: columns 0 and 1 of each, then columns 2 and 3 of each
    private static readonly Vector128<byte> Pairs = Vector128.Create((byte)0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);

    // lower halves of 32 words, then upper halves
    private static readonly Vector512<ushort> LowerHalves = Vector512<ushort>.Indices + Vector512<ushort>.Indices;
    private static readonly Vector512<ushort> UpperHalves = LowerHalves + Vector512<ushort>.One;

    /// <summary>Writes a block.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="source">The first word of the first row.</param>
    /// <param name="stride">Bytes from one row to the next.</param>
    /// <param name="target">The whole block, or the steps of it that the panel has.</param>
    [SkipLocalsInit]
    public static void Write(DType type, ref readonly byte source, nint stride, Span<byte> target)
    {
        ref byte words = ref Unsafe.AsRef(in source);   // only read
        Debug.Assert(target.Length <= Bytes);
        if (!Avx512BW.IsSupported)
        {
            WriteSlowly(type, ref words, stride, target);
            return;
        }

        if (target.Length == Bytes && type is not (DType.F16 or DType.F8E4M3))
        {
            Transpose(ref words, stride, ref MemoryMarshal.GetReference(target));
            return;
        }

        Span<byte> block = stackalloc byte[Bytes];
        ref byte first = ref MemoryMarshal.GetReference(block);
        Transpose(ref words, stride, ref first);
        if (type == DType.F16)
            Interleave(ref first);
        else if (type == DType.F8E4M3)
            Pair(ref first);
        block[..target.Length].CopyTo(target);
    }

    private static void Transpose(ref byte source, nint stride, ref byte target)
    {
        TransposeHalf(ref source, stride, ref target);
        TransposeHalf(ref Unsafe.Add(ref source, 16 * stride), stride, ref Unsafe.Add(ref target, 64));
    }

    /// <summary>Sixteen rows of sixteen words: pairs, fours, then quarters of the vectors change places.</summary>
    [SkipLocalsInit, MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void TransposeHalf(ref byte source, nint stride, ref byte target)
    {
        (Vector512<ulong> a0, Vector512<ulong> a1, Vector512<ulong> a2, Vector512<ulong> a3) = Four(ref source, stride);
        source = ref Unsafe.Add(ref source, 4 * stride);
        (Vector512<ulong> b0, Vector512<ulong> b1, Vector512<ulong> b2, Vector512<ulong> b3) = Four(ref source, stride);
        source = ref Unsafe.Add(ref source, 4 * stride);
        (Vector512<ulong> c0, Vector512<ulong> c1, Vector512<ulong> c2, Vector512<ulong> c3) = Four(ref source, stride);
        source = ref Unsafe.Add(ref source, 4 * stride);
        (Vector512<ulong> d0, Vector512<ulong> d1, Vector512<ulong> d2, Vector512<ulong> d3) = Four(ref source, stride);
        Quarters(a0, b0, c0, d0, ref target);
        Quarters(a1, b1, c1, d1, ref Unsafe.Add(ref target, 128));
        Quarters(a2, b2, c2, d2, ref Unsafe.Add(ref target, 256));
        Quarters(a3, b3, c3, d3, ref Unsafe.Add(ref target, 384));
    }

    /// <summary>Four rows: result j holds words j, j + 4, j + 8 and j + 12 of all four, one in each quarter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<ulong> W0, Vector512<ulong> W1, Vector512<ulong> W2, Vector512<ulong> W3) Four(ref byte source, nint stride)
    {
        Vector512<uint> r0 = Load(ref source), r1 = Load(ref Unsafe.Add(ref source, stride));
        Vector512<uint> r2 = Load(ref Unsafe.Add(ref source, 2 * stride)), r3 = Load(ref Unsafe.Add(ref source, 3 * stride));
        Vector512<ulong> low01 = Avx512F.UnpackLow(r0, r1).AsUInt64(), high01 = Avx512F.UnpackHigh(r0, r1).AsUInt64();
        Vector512<ulong> low23 = Avx512F.UnpackLow(r2, r3).AsUInt64(), high23 = Avx512F.UnpackHigh(r2, r3).AsUInt64();
        return (Avx512F.UnpackLow(low01, low23), Avx512F.UnpackHigh(low01, low23),
            Avx512F.UnpackLow(high01, high23), Avx512F.UnpackHigh(high01, high23));
    }

    /// <summary>Words j, j + 4, j + 8 and j + 12 of sixteen rows, 512 bytes apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarters(Vector512<ulong> a, Vector512<ulong> b, Vector512<ulong> c, Vector512<ulong> d, ref byte target)
    {
        Vector512<ulong> abLow = Avx512F.Shuffle4x128(a, b, 0b_10_00_10_00), abHigh = Avx512F.Shuffle4x128(a, b, 0b_11_01_11_01);
        Vector512<ulong> cdLow = Avx512F.Shuffle4x128(c, d, 0b_10_00_10_00), cdHigh = Avx512F.Shuffle4x128(c, d, 0b_11_01_11_01);
        Avx512F.Shuffle4x128(abLow, cdLow, 0b_10_00_10_00).AsByte().StoreUnsafe(ref target);
        Avx512F.Shuffle4x128(abHigh, cdHigh, 0b_10_00_10_00).AsByte().StoreUnsafe(ref target, 512);
        Avx512F.Shuffle4x128(abLow, cdLow, 0b_11_01_11_01).AsByte().StoreUnsafe(ref target, 1024);
        Avx512F.Shuffle4x128(abHigh, cdHigh, 0b_11_01_11_01).AsByte().StoreUnsafe(ref target, 1536);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Load(ref byte source) => Vector512.LoadUnsafe(ref source).AsUInt32();

    // two halves of each of 32 rows become two steps
    private static void Interleave(ref byte block)
    {
        for (nuint at = 0; at < Bytes; at += 128)
        {
            Vector512<ushort> first = Vector512.LoadUnsafe(ref block, at).AsUInt16();
            Vector512<ushort> second = Vector512.LoadUnsafe(ref block, at + 64).AsUInt16();
            Avx512BW.PermuteVar32x16x2(first, LowerHalves, second).AsByte().StoreUnsafe(ref block, at);
            Avx512BW.PermuteVar32x16x2(first, UpperHalves, second).AsByte().StoreUnsafe(ref block, at + 64);
        }
    }

    private static void Pair(ref byte block)
    {
        Vector512<byte> pairs = Vector512.Create(Vector256.Create(Pairs, Pairs), Vector256.Create(Pairs, Pairs));
        for (nuint at = 0; at < Bytes; at += 64)
            Avx512BW.Shuffle(Vector512.LoadUnsafe(ref block, at), pairs).StoreUnsafe(ref block, at);
    }

    private static void WriteSlowly(DType type, ref byte source, nint stride, Span<byte> target)
    {
        int size = type.ByteSize();
        for (int row = 0; row < Panels.RowCount; row++)
        {
            ReadOnlySpan<byte> elements = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref source, row * stride), RowBytes);
            for (int column = 0; column < RowBytes / size; column++)
            {
                int at = Panels.OffsetOf(type, row, column);
                if (at < target.Length)
                    elements.Slice(column * size, size).CopyTo(target[at..]);
            }
        }
    }
}
