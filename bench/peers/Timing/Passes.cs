using System.Collections.Immutable;
using System.Diagnostics;
using Puna.Runtime;
using Puna.Runtime.Sampling;
using Puna.Runtime.Scheduling;

namespace Puna.Timing;

/// <summary>
/// Timed passes over one engine, with the work of llama-bench's tests: a prompt of P tokens in an empty cache, and N
/// tokens one at a time from an empty cache.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="promptTokens">P, in tokens.</param>
/// <param name="generatedTokens">N, in tokens.</param>
internal sealed class Passes(LanguageModel model, int promptTokens, int generatedTokens) : IDisposable
{
    private readonly Engine _engine = model.CreateEngine();
    private int _count;

    /// <summary>Runs everything once, so that code is compiled and memory touched.</summary>
    public void WarmUp()
    {
        Prompt();
        TokensPerSecond(promptTokens: 1, generatedTokens: Math.Min(generatedTokens, 4), generatedTokens);
    }

    /// <summary>Tokens per second of a prompt, until its first token is sampled.</summary>
    public double Prompt() => TokensPerSecond(promptTokens, generatedTokens: 1, promptTokens);

    /// <summary>Tokens per second of generation, after a prompt of one token.</summary>
    public double Generate() => TokensPerSecond(promptTokens: 1, generatedTokens, generatedTokens);

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    private double TokensPerSecond(int promptTokens, int generatedTokens, int counted)
    {
        Sequence sequence = _engine.Add(new GenerationRequest
        {
            PromptIds = Ids(promptTokens),
            MaxTokens = generatedTokens,
            Sampling = SamplingOptions.Greedy,
            StopIds = [],
        });
        long start = Stopwatch.GetTimestamp();
        while (sequence.FinishReason is null)
            _engine.Step();
        return counted / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Other ids in each pass: no prefix has been seen before.</summary>
    private ImmutableArray<int> Ids(int count)
    {
        int first = ++_count * 104_729;
        return [.. Enumerable.Range(0, count).Select(i => (int)((first + i * 7919L) % model.Config.VocabSize))];
    }
}
