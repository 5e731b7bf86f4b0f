using Puna.Kernels;
using Puna.Runtime.Cache;
using Puna.Runtime.Models;
using Puna.Runtime.Sampling;

namespace Puna.Runtime.Scheduling;

/// <summary>A token that a step sampled.</summary>
/// <param name="Sequence">Whose.</param>
/// <param name="Token">The token.</param>
public readonly record struct StepToken(Sequence Sequence, SampledToken Token);

/// <summary>
/// The step loop: each step is one forward pass over a piece of prompt or the last token of every running sequence, and
/// a sampled token for each that is ready. A sequence's tokens depend on nothing but its request. Not thread-safe.
/// </summary>
public sealed class Engine : IDisposable
{
    private readonly ModelConfig _config;
    private readonly Transformer _transformer;
    private readonly IBackend _ops, _step;   // one executes, the other holds back what belongs to a step
    private readonly EngineOptions _options;
    private readonly KvPool _pool;
    private readonly Batch _batch;
    private readonly Scratch _scratch;
    private readonly Tensor _logits;
    private readonly SampleScratch _sampleScratch;
    private readonly Queue<Sequence> _waiting = [];
    private readonly List<Sequence> _running = [];
    private readonly List<Sequence> _sampling = [];   // in the order of the logits' rows
    private readonly List<StepToken> _sampled = [];

    /// <summary>Allocates the cache and the buffers of a step.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="weights">The weights; they outlive the engine.</param>
    /// <param name="ops">The backend; it outlives the engine.</param>
    /// <param name="options">How much to take on at a time.</param>
    /// <exception cref="OutOfCapacityException">There is not enough memory.</exception>
    public Engine(ModelConfig config, TransformerWeights weights, IBackend ops, EngineOptions options)
    {
        (_config, _ops, _step, _options) = (config, ops, ops.CreateRecorder(), options);
        _transformer = new Transformer(config, weights, _step);
        _pool = new KvPool(config, options.CacheTokens, options.CacheType ?? DType.F32);
        int rows = Math.Max(options.MaxStepRows, options.MaxSequences);
        _batch = new Batch(rows, options.MaxSequences, _pool.BlockCount, _pool.BlockTokens);
        _scratch = new Scratch(config, rows, options.MaxSequences);
        _logits = Tensor.Allocate(DType.F32, options.MaxSequences, config.VocabSize);
        _sampleScratch = new SampleScratch(config.VocabSize);
    }

    /// <summary>Sequences that run or wait.</summary>
    public int ActiveCount => _running.Count + _waiting.Count;

    /// <summary>Takes a request on; it runs as soon as the cache has room for its prompt and longest answer.</summary>
    /// <exception cref="ArgumentException">The request is empty or holds ids outside the vocabulary.</exception>
    /// <exception cref="OutOfCapacityException">It can never fit into the context or the cache.</exception>
    public Sequence Add(GenerationRequest request)
    {
        Check(request);
        int tokens = request.PromptIds.Length + request.MaxTokens;
        Sampler sampler = new(_ops, request.Sampling, _sampleScratch, tokens);
        sampler.AddPrompt(request.PromptIds.AsSpan());
        Sequence sequence = new(request, sampler, _pool.BlocksFor(tokens));
        if (request.MaxTokens == 0)
            sequence.FinishReason = FinishReason.Length;
        else
            _waiting.Enqueue(sequence);
        return sequence;
    }

    /// <summary>Ends a sequence before its time; it takes no part in further steps.</summary>
    public void Finish(Sequence sequence, FinishReason reason)
    {
        sequence.FinishReason ??= reason;
        Release(sequence);
    }

    /// <summary>Runs one step.</summary>
    /// <returns>The tokens that were sampled, at most one per sequence; valid until the next step.</returns>
    public IReadOnlyList<StepToken> Step()
    {
        Admit();
        Plan();
        _sampled.Clear();
        if (_batch.RowCount == 0)
            return _sampled;

        _scratch.Resize(_batch.RowCount, _batch.LogitRowCount);
        _transformer.Forward(_batch, _pool.Layers.AsSpan(), _scratch, _logits.RowRange(0, _batch.LogitRowCount));
        _step.Flush();

        for (int row = 0; row < _sampling.Count; row++)
        {
            Sequence sequence = _sampling[row];
            SampledToken token = sequence.Sampler.Next(_logits.Row<float>(row), sequence.TokenCount);
            sequence.Append(token.Id);
            _sampled.Add(new StepToken(sequence, token));
            if (sequence.FinishReason is not null)
                Release(sequence);
        }

        return _sampled;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        _batch.Dispose();
        _scratch.Dispose();
        _logits.Buffer.Dispose();
    }

    private void Admit()
    {
        while (_running.Count < _options.MaxSequences && _waiting.TryPeek(out Sequence? next))
        {
            if (next.FinishReason is null && !_pool.TryTake(next.Blocks))
                return;
            _waiting.Dequeue();
            if (next.FinishReason is null)
                _running.Add(next);
        }
    }

    /// <summary>Fills the batch: sequences that generate come first with one row each, then pieces of prompts.</summary>
    private void Plan()
    {
        _batch.Clear();
        _sampling.Clear();
        foreach (Sequence sequence in _running)
        {
            if (sequence.IsGenerating)
                AddRows(sequence, 1);
        }

        foreach (Sequence sequence in _running)
        {
            int room = _options.MaxStepRows - _batch.RowCount;
            if (sequence.CachedCount < sequence.Request.PromptIds.Length && room > 0)
                AddRows(sequence, Math.Min(room, sequence.TokenCount - sequence.CachedCount));
        }
    }

    private void AddRows(Sequence sequence, int count)
    {
        bool isComplete = sequence.CachedCount + count == sequence.TokenCount;
        _batch.Add(sequence.Ids.Slice(sequence.CachedCount, count), sequence.CachedCount, sequence.Blocks,
            isComplete ? WantedLogits.Last : WantedLogits.None);
        sequence.CachedCount += count;
        if (isComplete)
            _sampling.Add(sequence);
    }

    private void Release(Sequence sequence)
    {
        if (_running.Remove(sequence))
            _pool.Return(sequence.Blocks);
    }

    private void Check(GenerationRequest request)
    {
        request.Sampling.Validate(_config.VocabSize);
        if (request.PromptIds.IsDefaultOrEmpty)
            throw new ArgumentException("prompt: it has no token, but at least one was expected. Start it with the model's begin-of-text token.");
        ArgumentOutOfRangeException.ThrowIfNegative(request.MaxTokens);
        TokenRange.Check(request.PromptIds.AsSpan(), _config.VocabSize, "prompt");

        long tokens = (long)request.PromptIds.Length + request.MaxTokens;
        if (request.PromptIds.Length > _config.ContextLength)
        {
            throw new OutOfCapacityException($"context: the prompt has {request.PromptIds.Length:N0} tokens, "
                + $"but the model has a context of {_config.ContextLength:N0} tokens. Shorten the prompt.");
        }

        if (tokens > _config.ContextLength)
        {
            throw new OutOfCapacityException(
                $"context: the prompt has {request.PromptIds.Length:N0} tokens and up to {request.MaxTokens:N0} may follow, "
                + $"but the model has a context of {_config.ContextLength:N0} tokens. Shorten the prompt or ask for fewer tokens.");
        }

        if (tokens > (long)_pool.BlockCount * _pool.BlockTokens)
        {
            throw new OutOfCapacityException(
                $"cache: the prompt has {request.PromptIds.Length:N0} tokens and up to {request.MaxTokens:N0} may follow, "
                + $"but the cache has room for {_pool.BlockCount * _pool.BlockTokens:N0}. Shorten the prompt, ask for fewer tokens, or make the cache larger.");
        }
    }
}
