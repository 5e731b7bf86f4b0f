namespace Puna.Kernels;

public static partial class Sample
{
    /// <summary>
    /// Log-softmax of the logits as the model gave them: before penalties, bias and temperature, as vLLM reports it.
    /// The sum is that of the masses at temperature 1; its logarithm and the rest are computed in F64.
    /// </summary>
    /// <param name="logits">One row, <c>[vocabulary]</c>; only read.</param>
    /// <param name="id">The token that was chosen.</param>
    /// <param name="top">The likeliest tokens, likeliest first, equal ones by id; as many as there is room for.</param>
    /// <returns>The logarithm of the probability of <paramref name="id"/>.</returns>
    /// <exception cref="ArgumentException">The id or the room exceeds the vocabulary.</exception>
    /// <exception cref="ArithmeticException">A logit is NaN, or all of them are −∞.</exception>
    public static float Logprobs(ReadOnlySpan<float> logits, int id, Span<TokenLogprob> top)
    {
        if ((uint)id >= (uint)logits.Length || top.Length > logits.Length || logits.Length > MaxVocabularySize)
        {
            throw new ArgumentException(
                $"Sample: token {id} and the {top.Length} likeliest of {logits.Length} logits, but ids are" +
                $" 0 to {logits.Length - 1}, and there are at most {MaxVocabularySize} logits.");
        }

        float largest = CpuMax(logits);
        CheckPossible(largest, logits.Length);
        double logTotal = Math.Log(CpuLogitMass(logits, largest) / MassPerWeight);

        FindTop(logits, top);
        foreach (ref TokenLogprob token in top)
            token = token with { Logprob = Logprob(token.Logprob, largest, logTotal) };
        return Logprob(logits[id], largest, logTotal);
    }

    private static float Logprob(float logit, float largest, double logTotal) =>
        (float)((logit == largest ? 0.0 : (double)logit - largest) - logTotal);

    /// <summary>
    /// Ids and logits of the likeliest, by insertion into a short sorted list; nearly all tokens fail at the first
    /// comparison.
    /// </summary>
    private static void FindTop(ReadOnlySpan<float> logits, Span<TokenLogprob> top)
    {
        if (top.IsEmpty)
            return;

        int count = 0;
        for (int id = 0; id < logits.Length; id++)
        {
            float logit = logits[id];
            if (count == top.Length && logit <= top[^1].Logprob)
                continue;

            int place = count < top.Length ? count++ : count - 1;
            for (; place > 0 && top[place - 1].Logprob < logit; place--)
                top[place] = top[place - 1];
            top[place] = new TokenLogprob(id, logit);
        }
    }
}
