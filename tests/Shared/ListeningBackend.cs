using Puna.Kernels;

namespace Puna.TestKit;

/// <summary>Passes every op on, and tells of each mark and of each attention.</summary>
/// <param name="inner">Does the work; not disposed.</param>
public sealed class ListeningBackend(IBackend inner) : IBackend
{
    /// <summary>Where to listen; everywhere when null.</summary>
    public IReadOnlyCollection<HookPoint>? Points { get; init; }

    /// <summary>Called at each mark of <see cref="Points"/> with point, layer and value.</summary>
    public Action<HookPoint, int, Tensor>? OnMark { get; set; }

    /// <summary>Called before each attention with the rows, their layout, the cache and the sequences.</summary>
    public Action<Tensor, HeadLayout, KvLayer, SequenceTable>? OnAttend { get; set; }

    /// <summary>Answers <see cref="FastestActivations"/> in the inner backend's place.</summary>
    public Func<DType, ActivationType>? Fastest { get; init; }

    /// <inheritdoc/>
    public WeightLayout LayoutOf(PartFormat format) => inner.LayoutOf(format);

    /// <inheritdoc/>
    public ActivationType FastestActivations(DType weights) =>
        Fastest?.Invoke(weights) ?? inner.FastestActivations(weights);

    /// <inheritdoc/>
    public void Embed(Part table, Tensor ids, Tensor y) => inner.Embed(table, ids, y);

    public void GatherRows(Tensor table, Tensor rows, Tensor y) => inner.GatherRows(table, rows, y);

    /// <inheritdoc/>
    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y) => inner.RmsNorm(x, weight, epsilon, y);

    /// <inheritdoc/>
    public void MatMul(Tensor x, Linear weight, Tensor y) => inner.MatMul(x, weight, y);

    /// <inheritdoc/>
    public void Rope(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions) =>
        inner.Rope(queryKeyValue, heads, frequencies, positions);

    /// <inheritdoc/>
    public void StoreKv(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache) =>
        inner.StoreKv(queryKeyValue, heads, slots, cache);

    /// <inheritdoc/>
    public void Attend(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed)
    {
        if (OnAttend is not null)
        {
            inner.Flush();
            OnAttend(queryKeyValue, heads, cache, sequences);
        }

        inner.Attend(queryKeyValue, heads, cache, sequences, mixed);
    }

    /// <inheritdoc/>
    public void SiluMul(Tensor gateUp, Tensor y) => inner.SiluMul(gateUp, y);

    /// <inheritdoc/>
    public void Add(Tensor x, Tensor y) => inner.Add(x, y);

    /// <inheritdoc/>
    public int Sample(ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleKey key, SampleScratch scratch) =>
        inner.Sample(logits, parameters, history, bias, key, scratch);

    /// <inheritdoc/>
    public void Mark(HookPoint point, int layer, Tensor value)
    {
        if (OnMark is not null && Points?.Contains(point) is not false)
        {
            inner.Flush();
            OnMark(point, layer, value);
        }

        inner.Mark(point, layer, value);
    }

    /// <summary>Listens with what listens now.</summary>
    public IBackend CreateRecorder() =>
        new ListeningBackend(inner.CreateRecorder()) { Points = Points, OnMark = OnMark, OnAttend = OnAttend };

    /// <inheritdoc/>
    public void Flush() => inner.Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
