using Puna.Kernels;
using Puna.Runtime.Cache;
using Puna.Runtime.Models;

namespace Puna.Runtime.Scheduling;

/// <summary>Takes the logits of some positions.</summary>
/// <param name="firstPosition">Position of the first row.</param>
/// <param name="logits">F32 <c>[positions, vocabulary]</c>; valid until the call returns.</param>
public delegate void LogitsReceiver(int firstPosition, Tensor logits);

/// <summary>Feeds given tokens through a model and hands out the logits after every one of them; nothing is sampled.</summary>
public sealed class Scorer : IDisposable
{
    private readonly ModelConfig _config;
    private readonly IBackend _step;
    private readonly Transformer _transformer;
    private readonly KvPool _pool;
    private readonly Batch _batch;
    private readonly Scratch _scratch;
    private readonly Tensor _logits;
    private readonly int[] _blocks;

    /// <summary>Allocates for texts of up to <paramref name="maxTokens"/> tokens.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="weights">The weights; they outlive the scorer.</param>
    /// <param name="ops">The backend; it outlives the scorer.</param>
    /// <param name="maxTokens">Most tokens of a text.</param>
    /// <param name="chunk">Tokens per forward pass; it changes speed and memory, and no bit of a result.</param>
    /// <param name="cacheType">Dtype of keys and values: F32, BF16 or I8.</param>
    /// <exception cref="OutOfCapacityException">More tokens than the context has, or not enough memory.</exception>
    public Scorer(ModelConfig config, TransformerWeights weights, IBackend ops, int maxTokens, int chunk = 256,
        DType cacheType = DType.F32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chunk, 1);
        if (maxTokens > config.ContextLength)
        {
            throw new OutOfCapacityException($"context: the text has {maxTokens:N0} tokens, "
                + $"but the model has a context of {config.ContextLength:N0} tokens. Shorten the text.");
        }

        chunk = Math.Clamp(chunk, 1, Math.Max(1, maxTokens));
        (_config, _step) = (config, ops.CreateRecorder());
        _transformer = new Transformer(config, weights, _step);
        _pool = new KvPool(config, maxTokens, cacheType);
        _blocks = new int[_pool.BlockCount];
        _pool.TryTake(_blocks);
        _batch = new Batch(chunk, maxSequences: 1, _pool.BlockCount, _pool.BlockTokens);
        _scratch = new Scratch(config, chunk, chunk);
        _logits = Tensor.Allocate(DType.F32, chunk, config.VocabSize);
    }

    /// <summary>Runs one text from its start.</summary>
    /// <param name="ids">The tokens; their first is the model's begin-of-text token, if it wants one.</param>
    /// <param name="receive">Called with the logits of each chunk, in order.</param>
    /// <param name="cancellation">Looked at before each chunk.</param>
    /// <exception cref="ArgumentException">An id is outside the vocabulary, or there are more ids than were allowed for.</exception>
    public void Run(ReadOnlySpan<int> ids, LogitsReceiver receive, CancellationToken cancellation = default) =>
        Continue(ids, 0, receive, cancellation);

    /// <summary>Runs more of the text that was run last.</summary>
    /// <param name="ids">The tokens.</param>
    /// <param name="firstPosition">Position of the first of them; those before it were run.</param>
    /// <param name="receive">Called with the logits of each chunk, in order.</param>
    /// <param name="cancellation">Looked at before each chunk.</param>
    /// <exception cref="ArgumentException">An id is outside the vocabulary, or there are more ids than were allowed for.</exception>
    public void Continue(ReadOnlySpan<int> ids, int firstPosition, LogitsReceiver receive, CancellationToken cancellation = default)
    {
        TokenRange.Check(ids, _config.VocabSize, "ids");

        for (int first = 0; first < ids.Length; first += _batch.MaxRows)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<int> piece = ids[first..Math.Min(ids.Length, first + _batch.MaxRows)];
            _batch.Clear();
            _batch.Add(piece, firstPosition + first, _blocks, WantedLogits.All);
            _scratch.Resize(piece.Length, piece.Length);
            Tensor logits = _logits.RowRange(0, piece.Length);
            _transformer.Forward(_batch, _pool.Layers.AsSpan(), _scratch, logits);
            _step.Flush();
            receive(firstPosition + first, logits);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        _batch.Dispose();
        _scratch.Dispose();
        _logits.Buffer.Dispose();
    }
}
