using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class Attention
{
    private const float Log2E = 1.4426950408889634f;

    /// <summary>Multiplies the scores of one query by the scales of the keys, and hides the keys that it does not see.</summary>
    /// <param name="scores">q·k of a split's keys.</param>
    /// <param name="keyScales">Scales of sixteen keys each; null where keys have none.</param>
    /// <param name="from">First key that the query sees.</param>
    /// <param name="to">The key after the last one that it sees.</param>
    /// <param name="first">First key that matters, a multiple of sixteen.</param>
    /// <param name="end">The key after the last one that matters.</param>
    [MethodImpl(Lanes.HotLoop)]
    private static unsafe void Hide(float* scores, float** keyScales, int from, int to, int first, int end)
    {
        Vector512<float> hidden = Vector512.Create(float.NegativeInfinity);
        int i = first;
        for (; i <= from - Lanes.Count; i += Lanes.Count)
            hidden.Store(scores + i);
        for (; keyScales is not null && i < to; i += Lanes.Count)
            (Vector512.Load(scores + i) * Vector512.Load(keyScales[i / Lanes.Count])).Store(scores + i);
        i = from & -Lanes.Count;
        Vector512.ConditionalSelect(Lanes.FirstLanes(from - i), hidden, Vector512.Load(scores + i)).Store(scores + i);
        i = to & -Lanes.Count;
        if (i < to)
            Vector512.ConditionalSelect(Lanes.FirstLanes(to - i), Vector512.Load(scores + i), hidden).Store(scores + i);
        for (i = (to + Lanes.Count - 1) & -Lanes.Count; i < end; i += Lanes.Count)
            hidden.Store(scores + i);
    }

    /// <summary>
    /// Turns the scores of four queries into weights relative to each one's largest: 2 to the power of
    /// score · factor − largest, times the scale of the value.
    /// </summary>
    /// <param name="scores">Four rows of scores, −∞ for keys that a query does not see.</param>
    /// <param name="factor">log₂e / √head_dim.</param>
    /// <param name="first">First key that matters, a multiple of sixteen.</param>
    /// <param name="end">The key after the last one that matters.</param>
    /// <param name="valueScales">Scales of sixteen values each; null where values have none.</param>
    /// <param name="largest">Takes each query's largest score, times <paramref name="factor"/>.</param>
    /// <param name="totals">Takes the sum of each query's weights, without scales.</param>
    [MethodImpl(Lanes.HotLoop)]
    private static unsafe void Weigh(
        float* scores, float factor, int first, int end, float** valueScales, float* largest, float* totals)
    {
        float* s0 = scores, s1 = s0 + SplitTokens, s2 = s1 + SplitTokens, s3 = s2 + SplitTokens;
        Vector512<float> m0 = Vector512.Create(float.NegativeInfinity), m1 = m0, m2 = m0, m3 = m0;
        for (int i = first; i < end; i += Lanes.Count)
        {
            m0 = Vector512.MaxNative(m0, Vector512.Load(s0 + i));
            m1 = Vector512.MaxNative(m1, Vector512.Load(s1 + i));
            m2 = Vector512.MaxNative(m2, Vector512.Load(s2 + i));
            m3 = Vector512.MaxNative(m3, Vector512.Load(s3 + i));
        }

        Vector128<float> tops = Vector128.Create(Largest(m0), Largest(m1), Largest(m2), Largest(m3)) * factor;
        tops.Store(largest);
        Vector512<float> scale = Vector512.Create(factor), t0 = default, t1 = default, t2 = default, t3 = default;
        m0 = Vector512.Create(-largest[0]);
        m1 = Vector512.Create(-largest[1]);
        m2 = Vector512.Create(-largest[2]);
        m3 = Vector512.Create(-largest[3]);
        for (int i = first; i < end; i += Lanes.Count)
        {
            Vector512<float> w0 = Exp2(Vector512.FusedMultiplyAdd(Vector512.Load(s0 + i), scale, m0));
            Vector512<float> w1 = Exp2(Vector512.FusedMultiplyAdd(Vector512.Load(s1 + i), scale, m1));
            Vector512<float> w2 = Exp2(Vector512.FusedMultiplyAdd(Vector512.Load(s2 + i), scale, m2));
            Vector512<float> w3 = Exp2(Vector512.FusedMultiplyAdd(Vector512.Load(s3 + i), scale, m3));
            t0 += w0;
            t1 += w1;
            t2 += w2;
            t3 += w3;
            if (valueScales is not null)
            {
                Vector512<float> values = Vector512.Load(valueScales[i / Lanes.Count]);
                (w0, w1, w2, w3) = (w0 * values, w1 * values, w2 * values, w3 * values);
            }

            w0.Store(s0 + i);
            w1.Store(s1 + i);
            w2.Store(s2 + i);
            w3.Store(s3 + i);
        }

        Lanes.Sum(t0, t1, t2, t3).Store(totals);
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
    /// exponent. 2⁰ is 1; x up to −127, as −∞, gives 0, and between −127 and −126 something below 2⁻¹²⁶; NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Exp2(Vector512<float> x)
    {
        x = Vector512.MaxNative(Vector512.Create(-127f), x);
        Vector512<float> round = Vector512.Create(12582912f), shifted = x + round;   // 1.5 · 2²³: no fraction bits left
        Vector512<float> f = x - (shifted - round);
        Vector512<float> y = Vector512.FusedMultiplyAdd(Vector512.Create(0.000154531634f), f, Vector512.Create(0.00133908633f));
        y = Vector512.FusedMultiplyAdd(y, f, Vector512.Create(0.00961808302f));
        y = Vector512.FusedMultiplyAdd(y, f, Vector512.Create(0.0555035695f));
        y = Vector512.FusedMultiplyAdd(y, f, Vector512.Create(0.240226507f));
        y = Vector512.FusedMultiplyAdd(y, f, Vector512.Create(0.693147182f));
        y = Vector512.FusedMultiplyAdd(y, f, Vector512<float>.One);
        return (y.AsInt32() + (shifted.AsInt32() << 23)).AsSingle();
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
