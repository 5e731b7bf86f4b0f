namespace Puna.Kernels;

public static partial class Sample
{
    private static void Check(
        int logitCount, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleScratch scratch)
    {
        if (logitCount != scratch.VocabularySize)
        {
            throw new ArgumentException(
                $"Sample: {logitCount} logits, but the scratch is made for {scratch.VocabularySize}.");
        }

        parameters.Validate();

        foreach (PreviousToken t in history)
        {
            if ((uint)t.Id >= (uint)logitCount || t.SampledCount < 0)
            {
                throw new ArgumentException(
                    $"Sample: the history has token {t.Id}, sampled {t.SampledCount} times," +
                    $" but ids are 0 to {logitCount - 1} and counts are at least 0.");
            }
        }

        foreach (TokenBias b in bias)
        {
            if ((uint)b.Id >= (uint)logitCount || !float.IsFinite(b.Bias))
            {
                throw new ArgumentException(
                    $"Sample: the bias of token {b.Id} is {Text(b.Bias)}," +
                    $" but ids are 0 to {logitCount - 1} and a bias is finite.");
            }
        }
    }

    private static void CheckPossible(double largest, int count)
    {
        if (double.IsNegativeInfinity(largest))
        {
            throw new ArithmeticException(
                $"Sample: all {count} logits are -infinity, but at least one token must be possible." +
                " Does a mask forbid every token?");
        }
    }

    private static ArithmeticException NotANumber(ReadOnlySpan<float> logits)
    {
        int first = 0;
        while (!float.IsNaN(logits[first]))
            first++;
        return new ArithmeticException(
            $"Sample: logit {first} of {logits.Length} is NaN, but a logit is a number or an infinity" +
            " (the forward pass went wrong before sampling). Are the weights damaged, or did an activation overflow?");
    }

    internal static string Text(double value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
