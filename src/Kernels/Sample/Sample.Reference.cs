namespace Puna.Kernels;

public static partial class Sample
{
    /// <summary>The definition, step by step in scalar code with a sort; every backend gives the same token.</summary>
    /// <param name="logits">One row, <c>[vocabulary]</c>, of numbers or infinities; −∞ is impossible. Only
    /// read.</param>
    /// <param name="parameters">What to do with them.</param>
    /// <param name="history">Tokens that stand before this position, each id once, in any order.</param>
    /// <param name="bias">Added to logits of single tokens, each id once, in any order.</param>
    /// <param name="key">Of which draw this is.</param>
    /// <param name="scratch">Of the same vocabulary; overwritten.</param>
    /// <returns>The id of the chosen token.</returns>
    /// <exception cref="ArgumentException">Sizes, ids, a bias or a parameter are out of range.</exception>
    /// <exception cref="ArithmeticException">A logit is NaN, or all of them are −∞.</exception>
    public static int Reference(
        ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleKey key, SampleScratch scratch)
    {
        ulong total = ReferenceWeights(logits, parameters, history, bias, scratch);

        ulong target = Target(key, total), before = 0;
        int id = 0;
        while ((before += Mass(scratch.Weights[id])) <= target)
            id++;
        return id;
    }

    /// <summary>
    /// The probabilities that a token is drawn with, after all steps; at temperature 0 one of them is 1.
    /// </summary>
    /// <param name="logits">One row, <c>[vocabulary]</c>; only read.</param>
    /// <param name="parameters">What to do with them.</param>
    /// <param name="history">Tokens that stand before this position, each id once.</param>
    /// <param name="bias">Added to logits of single tokens, each id once.</param>
    /// <param name="scratch">Of the same vocabulary; overwritten.</param>
    /// <param name="probabilities">The result, <c>[vocabulary]</c>; 0 for tokens that are never drawn.</param>
    /// <exception cref="ArgumentException">Sizes, ids, a bias or a parameter are out of range.</exception>
    /// <exception cref="ArithmeticException">A logit is NaN, or all of them are −∞.</exception>
    public static void Probabilities(
        ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleScratch scratch, Span<double> probabilities)
    {
        if (probabilities.Length != logits.Length)
        {
            throw new ArgumentException(
                $"Sample: {logits.Length} logits, but room for {probabilities.Length} probabilities.");
        }

        double total = ReferenceWeights(logits, parameters, history, bias, scratch);
        for (int i = 0; i < probabilities.Length; i++)
            probabilities[i] = Mass(scratch.Weights[i]) / total;
    }

    /// <summary>Steps 1 to 7: leaves in <c>Weights</c> what is kept, and 0 for what is dropped.</summary>
    /// <returns>The mass of what is kept.</returns>
    private static ulong ReferenceWeights(
        ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleScratch scratch)
    {
        Check(logits.Length, parameters, history, bias, scratch);
        Span<float> d = scratch.Shifted, w = scratch.Weights;
        ReferenceShift(logits, parameters, parameters.HasPenalty ? history : [], bias, scratch);

        if (parameters.IsGreedy)
        {
            w.Clear();
            w[d.IndexOf(0f)] = 1f;
            return Mass(1f);
        }

        float scale = Scale(parameters.Temperature);
        for (int i = 0; i < d.Length; i++)
            w[i] = Exp2(d[i] * scale);
        DropBelowTopK(d, w, parameters.TopK, scratch);
        DropOutsideTopP(d, w, parameters.TopP, scratch);
        foreach (ref float weight in w)
            weight = weight < (float)parameters.MinP ? 0f : weight;
        return TotalMass(w);
    }

    private static void ReferenceShift(
        ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleScratch scratch)
    {
        Span<float> d = scratch.Shifted;
        logits.CopyTo(d);
        double largest = Adjust(logits, parameters, history, bias, scratch);
        for (int i = 0; i < logits.Length; i++)
        {
            if (float.IsNaN(logits[i]))
                throw NotANumber(logits);
            largest = Math.Max(largest, d[i]);
        }

        CheckPossible(largest, logits.Length);
        (float high, float low) = Split(largest);
        for (int i = 0; i < d.Length; i++)
            d[i] = ShiftOne(d[i], high, low);
        ShiftAdjusted(largest, history, bias, scratch);
    }

    private static void DropBelowTopK(ReadOnlySpan<float> d, Span<float> w, int k, SampleScratch scratch)
    {
        if (k == 0 || k >= d.Length)
            return;

        ulong kth = Ascending(d, scratch)[d.Length - k];
        for (int i = 0; i < d.Length; i++)
            w[i] = d[i] < FromOrder((uint)(kth >> 32)) ? 0f : w[i];
    }

    private static void DropOutsideTopP(ReadOnlySpan<float> d, Span<float> w, double p, SampleScratch scratch)
    {
        ulong removable = Removable(p, TotalMass(w)), removed = 0;
        foreach (ulong token in Ascending(d, scratch))
        {
            int id = (int)(uint)token;
            removed += Mass(w[id]);
            if (removed > removable)
                return;
            w[id] = 0f;
        }
    }

    /// <summary>All tokens by d, equal ones by id.</summary>
    private static Span<ulong> Ascending(ReadOnlySpan<float> d, SampleScratch scratch)
    {
        Span<ulong> order = scratch.Order;
        for (int i = 0; i < d.Length; i++)
            order[i] = OrderWithId(d[i], i);
        order.Sort();
        return order;
    }

    private static ulong TotalMass(ReadOnlySpan<float> w)
    {
        ulong total = 0;
        foreach (float weight in w)
            total += Mass(weight);
        return total;
    }
}
