using System.Diagnostics;

namespace Puna.Kernels;

/// <summary>
/// Logits to one token. The arithmetic is defined here once, so that every backend picks the same token from the
/// same logits, bit for bit. All values are F32 unless said otherwise; <c>fl(·)</c> rounds to nearest, ties to even.
/// <list type="number">
/// <item><b>Adjust.</b> Only tokens of the history or of the bias list, in F64: a = logit; if the token is in the
/// history, a = a / repetition where a &gt; 0 and a · repetition where not (Keskar et al. 2019, arXiv:1909.05858), then
/// a = a − frequency · sampled − (presence where sampled &gt; 0), as OpenAI's API reference; then a = a + bias.
/// Penalties that change nothing leave the history unread. All other tokens: a = logit.</item>
/// <item><b>Shift.</b> M = the largest a, exact in F64; H = fl(M), L = fl(M − H). d = fl(fl(logit − H) − L), for an
/// adjusted token d = fl(a − M), and the difference of equal infinities is 0. So d ≤ 0, and a penalty is rounded
/// relative to its distance from the best token and not to its size. From here on tokens are ordered by d alone.</item>
/// <item><b>Greedy.</b> At a temperature below <see cref="SamplingParameters.GreedyBelow"/> the token with d = 0 and
/// the lowest id is chosen, and nothing below happens.</item>
/// <item><b>Weigh.</b> w = <see cref="Exp2"/>(fl(d · s)), s = fl(log₂e / temperature). A weight's <em>mass</em> is the
/// integer nearest to w · 2⁴⁴, ties to even. Masses are added as integers: every order of adding, every tree, gives the
/// same bits. A token less than 2⁻⁴⁵ times as likely as the best has no mass.</item>
/// <item><b>Top-k.</b> Every token with d below the k-th largest d is dropped: ties with the k-th stay.</item>
/// <item><b>Top-p.</b> Z = mass of what is left, R = the smaller of ⌊(1 − p) · Z⌋ (in F64) and Z − 1. In ascending
/// order of d, equal ones by ascending id, tokens are dropped as long as the mass dropped does not exceed R: of equal
/// tokens at the border, the highest ids stay; the last token of all always stays.</item>
/// <item><b>Min-p.</b> Tokens with w &lt; fl(min-p) are dropped: less than min-p times as likely as the best.</item>
/// <item><b>Choose.</b> Z = mass of what is left, r = <see cref="SampleKey.Random"/>, target = ⌊r · Z / 2⁶⁴⌋, exact. In
/// ascending order of ids, the first token whose mass together with that of the tokens before it exceeds the target.
/// </item>
/// </list>
/// Steps 5 and 6 ask for two thresholds, not for a sort: a count or a mass above a value of d, by bisection.
/// </summary>
public static partial class Sample
{
    /// <summary>The largest vocabulary: with it the sum of all masses is still below 2⁶⁴.</summary>
    public const int MaxVocabularySize = 1 << 19;

    /// <summary>Masses are counted in this fraction of the best token's weight.</summary>
    private const double MassPerWeight = 1L << 44;

    /// <summary>
    /// Below this exponent a weight has no mass: 2⁻⁴⁵ · 2⁴⁴ is rounded to 0. One is added for rounding.
    /// </summary>
    private const float MasslessBelow = -46f;

    private const float Exp2Lowest = -64f;

    // (ln 2)^k / k!, rounded to F32
    private const float C1 = 0.6931472f, C2 = 0.24022651f, C3 = 0.05550411f, C4 = 0.009618129f;
    private const float C5 = 0.0013333558f, C6 = 0.00015403530f, C7 = 0.000015252734f;

    /// <summary>
    /// 2ˣ by n = x rounded to an integer (ties to even), f = x − n, and the Taylor polynomial of 2ᶠ of degree 7 by
    /// Horner's rule in seven fused multiply-adds, coefficients (ln 2)ᵏ / k! rounded to F32; then n is added to the
    /// exponent. The relative error is below 1.5 · 2⁻²³.
    /// </summary>
    /// <param name="x">At most 64; what is below −64, as −∞, counts as −64.</param>
    public static float Exp2(float x)
    {
        Debug.Assert(x <= -Exp2Lowest);
        x = x > Exp2Lowest ? x : Exp2Lowest;
        float n = MathF.Round(x), f = x - n;
        float y = MathF.FusedMultiplyAdd(C7, f, C6);
        y = MathF.FusedMultiplyAdd(y, f, C5);
        y = MathF.FusedMultiplyAdd(y, f, C4);
        y = MathF.FusedMultiplyAdd(y, f, C3);
        y = MathF.FusedMultiplyAdd(y, f, C2);
        y = MathF.FusedMultiplyAdd(y, f, C1);
        y = MathF.FusedMultiplyAdd(y, f, 1f);
        return BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(y) + ((int)n << 23));
    }

    private static ulong Mass(float weight) => (ulong)Math.Round(weight * MassPerWeight);

    private static float Scale(double temperature) => (float)(1.4426950408889634 / temperature);

    private static ulong Removable(double topP, ulong total) => Math.Min((ulong)((1.0 - topP) * total), total - 1);

    private static ulong Target(SampleKey key, ulong total) => Math.BigMul(key.Random(), total, out _);

    /// <summary>An unsigned integer with the order of the floats; both zeros have the same.</summary>
    private static uint Order(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value + 0f);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }

    private static float FromOrder(uint order) =>
        BitConverter.UInt32BitsToSingle((order & 0x8000_0000) != 0 ? order & 0x7FFF_FFFF : ~order);

    private static ulong OrderWithId(float value, int id) => ((ulong)Order(value) << 32) | (uint)id;

    /// <summary>
    /// Step 1 for the tokens that it changes; marks them in <c>Shifted</c>, so that a maximum passes over them.
    /// </summary>
    /// <returns>The largest adjusted logit; −∞ when there is none.</returns>
    private static double Adjust(
        ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleScratch scratch)
    {
        Span<double> exact = scratch.Exact;
        foreach (TokenBias b in bias)
            exact[b.Id] = logits[b.Id];
        foreach (PreviousToken t in history)
            exact[t.Id] = Penalize(logits[t.Id], t.SampledCount, parameters);
        foreach (TokenBias b in bias)
            exact[b.Id] += b.Bias;

        double largest = double.NegativeInfinity;
        foreach (PreviousToken t in history)
            Note(t.Id, scratch, ref largest);
        foreach (TokenBias b in bias)
            Note(b.Id, scratch, ref largest);
        return largest;
    }

    private static double Penalize(double logit, int sampledCount, in SamplingParameters p)
    {
        double a = logit > 0 ? logit / p.RepetitionPenalty : logit * p.RepetitionPenalty;
        return a - p.FrequencyPenalty * sampledCount - (sampledCount > 0 ? p.PresencePenalty : 0);
    }

    private static void Note(int id, SampleScratch scratch, ref double largest)
    {
        largest = Math.Max(largest, scratch.Exact[id]);
        scratch.Shifted[id] = float.NegativeInfinity;
    }

    /// <summary>M of step 2 in two parts.</summary>
    private static (float High, float Low) Split(double largest)
    {
        float high = (float)largest;
        return (high, float.IsInfinity(high) ? 0f : (float)(largest - high));
    }

    private static float ShiftOne(float logit, float high, float low) => (logit == high ? 0f : logit - high) - low;

    /// <summary>Step 2 for the tokens that step 1 changed.</summary>
    private static void ShiftAdjusted(
        double largest, ReadOnlySpan<PreviousToken> history, ReadOnlySpan<TokenBias> bias, SampleScratch scratch)
    {
        foreach (PreviousToken t in history)
            scratch.Shifted[t.Id] = ShiftOne(scratch.Exact[t.Id], largest);
        foreach (TokenBias b in bias)
            scratch.Shifted[b.Id] = ShiftOne(scratch.Exact[b.Id], largest);
    }

    private static float ShiftOne(double adjusted, double largest) =>
        adjusted == largest ? 0f : (float)(adjusted - largest);
}
