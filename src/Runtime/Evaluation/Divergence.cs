using System.Collections.Immutable;
using Puna.Runtime.Scheduling;

namespace Puna.Runtime.Evaluation;

/// <summary>How far a model's foretelling of a text is from that of another run of it.</summary>
/// <param name="Nats">The divergence of each position, in the order of the text, in nats.</param>
/// <param name="AgreementCount">Positions whose likeliest token is the same.</param>
public sealed record DivergenceResult(ImmutableArray<double> Nats, int AgreementCount)
{
    /// <summary>Mean over the positions, in nats.</summary>
    public double Mean => Nats.Average();

    /// <summary>Share of the positions whose likeliest token is the same.</summary>
    public double Agreement => (double)AgreementCount / Nats.Length;

    /// <summary>The positions that differ most.</summary>
    /// <param name="count">How many at most.</param>
    /// <returns>Number of the position and its divergence in nats, the largest first.</returns>
    public ImmutableArray<(int Position, double Nats)> Largest(int count) =>
        [.. Nats.Select((nats, position) => (position, nats)).OrderByDescending(p => p.nats).Take(count)];
}

/// <summary>
/// The divergence of a fast way to run a model from the exact one: KL(exact ‖ fast) of what is foretold after every token,
/// Kullback and Leibler 1951.
/// </summary>
public static class Divergence
{
    /// <summary>Runs a text both ways.</summary>
    /// <param name="ids">The text's tokens, without a begin-of-text token.</param>
    /// <param name="bosId">The begin-of-text token that opens each window, if the model wants one.</param>
    /// <param name="window">Tokens of a window; the begin-of-text token does not count. Every position of a window is compared, its last too.</param>
    /// <param name="exact">Runs the windows exactly; room for <paramref name="window"/> + 1 tokens.</param>
    /// <param name="fast">Runs them the other way; of the same vocabulary, chunk and room.</param>
    /// <param name="cancellation">Looked at before each forward pass.</param>
    /// <exception cref="ArgumentOutOfRangeException">A window of no token.</exception>
    public static DivergenceResult Measure(ReadOnlySpan<int> ids, int? bosId, int window, Scorer exact, Scorer fast,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        var nats = ImmutableArray.CreateBuilder<double>();
        int agreeing = 0;
        for (int start = 0; start < ids.Length; start += window)
        {
            ReadOnlySpan<int> piece = ids[start..Math.Min(ids.Length, start + window)];
            int[] run = bosId is { } bos ? [bos, .. piece] : piece.ToArray();
            exact.Run(run, (first, expected) => fast.Continue(run.AsSpan(first, (int)expected.Rows), first, (from, actual) =>
            {
                for (int row = 0; row < actual.Rows; row++)
                {
                    ReadOnlySpan<float> p = expected.Row<float>(from - first + row), q = actual.Row<float>(row);
                    nats.Add(Of(p, q));
                    agreeing += IndexOfLargest(p) == IndexOfLargest(q) ? 1 : 0;
                }
            }, cancellation), cancellation);
        }

        return new DivergenceResult(nats.DrainToImmutable(), agreeing);
    }

    /// <summary>KL(p ‖ q) = Σ p · ln(p / q) of the distributions that two rows of logits stand for, in double precision.</summary>
    /// <param name="exact">Logits of p, <c>[vocabulary]</c>; −∞ is a probability of 0.</param>
    /// <param name="fast">Logits of q, <c>[vocabulary]</c>.</param>
    /// <returns>Nats, at least 0; infinite where q excludes what p does not.</returns>
    /// <exception cref="ArgumentException">The rows differ in length.</exception>
    public static double Of(ReadOnlySpan<float> exact, ReadOnlySpan<float> fast)
    {
        if (exact.Length != fast.Length)
            throw new ArgumentException($"Divergence: {exact.Length} logits, and {fast.Length} to compare them with.");
        double p = LogOfSum(exact), q = LogOfSum(fast), sum = 0;
        for (int i = 0; i < exact.Length; i++)
        {
            double log = exact[i] - p;
            if (!double.IsNegativeInfinity(log))
                sum += Math.Exp(log) * (log - (fast[i] - q));
        }

        return sum < 0 ? 0 : sum;   // rounding, where both are the same
    }

    private static double LogOfSum(ReadOnlySpan<float> logits)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
            largest = Math.Max(largest, logit);
        foreach (float logit in logits)
            sum += Math.Exp(logit - largest);
        return largest + Math.Log(sum);
    }

    private static int IndexOfLargest(ReadOnlySpan<float> logits)
    {
        int at = 0;
        for (int i = 1; i < logits.Length; i++)
            at = logits[i] > logits[at] ? i : at;
        return at;
    }
}
