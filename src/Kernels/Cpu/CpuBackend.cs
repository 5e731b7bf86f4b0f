namespace Puna.Kernels.Cpu;

/// <summary>Every op by SIMD on a pool of threads. Results depend neither on the number of threads nor on the other rows.</summary>
public sealed class CpuBackend : IBackend
{
    private readonly CpuPool _pool;
    private readonly PanelKernels _kernels;
    private readonly PanelProduct _product;
    private readonly X64Features _features;
    private readonly Lock _productTurn = new();

    /// <summary>Starts threads; machine code is assembled when a product first needs it.</summary>
    /// <param name="threads">Threads that work at once, at least 1.</param>
    /// <param name="features">What assembled code may use; by default all that the processor offers.</param>
    public CpuBackend(int threads, X64Features? features = null)
    {
        _pool = new CpuPool(threads);
        _features = features ?? X64Features.Detect();
        _kernels = new PanelKernels(_features);
        _product = new PanelProduct(_kernels, _pool);
    }

    /// <inheritdoc/>
    public WeightLayout LayoutOf(PartFormat format)
    {
        if (_kernels.Find(format) is not { } kernel)
            return WeightLayout.Rows;
        kernel.Anticipate();
        return WeightLayout.Panels;
    }

    /// <inheritdoc/>
    public ActivationType FastestActivations(DType weights) => weights switch
    {
        DType.I8 => ActivationType.I8,
        DType.F8E4M3 => ActivationType.BF16,
        DType.BF16 when _features.BF16 => ActivationType.BF16,
        _ => ActivationType.F32,   // nothing is gained by rounding
    };

    /// <inheritdoc/>
    public void Embed(Part table, Tensor ids, Tensor y) => Kernels.Embed.Cpu(table, ids, y);

    /// <inheritdoc/>
    public void GatherRows(Tensor table, Tensor rows, Tensor y) => Kernels.GatherRows.Cpu(table, rows, y);

    /// <inheritdoc/>
    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y) =>
        Kernels.RmsNorm.Cpu(x, weight, epsilon, y, _pool);

    /// <inheritdoc/>
    public void MatMul(Tensor x, Linear weight, Tensor y)
    {
        bool hasRows = false, hasPanels = false;
        foreach (Part part in weight.Parts)
        {
            hasRows |= part.Layout == WeightLayout.Rows;
            hasPanels |= part.Layout == WeightLayout.Panels;
        }

        if (hasRows)
            Kernels.MatMul.Cpu(x, weight, y, _pool);
        if (!hasPanels)
            return;
        lock (_productTurn)
            Kernels.MatMul.X64(x, weight, y, _product, _pool);
    }

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

    /// <summary>
    /// y = silu(gate) · up of x·Wᵀ + b: <see cref="MatMul"/> and <see cref="SiluMul"/> fused; the two parts of the weight lie in one layout.
    /// </summary>
    internal void MatMulSiluMul(Tensor x, Linear weight, Tensor y)
    {
        if (weight.Parts[0].Layout == WeightLayout.Rows)
        {
            Kernels.MatMul.CpuSiluMul(x, weight, y, _pool);
            return;
        }

        lock (_productTurn)
            Kernels.MatMul.X64SiluMul(x, weight, y, _product, _pool);
    }

    /// <inheritdoc/>
    public IBackend CreateRecorder() => new CpuRecorder(this, Fusion.Rules);

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pool.Dispose();
        _product.Dispose();
        _kernels.Dispose();
    }
}
