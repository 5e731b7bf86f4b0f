namespace Puna.Kernels;

/// <summary>The sum of two vectors: the first kernel to read and to write.</summary>
public static partial class VectorAdd
{
    /// <summary>The definition: sum[i] = a[i] + b[i], rounded once to F32.</summary>
    /// <param name="a">Terms, <c>[n]</c>.</param>
    /// <param name="b">Terms, <c>[n]</c>.</param>
    /// <param name="sum">The result, <c>[n]</c>; may be one of the others.</param>
    /// <exception cref="ArgumentException">The three differ in length.</exception>
    public static void Reference(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> sum)
    {
        if (a.Length != b.Length || a.Length != sum.Length)
            throw new ArgumentException($"VectorAdd: a has {a.Length} elements, b {b.Length}, sum {sum.Length}.");
        for (int i = 0; i < sum.Length; i++)
            sum[i] = a[i] + b[i];
    }
}
