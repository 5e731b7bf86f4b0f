using Puna.Runtime.Scheduling;

namespace Puna.Runtime.Evaluation;

/// <summary>How well a model foretells a text.</summary>
/// <param name="TokenCount">Tokens that were scored.</param>
/// <param name="TotalNats">Sum of −ln p over them.</param>
public readonly record struct PerplexityResult(int TokenCount, double TotalNats)
{
    /// <summary>exp of the mean of −ln p.</summary>
    public double Perplexity => Math.Exp(TotalNats / TokenCount);

    /// <summary>Mean of −log₂ p.</summary>
    public double BitsPerToken => TotalNats / TokenCount / Math.Log(2);
}

/// <summary>
/// Perplexity over sliding windows, as it is commonly reported: each window starts with the begin-of-text token and a
/// token is scored in the first window that holds it.
/// </summary>
public static class Perplexity
{
    /// <summary>Scores a text.</summary>
    /// <param name="ids">The text's tokens, without a begin-of-text token.</param>
    /// <param name="bosId">The begin-of-text token that opens each window; without one, each window's first token goes unscored.</param>
    /// <param name="window">Tokens of a window; the begin-of-text token does not count.</param>
    /// <param name="stride">Tokens from one window to the next, at most <paramref name="window"/>.</param>
    /// <param name="scorer">Runs the windows; room for <paramref name="window"/> + 1 tokens.</param>
    /// <param name="cancellation">Looked at before each forward pass.</param>
    /// <exception cref="ArgumentOutOfRangeException">A stride of 0, or one that leaves tokens out.</exception>
    public static PerplexityResult Measure(ReadOnlySpan<int> ids, int? bosId, int window, int stride, Scorer scorer,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stride, window);
        int scored = 0, count = 0;   // tokens before `scored` have had their window
        double nats = 0;
        for (int start = 0; scored < ids.Length; start += stride)
        {
            int end = Math.Min(ids.Length, start + window), from = Math.Max(scored, start);
            int[] run = bosId is { } bos ? [bos, .. ids[start..end]] : ids[start..end].ToArray();
            int shift = bosId is null ? start : start - 1;   // run[i] is token shift + i
            scorer.Run(run, (first, logits) =>
            {
                for (int row = 0; row < logits.Rows; row++)
                {
                    int next = shift + first + row + 1;
                    if (next < from || next >= end)
                        continue;
                    nats -= LogProbability(logits.Row<float>(row), run[first + row + 1]);
                    count++;
                }
            }, cancellation);
            scored = end;
        }

        return new PerplexityResult(count, nats);
    }

    private static double LogProbability(ReadOnlySpan<float> logits, int id)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
            largest = Math.Max(largest, logit);
        foreach (float logit in logits)
            sum += Math.Exp(logit - largest);
        return logits[id] - largest - Math.Log(sum);
    }
}
