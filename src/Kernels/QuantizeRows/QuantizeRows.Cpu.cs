using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class QuantizeRows
{
    /// <summary>
    /// A row, or a group of one, as codes: those of <see cref="Reference"/> and <see cref="ReferenceE4M3"/>, and their scale.
    /// </summary>
    /// <typeparam name="TElement">What the row holds.</typeparam>
    /// <typeparam name="TStored">The same, as a span holds it.</typeparam>
    /// <typeparam name="TCode">
    /// What the codes are: <see cref="I8Element"/>, <see cref="ShiftedI8Element"/>, <see cref="RoundedToI8Element"/> or <see cref="F8E4M3Element"/>.
    /// </typeparam>
    /// <typeparam name="TByte">The same, as a span holds it.</typeparam>
    /// <param name="x">The elements.</param>
    /// <param name="codes">The result, as long.</param>
    /// <returns>The scale.</returns>
    internal static float Cpu<TElement, TStored, TCode, TByte>(ReadOnlySpan<TStored> x, Span<TByte> codes)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TCode : ICode<TByte>
        where TByte : unmanaged
    {
        float scale = Amax<TElement, TStored>(x) / TCode.Largest;
        Encode<TElement, TStored, TCode, TByte>(x, scale, codes);
        return scale;
    }

    /// <summary>The largest magnitude: NaN where one is, 0 of nothing.</summary>
    [MethodImpl(Lanes.HotLoop)]
    internal static float Amax<TElement, TStored>(ReadOnlySpan<TStored> x)
        where TElement : IElement<TStored>
        where TStored : unmanaged
    {
        // Bits of numbers without a sign are ordered as the numbers are, and those of NaN lie above infinity's.
        ref TStored first = ref MemoryMarshal.GetReference(x);
        Vector512<int> isMagnitude = Vector512.Create(0x7FFFFFFF), largest = default, other = default;
        nuint i = 0, length = (nuint)x.Length;
        for (; i + 2 * Lanes.Count <= length; i += 2 * Lanes.Count)
        {
            largest = Vector512.Max(largest, TElement.Load(ref first, i).AsInt32() & isMagnitude);
            other = Vector512.Max(other, TElement.Load(ref first, i + Lanes.Count).AsInt32() & isMagnitude);
        }

        for (; i + Lanes.Count <= length; i += Lanes.Count)
            largest = Vector512.Max(largest, TElement.Load(ref first, i).AsInt32() & isMagnitude);
        if (i < length)
            other = Vector512.Max(other, Lanes.LoadPartial<TElement, TStored>(ref first, i, (int)(length - i)).AsInt32() & isMagnitude);

        largest = Vector512.Max(largest, other);
        Vector256<int> eight = Vector256.Max(largest.GetLower(), largest.GetUpper());
        Vector128<int> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        int most = Math.Max(Math.Max(four[0], four[1]), Math.Max(four[2], four[3]));
        return BitConverter.Int32BitsToSingle(most);
    }

    /// <summary>The codes of elements whose scale is known; zeros where the scale is none.</summary>
    [MethodImpl(Lanes.HotLoop)]
    internal static void Encode<TElement, TStored, TCode, TByte>(ReadOnlySpan<TStored> x, float scale, Span<TByte> codes)
        where TElement : IElement<TStored>
        where TStored : unmanaged
        where TCode : IElement<TByte>
        where TByte : unmanaged
    {
        if (scale == 0 || !float.IsFinite(scale))
        {
            codes[..x.Length].Fill(TCode.Narrow(0));
            return;
        }

        ref TStored first = ref MemoryMarshal.GetReference(x);
        ref TByte target = ref MemoryMarshal.GetReference(codes[..x.Length]);
        Vector512<float> divisor = Vector512.Create(scale);
        int i = 0;
        for (; i <= x.Length - Lanes.Count; i += Lanes.Count)
            TCode.Store(TElement.Load(ref first, (nuint)i) / divisor, ref target, (nuint)i);
        for (; i < x.Length; i++)
            codes[i] = TCode.Narrow(TElement.Widen(x[i]) / scale);
    }
}
