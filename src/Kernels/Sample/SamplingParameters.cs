namespace Puna.Kernels;

/// <summary>
/// What is done with logits before a token is drawn; <see cref="Sample"/> says in which order. <c>new()</c> changes
/// nothing; <c>default</c> is not valid.
/// </summary>
public readonly record struct SamplingParameters()
{
    /// <summary>Temperatures below this one are greedy: the division would only overflow.</summary>
    public const double GreedyBelow = 1e-5;

    /// <summary>Logits are divided by it: 0 takes the likeliest token, 1 draws as the model says.</summary>
    /// <value>1; from 0 to 100.</value>
    public double Temperature { get; init; } = 1;

    /// <summary>
    /// How many of the likeliest tokens stay, and with the last of them all that are equal; 0 keeps all.
    /// </summary>
    /// <value>0; at least 0.</value>
    public int TopK { get; init; }

    /// <summary>The smallest set of likeliest tokens with at least this probability stays; 1 keeps all.</summary>
    /// <value>1; from 0 to 1.</value>
    public double TopP { get; init; } = 1;

    /// <summary>Tokens stay that are at least this many times as likely as the likeliest; 0 keeps all.</summary>
    /// <value>0; from 0 to 1.</value>
    public double MinP { get; init; }

    /// <summary>Makes every token that stands in the text less likely (above 1) or more (below 1).</summary>
    /// <value>1; above 0, at most 100.</value>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Taken off a token's logit once for each time that it has been sampled.</summary>
    /// <value>0; from −2 to 2.</value>
    public double FrequencyPenalty { get; init; }

    /// <summary>Taken off the logit of a token that has been sampled.</summary>
    /// <value>0; from −2 to 2.</value>
    public double PresencePenalty { get; init; }

    /// <summary>The likeliest token is taken, and nothing is drawn.</summary>
    public bool IsGreedy => Temperature < GreedyBelow;

    /// <summary>The history changes logits.</summary>
    public bool HasPenalty => RepetitionPenalty != 1 || FrequencyPenalty != 0 || PresencePenalty != 0;

    /// <summary>Refuses values out of their range.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it as requests do.</exception>
    public void Validate()
    {
        const string Penalty = "-2 to 2 (0 changes nothing)", Factor = "above 0 and at most 100 (1 changes nothing)";
        Require(Temperature is >= 0 and <= 100, "temperature", Temperature, "0 to 100 (0 takes the likeliest token)");
        Require(TopK >= 0, "top_k", TopK, "at least 0 (0 keeps all tokens)");
        Require(TopP is >= 0 and <= 1, "top_p", TopP, "0 to 1 (1 keeps all tokens)");
        Require(MinP is >= 0 and <= 1, "min_p", MinP, "0 to 1 (0 keeps all tokens)");
        Require(RepetitionPenalty is > 0 and <= 100, "repetition_penalty", RepetitionPenalty, Factor);
        Require(FrequencyPenalty is >= -2 and <= 2, "frequency_penalty", FrequencyPenalty, Penalty);
        Require(PresencePenalty is >= -2 and <= 2, "presence_penalty", PresencePenalty, Penalty);
    }

    private static void Require(bool isValid, string name, double value, string range)
    {
        if (!isValid)
            throw new ArgumentException($"sampling: {name} is {Sample.Text(value)}, but it must be {range}.");
    }
}
