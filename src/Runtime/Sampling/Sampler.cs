using Puna.Kernels;

namespace Puna.Runtime.Sampling;

/// <summary>
/// Draws the tokens of one sequence: its options, and what has been said so far. A draw depends on the logits, the
/// options, the sequence's own tokens and the position, and on nothing else.
/// </summary>
public sealed class Sampler
{
    private readonly IBackend _ops;
    private readonly SamplingParameters _parameters;
    private readonly SamplingOptions _options;
    private readonly SampleScratch _scratch;
    private readonly TokenBias[] _bias;
    private readonly TokenLogprob[] _top;
    private readonly TokenHistory? _history;

    /// <summary>Makes the sampler of a sequence.</summary>
    /// <param name="ops">Picks the tokens.</param>
    /// <param name="options">How to draw.</param>
    /// <param name="scratch">Of the model's vocabulary; samplers that take turns may share it.</param>
    /// <param name="tokenCapacity">
    /// How many tokens the sequence will have: so many are remembered without allocating, and more with it.
    /// </param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Sampler(IBackend ops, SamplingOptions options, SampleScratch scratch, int tokenCapacity)
    {
        options.Validate(scratch.VocabularySize);
        ArgumentOutOfRangeException.ThrowIfNegative(tokenCapacity);
        _ops = ops;
        _options = options;
        _parameters = options.ToParameters();
        _scratch = scratch;
        _bias = [.. options.LogitBias.Select(pair => new TokenBias(pair.Key, pair.Value))];
        _top = new TokenLogprob[Math.Min(options.LogprobCount ?? 0, scratch.VocabularySize)];
        if (_parameters.HasPenalty)
            _history = new TokenHistory(Math.Min(tokenCapacity, scratch.VocabularySize));
    }

    /// <summary>Takes note of the prompt, which the repetition penalty counts.</summary>
    /// <param name="ids">Its tokens, or more of them.</param>
    /// <exception cref="ArgumentException">An id is outside the vocabulary.</exception>
    public void AddPrompt(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids)
        {
            if ((uint)id >= (uint)_scratch.VocabularySize)
            {
                throw new ArgumentException(
                    $"sampling: the prompt has token {id}," +
                    $" but the vocabulary has ids 0 to {_scratch.VocabularySize - 1}.");
            }

            _history?.Add(id, 0);
        }
    }

    /// <summary>Draws the next token, and takes note of it.</summary>
    /// <param name="logits">One row, <c>[vocabulary]</c>; only read.</param>
    /// <param name="position">Absolute position in the sequence that the token will have.</param>
    /// <exception cref="ArgumentException">The row is not of the scratch's vocabulary.</exception>
    /// <exception cref="ArithmeticException">A logit is NaN, or all of them are −∞.</exception>
    public SampledToken Next(ReadOnlySpan<float> logits, int position)
    {
        ReadOnlySpan<PreviousToken> history = _history is null ? [] : _history.Tokens;
        SampleKey key = new(_options.Seed, _options.ChoiceIndex, position);
        int id = _ops.Sample(logits, _parameters, history, _bias, key, _scratch);

        float? logprob = _options.LogprobCount is null ? null : Sample.Logprobs(logits, id, _top);
        _history?.Add(id, 1);
        return new SampledToken(id, logprob, _top);
    }
}
