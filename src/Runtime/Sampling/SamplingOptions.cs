using System.Collections.Immutable;
using System.Globalization;
using Puna.Kernels;

namespace Puna.Runtime.Sampling;

/// <summary>
/// How the tokens of an answer are drawn, with the names, ranges and defaults of OpenAI's and vLLM's requests. The
/// order of the steps is that of <see cref="Sample"/>.
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>The likeliest token at every step.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary><c>temperature</c>: 0 takes the likeliest token, 1 draws as the model says, more is wilder.</summary>
    /// <value>1; from 0 to 100.</value>
    public double Temperature { get; init; } = 1;

    /// <summary><c>top_k</c>: draw from this many of the likeliest tokens; 0 and −1 draw from all.</summary>
    /// <value>0; at least −1.</value>
    public int TopK { get; init; }

    /// <summary>
    /// <c>top_p</c>: draw from the fewest tokens that have this probability together; 1 draws from all.
    /// </summary>
    /// <value>1; from 0 to 1.</value>
    public double TopP { get; init; } = 1;

    /// <summary>
    /// <c>min_p</c>: draw from tokens at least this many times as likely as the likeliest; 0 draws from all.
    /// </summary>
    /// <value>0; from 0 to 1.</value>
    public double MinP { get; init; }

    /// <summary>
    /// <c>repetition_penalty</c>: divides or multiplies logits of tokens in the prompt or the answer.
    /// </summary>
    /// <value>1; above 0, at most 100.</value>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>
    /// <c>frequency_penalty</c>: taken off a logit for each time that the answer has the token already.
    /// </summary>
    /// <value>0; from −2 to 2.</value>
    public double FrequencyPenalty { get; init; }

    /// <summary><c>presence_penalty</c>: taken off the logits of tokens that the answer has already.</summary>
    /// <value>0; from −2 to 2.</value>
    public double PresencePenalty { get; init; }

    /// <summary><c>logit_bias</c>: added to the logits of single tokens, by id.</summary>
    /// <value>Empty; each from −100 to 100, each id once.</value>
    public ImmutableArray<KeyValuePair<int, float>> LogitBias { get; init; } = [];

    /// <summary>
    /// <c>seed</c>: the same request with the same seed gives the same answer, whatever runs beside it.
    /// </summary>
    /// <value>0; any.</value>
    public long Seed { get; init; }

    /// <summary>Which answer of a request with several this is: answers draw differently with the same seed.</summary>
    /// <value>0; at least 0.</value>
    public int ChoiceIndex { get; init; }

    /// <summary>
    /// <c>top_logprobs</c>: how many alternatives are reported with each token's logprob; null reports none of it.
    /// </summary>
    /// <value>Null; from 0 to 20.</value>
    public int? LogprobCount { get; init; }

    /// <summary>Refuses values out of their range.</summary>
    /// <param name="vocabularySize">Ids of <see cref="LogitBias"/> are below it.</param>
    /// <exception cref="ArgumentException">A value is out of range; the message names it as requests do.</exception>
    public void Validate(int vocabularySize)
    {
        if (TopK < -1)
        {
            throw new ArgumentException(
                $"sampling: top_k is {TopK}, but it must be at least -1 (0 and -1 keep all tokens).");
        }

        ToParameters().Validate();
        if (ChoiceIndex < 0)
            throw new ArgumentException($"sampling: the choice index is {ChoiceIndex}, but it must be at least 0.");
        if (LogprobCount is < 0 or > 20)
            throw new ArgumentException($"sampling: top_logprobs is {LogprobCount}, but it must be 0 to 20.");
        ValidateBias(vocabularySize);
    }

    /// <summary>The part that <see cref="Sample"/> takes.</summary>
    public SamplingParameters ToParameters() => new()
    {
        Temperature = Temperature,
        TopK = Math.Max(TopK, 0),
        TopP = TopP,
        MinP = MinP,
        RepetitionPenalty = RepetitionPenalty,
        FrequencyPenalty = FrequencyPenalty,
        PresencePenalty = PresencePenalty,
    };

    private void ValidateBias(int vocabularySize)
    {
        if (LogitBias.IsDefault)
        {
            throw new ArgumentException(
                "sampling: logit_bias is not set, but it must be a list. Leave it out, or give an empty one.");
        }

        HashSet<int> seen = [];
        foreach ((int id, float bias) in LogitBias)
        {
            if (id < 0 || id >= vocabularySize)
            {
                throw new ArgumentException(
                    $"sampling: logit_bias names token {id}, but the vocabulary has ids 0 to {vocabularySize - 1}." +
                    " Was the bias made with another tokenizer?");
            }

            if (bias is not (>= -100 and <= 100))
            {
                string value = bias.ToString(CultureInfo.InvariantCulture);
                throw new ArgumentException(
                    $"sampling: logit_bias of token {id} is {value}," +
                    " but it must be -100 to 100 (-100 as good as forbids it).");
            }

            if (!seen.Add(id))
            {
                throw new ArgumentException(
                    $"sampling: logit_bias names token {id} twice, but each token has one bias.");
            }
        }
    }
}
