using Puna.Kernels;
using Puna.Runtime.Cache;
using Puna.Runtime.Models;

namespace Puna.TestKit;

/// <summary>Whether a backend sees a forward pass as a whole.</summary>
public enum Fusing
{
    /// <summary>Yes: it is recorded, and neighbouring ops may be fused.</summary>
    Allowed,

    /// <summary>No: each op is executed when it is called.</summary>
    Off,
}

/// <summary>Feeds chosen pieces of sequences through a transformer and collects the logits of every token.</summary>
public sealed class ForwardRun : IDisposable
{
    private readonly ModelConfig _config;
    private readonly IBackend _step;
    private readonly Transformer _transformer;
    private readonly KvPool _pool;
    private readonly Batch _batch;
    private readonly Scratch _scratch;
    private readonly Tensor _logits;
    private readonly List<int[]> _blocks = [];

    /// <summary>Prepares for sequences of at most <paramref name="maxTokens"/> tokens each.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="ops">The backend.</param>
    /// <param name="maxTokens">Most tokens of a sequence, and of a batch.</param>
    /// <param name="sequences">Number of sequences.</param>
    /// <param name="cacheType">Dtype of the cache.</param>
    /// <param name="blockTokens">Slots of a cache block.</param>
    /// <param name="blockSeed">Deals the cache blocks out in random order; null gives neighbours.</param>
    /// <param name="fusing">Whether a pass is recorded.</param>
    public ForwardRun(ModelConfig config, TransformerWeights weights, IBackend ops, int maxTokens, int sequences = 1,
        DType cacheType = DType.F32, int blockTokens = 16, int? blockSeed = null,
        Fusing fusing = Fusing.Allowed)
    {
        _config = config;
        _step = fusing == Fusing.Allowed ? ops.CreateRecorder() : ops;
        _transformer = new Transformer(config, weights, _step);
        int blocksEach = (maxTokens + blockTokens - 1) / blockTokens;
        _pool = new KvPool(config, sequences * blocksEach * blockTokens, cacheType, blockTokens);
        int[] order = new int[_pool.BlockCount];
        _pool.TryTake(order);
        if (blockSeed is { } seed)
            new Random(seed).Shuffle(order);
        for (int s = 0; s < sequences; s++)
            _blocks.Add(order[(s * blocksEach)..((s + 1) * blocksEach)]);
        _batch = new Batch(sequences * maxTokens, sequences, blocksEach, blockTokens);
        _scratch = new Scratch(config, _batch.MaxRows, _batch.MaxRows);
        _logits = Tensor.Allocate(DType.F32, _batch.MaxRows, config.VocabSize);
    }

    /// <summary>One forward pass over some pieces; returns the logits of each piece's rows, <c>[rows × vocabulary]</c>.</summary>
    /// <param name="pieces">Sequence, position of the first token, tokens.</param>
    public float[][] Forward(params (int Sequence, int FirstPosition, int[] Ids)[] pieces)
    {
        _batch.Clear();
        foreach (var (sequence, first, ids) in pieces)
            _batch.Add(ids, first, _blocks[sequence], WantedLogits.All);
        _scratch.Resize(_batch.RowCount, _batch.LogitRowCount);
        Tensor logits = _logits.RowRange(0, _batch.LogitRowCount);
        _transformer.Forward(_batch, _pool.Layers.AsSpan(), _scratch, logits);
        _step.Flush();

        float[] all = KernelAssert.Values(logits);
        List<float[]> result = [];
        int row = 0;
        foreach (var (_, _, ids) in pieces)
        {
            result.Add(all[(row * _config.VocabSize)..((row + ids.Length) * _config.VocabSize)]);
            row += ids.Length;
        }

        return [.. result];
    }

    /// <summary>The logits of every token of sequence 0, fed in pieces of <paramref name="chunk"/> tokens.</summary>
    public float[] InChunks(int[] ids, int chunk)
    {
        List<float> logits = [];
        for (int first = 0; first < ids.Length; first += chunk)
            logits.AddRange(Forward((0, first, ids[first..Math.Min(ids.Length, first + chunk)]))[0]);
        return [.. logits];
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
