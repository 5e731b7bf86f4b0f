using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Puna.Kernels;

/// <summary>
/// What products of I8 panels begin with. The machine multiplies bytes without a sign by bytes with one, so activations
/// get 128 added: Σ (x + 128) w − 128 Σ w = Σ x w.
/// </summary>
internal static class PanelSums
{
    /// <summary>−128 times the sum of each row's codes in each segment.</summary>
    /// <param name="panel">A panel of I8.</param>
    /// <param name="cols">Columns of the weight.</param>
    /// <param name="sums">I32 <c>[8, rows rounded up to whole panels]</c>.</param>
    /// <param name="firstRow">The panel's first row.</param>
    public static void Write(ReadOnlySpan<byte> panel, int cols, Tensor sums, int firstRow)
    {
        int depth = Panels.Depth(DType.I8), stepBytes = Panels.StepBytes(DType.I8);
        for (int segment = 0; segment < Segments.Count; segment++)
        {
            int begin = Segments.Start(cols, segment) / depth * stepBytes;   // segments begin at multiples of 16
            int end = (Segments.Start(cols, segment + 1) + depth - 1) / depth * stepBytes;
            Span<int> target = sums.Row<int>(segment).Slice(firstRow, Panels.RowCount);
            if (end <= begin)
                target.Clear();
            else if (Avx512BW.IsSupported)
                Sum(panel[begin..end], target);
            else
                SumSlowly(panel[begin..end], target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Sum(ReadOnlySpan<byte> steps, Span<int> target)
    {
        ref byte codes = ref MemoryMarshal.GetReference(steps);
        Vector512<int> low = default, high = default;
        for (nuint at = 0; at < (nuint)steps.Length; at += 128)
        {
            low += OfFour(Vector512.LoadUnsafe(ref codes, at).AsSByte());
            high += OfFour(Vector512.LoadUnsafe(ref codes, at + 64).AsSByte());
        }

        (low * -128).CopyTo(target);
        (high * -128).CopyTo(target[16..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> OfFour(Vector512<sbyte> codes) => Avx512BW.MultiplyAddAdjacent(
        Avx512BW.MultiplyAddAdjacent(Vector512<byte>.One, codes), Vector512<short>.One);

    private static void SumSlowly(ReadOnlySpan<byte> steps, Span<int> target)
    {
        target.Clear();
        for (int i = 0; i < steps.Length; i++)
            target[i / 4 % Panels.RowCount] -= 128 * (sbyte)steps[i];
    }
}
