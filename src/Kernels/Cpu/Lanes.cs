using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puna.Kernels.Cpu;

/// <summary>Sixteen F32 lanes: the vector every kernel here counts in, whatever the machine's own width.</summary>
internal static class Lanes
{
    public const int Count = 16;

    /// <summary>
    /// How an inner loop is compiled: fully, the first time, and by itself. Inlined into its caller it was up to 15 times
    /// slower, since the compiler then no longer inlined what the loop calls.
    /// </summary>
    public const MethodImplOptions HotLoop = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    /// <summary>The sum of the lanes, by halves: i + (i + 8), then 4, 2, 1 apart. The order is part of every result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> v) => Halve(Quarter(v));

    /// <summary>Four sums at once, each in the order of <see cref="Sum(Vector512{float})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sum(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        Vector128<float> pa = Quarter(a), pb = Quarter(b), pc = Quarter(c), pd = Quarter(d);
        if (!Sse.IsSupported)
            return Vector128.Create(Halve(pa), Halve(pb), Halve(pc), Halve(pd));

        Vector128<float> ab = Sse.MoveLowToHigh(pa, pb) + Sse.MoveHighToLow(pb, pa);   // a0+a2 a1+a3 b0+b2 b1+b3
        Vector128<float> cd = Sse.MoveLowToHigh(pc, pd) + Sse.MoveHighToLow(pd, pc);
        return Sse.Shuffle(ab, cd, 0b_10_00_10_00) + Sse.Shuffle(ab, cd, 0b_11_01_11_01);
    }

    /// <summary>Sixteen 16-bit numbers as 32-bit ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Widen(Vector256<ushort> values)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512UInt32(values);
        (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(values);
        return Vector512.Create(lower, upper);
    }

    /// <summary>The lower halves of sixteen numbers that fit them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> NarrowTo16(Vector512<uint> values) => Avx512F.IsSupported
        ? Avx512F.ConvertToVector256UInt16(values)
        : Vector256.Narrow(values.GetLower(), values.GetUpper());

    /// <summary>The lowest bytes of sixteen numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> NarrowTo8(Vector512<uint> values)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector128Byte(values);
        values &= Vector512.Create(0xFFu);
        Vector256<ushort> halves = Vector256.Narrow(values.GetLower(), values.GetUpper());
        return Vector128.Narrow(halves.GetLower(), halves.GetUpper());
    }

    /// <summary>Elements of one type as those of another; a type's own elements are copied.</summary>
    [MethodImpl(HotLoop)]
    public static void Convert<TFrom, TSource, TTo, TTarget>(ReadOnlySpan<TSource> from, Span<TTarget> to)
        where TFrom : IElement<TSource>
        where TSource : unmanaged
        where TTo : IElement<TTarget>
        where TTarget : unmanaged
    {
        if (typeof(TFrom) == typeof(TTo))
        {
            MemoryMarshal.AsBytes(from).CopyTo(MemoryMarshal.AsBytes(to));
            return;
        }

        ref TSource source = ref MemoryMarshal.GetReference(from);
        ref TTarget target = ref MemoryMarshal.GetReference(to[..from.Length]);
        int i = 0;
        for (; i <= from.Length - Count; i += Count)
            TTo.Store(TFrom.Load(ref source, (nuint)i), ref target, (nuint)i);
        for (; i < from.Length; i++)
            to[i] = TTo.Narrow(TFrom.Widen(from[i]));
    }

    /// <summary>A whole row, widened to F32.</summary>
    public static void WidenRow<TElement, TStored>(ReadOnlySpan<TStored> stored, Span<float> widened)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        ref TStored source = ref MemoryMarshal.GetReference(stored);
        int i = 0;
        for (; i <= stored.Length - Count; i += Count)
            TElement.Load(ref source, (nuint)i).StoreUnsafe(ref widened[i]);
        for (; i < stored.Length; i++)
            widened[i] = TElement.Widen(stored[i]);
    }

    /// <summary>A multiple of <see cref="Count"/> that is not below <paramref name="count"/>.</summary>
    public static int RoundUp(int count) => (count + Count - 1) & -Count;

    /// <summary>All bits set in the first <paramref name="count"/> lanes.</summary>
    public static Vector512<float> FirstLanes(int count) =>
        Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();

    /// <summary>Up to sixteen elements from <paramref name="index"/> on, zeros after them; nothing past them is read.</summary>
    public static Vector512<float> LoadPartial<TElement, TStored>(ref TStored first, nuint index, int count)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        Debug.Assert(count is > 0 and <= Count);
        Vector512<float> values = default;
        for (int i = 0; i < count; i++)
            values = values.WithElement(i, TElement.Widen(Unsafe.Add(ref first, index + (nuint)i)));
        return values;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Quarter(Vector512<float> v)
    {
        Vector256<float> eight = v.GetLower() + v.GetUpper();
        return eight.GetLower() + eight.GetUpper();
    }

    private static float Halve(Vector128<float> four)
    {
        Vector128<float> two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return two.ToScalar() + two.GetElement(1);
    }
}
