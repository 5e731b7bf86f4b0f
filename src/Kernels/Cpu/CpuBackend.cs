namespace Puna.Kernels.Cpu;

/// <summary>Every op by SIMD on a pool of threads. Results depend neither on the number of threads nor on the other rows.</summary>
/// <param name="threads">Threads that work at once, at least 1.</param>
public sealed class CpuBackend(int threads) : IBackend
{
    private readonly CpuPool _pool = new(threads);

    /// <summary>The threads, for fused kernels.</summary>
    internal CpuPool Pool => _pool;

    /// <inheritdoc/>
    public WeightLayout LayoutOf(PartFormat format) => WeightLayout.Rows;

    /// <inheritdoc/>
    public ActivationType FastestActivations(DType weights) => weights switch
    {
        DType.I8 => ActivationType.I8,
        DType.F8E4M3 => ActivationType.BF16,
        DType.BF16 when LayoutOf(new PartFormat(weights, ActivationType.BF16)) == WeightLayout.Panels => ActivationType.BF16,
        _ => ActivationType.F32,   // vectors of the runtime know no BF16: nothing is gained by rounding
    };

    /// <inheritdoc/>
    public void Embed(Part table, Tensor ids, Tensor y) => Kernels.Embed.Cpu(table, ids, y);

    /// <inheritdoc/>
    public void GatherRows(Tensor table, Tensor rows, Tensor y) => Kernels.GatherRows.Cpu(table, rows, y);

    /// <inheritdoc/>
    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y) =>
        Kernels.RmsNorm.Cpu(x, weight, epsilon, y, _pool);

    /// <inheritdoc/>
    public void MatMul(Tensor x, Linear weight, Tensor y) => Kernels.MatMul.Cpu(x, weight, y, _pool);

    /// <inheritdoc/>
    public void Rope(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions) =>
        Kernels.Rope.Cpu(queryKeyValue, heads, frequencies, positions, _pool);

    /// <inheritdoc/>
    public void StoreKv(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache) =>
        KvStore.Cpu(queryKeyValue, heads, slots, cache, _pool);

    /// <inheritdoc/>
    public void Attend(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed) =>
        Attention.Cpu(queryKeyValue, heads, cache, sequences, mixed, _pool);

    /// <inheritdoc/>
    public void SiluMul(Tensor gateUp, Tensor y) => Kernels.SiluMul.Cpu(gateUp, y, _pool);

    /// <inheritdoc/>
    public void Add(Tensor x, Tensor y) => Kernels.Add.Cpu(x, y, _pool);

    /// <inheritdoc/>
    public int Sample(ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleKey key, SampleScratch scratch) =>
        Kernels.Sample.Cpu(logits, parameters, history, bias, key, scratch);

    /// <inheritdoc/>
    public void Mark(HookPoint point, int layer, Tensor value)
    {
    }

    /// <inheritdoc/>
    public IBackend CreateRecorder() => new CpuRecorder(this, Fusion.Rules);

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _pool.Dispose();
}
