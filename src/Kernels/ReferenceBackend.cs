namespace Puna.Kernels;

/// <summary>Every op by its definition: scalar, double precision inside an op, slow and obviously right.</summary>
public sealed class ReferenceBackend : IBackend
{
    /// <inheritdoc/>
    public WeightLayout LayoutOf(PartFormat format) => WeightLayout.Rows;

    /// <inheritdoc/>
    public ActivationType FastestActivations(DType weights) => weights switch
    {
        DType.I8 => ActivationType.I8,
        DType.F8E4M3 => ActivationType.BF16,
        _ => ActivationType.F32,   // nothing is gained by rounding here
    };

    /// <inheritdoc/>
    public void Embed(Part table, Tensor ids, Tensor y) => Kernels.Embed.Reference(table, ids, y);

    /// <inheritdoc/>
    public void GatherRows(Tensor table, Tensor rows, Tensor y) => Kernels.GatherRows.Reference(table, rows, y);

    /// <inheritdoc/>
    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y) =>
        Kernels.RmsNorm.Reference(x, weight, epsilon, y);

    /// <inheritdoc/>
    public void MatMul(Tensor x, Linear weight, Tensor y) => Kernels.MatMul.Reference(x, weight, y);

    /// <inheritdoc/>
    public void Rope(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions) =>
        Kernels.Rope.Reference(queryKeyValue, heads, frequencies, positions);

    /// <inheritdoc/>
    public void StoreKv(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache) =>
        KvStore.Reference(queryKeyValue, heads, slots, cache);

    /// <inheritdoc/>
    public void Attend(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed) =>
        Attention.Reference(queryKeyValue, heads, cache, sequences, mixed);

    /// <inheritdoc/>
    public void SiluMul(Tensor gateUp, Tensor y) => Kernels.SiluMul.Reference(gateUp, y);

    /// <inheritdoc/>
    public void Add(Tensor x, Tensor y) => Kernels.Add.Reference(x, y);

    /// <inheritdoc/>
    public int Sample(ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleKey key, SampleScratch scratch) =>
        Kernels.Sample.Reference(logits, parameters, history, bias, key, scratch);

    /// <inheritdoc/>
    public void Mark(HookPoint point, int layer, Tensor value)
    {
    }

    /// <inheritdoc/>
    public IBackend CreateRecorder() => this;

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
