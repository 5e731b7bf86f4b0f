using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    private const float Log2E = 1.4426950408889634f;

    /// <summary>
    /// Turns the scores of one query into weights relative to the largest: 2 to the power of score · factor − largest.
    /// Keys outside <paramref name="from"/> to <paramref name="to"/> have no weight.
    /// </summary>
    /// <param name="scores">q·k of a split's keys; then the weights, times the scales of the values.</param>
    /// <param name="factor">log₂e / √head_dim.</param>
    /// <param name="from">First key that the query sees.</param>
    /// <param name="to">The key after the last one that it sees.</param>
    /// <param name="keyScales">Scales of sixteen keys each; null where keys have none.</param>
    /// <param name="valueScales">Scales of sixteen values each, or null.</param>
    /// <param name="largest">The largest score, times <paramref name="factor"/>.</param>
    /// <returns>The sum of the weights.</returns>
    [MethodImpl(Lanes.HotLoop)]
    private static unsafe float Weigh(
        float* scores, float factor, int from, int to, float** keyScales, float** valueScales, out float largest)
    {
        int first = from & -Lanes.Count, last = (to - 1) & -Lanes.Count;
        if (keyScales is not null)
        {
            for (int i = first; i <= last; i += Lanes.Count)
                (Vector512.Load(scores + i) * Vector512.Load(keyScales[i / Lanes.Count])).Store(scores + i);
        }

        Vector512<float> hidden = Vector512.Create(float.NegativeInfinity);
        Vector512.ConditionalSelect(Lanes.FirstLanes(from - first), hidden, Vector512.Load(scores + first)).Store(scores + first);
        Vector512.ConditionalSelect(Lanes.FirstLanes(to - last), Vector512.Load(scores + last), hidden).Store(scores + last);

        Vector512<float> top = hidden;
        for (int i = first; i <= last; i += Lanes.Count)
            top = Vector512.MaxNative(top, Vector512.Load(scores + i));
        largest = Largest(top) * factor;

        Vector512<float> total = default, scale = Vector512.Create(factor), shift = Vector512.Create(-largest);
        for (int i = first; i <= last; i += Lanes.Count)
        {
            Vector512<float> weight = Exp2(Vector512.FusedMultiplyAdd(Vector512.Load(scores + i), scale, shift));
            total += weight;
            if (valueScales is not null)
                weight *= Vector512.Load(valueScales[i / Lanes.Count]);
            weight.Store(scores + i);
        }

        return Lanes.Sum(total);
    }

    /// <summary>Adds the result of a split to that of the splits before it.</summary>
    /// <param name="split">Largest scores, totals and sums of a tile's queries; largest is −∞ where a query sees no key.</param>
    /// <param name="state">The same for all splits so far.</param>
    /// <param name="queries">Number of queries.</param>
    /// <param name="width">Floats of a query's sums.</param>
    [MethodImpl(Lanes.HotLoop)]
    private static unsafe void Merge(float* split, float* state, int queries, int width)
    {
        Vector512<float> nothing = Vector512.Create(float.NegativeInfinity);
        Vector512<float> before = Vector512.Load(state), now = Vector512.Load(split), largest = Vector512.MaxNative(before, now);
        Vector512<float> keep = Exp2(before - largest), take = Exp2(now - largest), isEmpty = Vector512.Equals(now, nothing);
        Vector512<float> old = Vector512.Load(state + Lanes.Count);
        Vector512<float> total = Vector512.FusedMultiplyAdd(Vector512.Load(split + Lanes.Count), take, old * keep);
        Vector512.ConditionalSelect(isEmpty, before, largest).Store(state);
        Vector512.ConditionalSelect(isEmpty, old, total).Store(state + Lanes.Count);

        float* factors = stackalloc float[2 * Lanes.Count];
        keep.Store(factors);
        take.Store(factors + Lanes.Count);
        for (int q = 0; q < queries; q++)
        {
            if (split[q] == float.NegativeInfinity)
                continue;
            float* from = split + 2 * Lanes.Count + q * width, to = state + 2 * Lanes.Count + q * width;
            Vector512<float> k = Vector512.Create(factors[q]), t = Vector512.Create(factors[Lanes.Count + q]);
            for (int d = 0; d < width; d += Lanes.Count)
                Vector512.FusedMultiplyAdd(Vector512.Load(from + d), t, Vector512.Load(to + d) * k).Store(to + d);
        }
    }

    /// <summary>
    /// 2ˣ for x up to 1: n = x rounded to an integer, f = x − n, and 2ᶠ by a polynomial of degree 6 that meets it at the
    /// Chebyshev points of ±½ (relative error 9.2e-9 before rounding, below 1.2e-7 with it); then n is added to the
    /// exponent. 2⁰ is 1; what is below −126 gives 0; NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Exp2(Vector512<float> x)
    {
        Vector512<float> lowest = Vector512.Create(-126f), round = Vector512.Create(12582912f);   // 1.5 · 2²³: no fraction bits left
        Vector512<float> isTiny = Vector512.LessThan(x, lowest);
        Vector512<float> shifted = Vector512.MaxNative(lowest, x) + round;
        Vector512<float> f = Vector512.MaxNative(lowest, x) - (shifted - round);
        Vector512<float> y = Vector512.FusedMultiplyAdd(Vector512.Create(0.000154531634f), f, Vector512.Create(0.00133908633f));
        y = Vector512.FusedMultiplyAdd(y, f, Vector512.Create(0.00961808302f));
        y = Vector512.FusedMultiplyAdd(y, f, Vector512.Create(0.0555035695f));
        y = Vector512.FusedMultiplyAdd(y, f, Vector512.Create(0.240226507f));
        y = Vector512.FusedMultiplyAdd(y, f, Vector512.Create(0.693147182f));
        y = Vector512.FusedMultiplyAdd(y, f, Vector512<float>.One);
        Vector512<float> power = (y.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
        return Vector512.AndNot(power, isTiny);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector512<float> v)
    {
        Vector256<float> eight = Vector256.MaxNative(v.GetLower(), v.GetUpper());
        Vector128<float> four = Vector128.MaxNative(eight.GetLower(), eight.GetUpper());
        four = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(four.ToScalar(), four.GetElement(1));
    }
}
