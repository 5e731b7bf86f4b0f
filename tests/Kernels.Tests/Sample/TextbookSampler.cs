namespace Puna.Kernels.Tests;

/// <summary>The steps as papers and other programs state them: F64, sorted lists, no shared code.</summary>
internal static class TextbookSampler
{
    public static double[] Probabilities(
        float[] logits, SamplingParameters p, PreviousToken[] history, TokenBias[] bias)
    {
        double[] z = [.. logits.Select(x => (double)x)];
        foreach (PreviousToken t in history)
        {
            z[t.Id] = z[t.Id] < 0 ? z[t.Id] * p.RepetitionPenalty : z[t.Id] / p.RepetitionPenalty;
            z[t.Id] -= p.FrequencyPenalty * t.SampledCount;
            if (t.SampledCount > 0)
                z[t.Id] -= p.PresencePenalty;
        }

        foreach (TokenBias b in bias)
            z[b.Id] += b.Bias;
        z = [.. z.Select(x => x / p.Temperature)];

        if (p.TopK > 0)
        {
            double kth = z.OrderDescending().ElementAt(Math.Min(p.TopK, z.Length) - 1);
            z = [.. z.Select(x => x < kth ? double.NegativeInfinity : x)];
        }

        double[] probabilities = Softmax(z);
        int[] ascending = [.. Enumerable.Range(0, z.Length).OrderBy(i => z[i])];   // LINQ's sort is stable
        double sum = 0;
        foreach (int i in ascending.SkipLast(1))
        {
            sum += probabilities[i];
            if (p.TopP < 1 && sum <= 1 - p.TopP)
                z[i] = double.NegativeInfinity;
        }

        probabilities = Softmax(z);
        double least = p.MinP * probabilities.Max();
        return Softmax([.. z.Select((x, i) => probabilities[i] < least ? double.NegativeInfinity : x)]);
    }

    public static double[] Softmax(double[] z)
    {
        double largest = z.Max();
        double[] e = [.. z.Select(x => Math.Exp(x - largest))];
        double sum = e.Sum();
        return [.. e.Select(x => x / sum)];
    }
}
