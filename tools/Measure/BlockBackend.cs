using Puna.Kernels;

namespace Puna.Tools.Measure;

/// <summary>What is rounded to <see cref="BlockCodes"/>, and how keys and values are kept.</summary>
internal enum BlockMode
{
    /// <summary>Weights and the embedding.</summary>
    Weights,

    /// <summary>Activations of products too.</summary>
    WeightsAndActivations,

    /// <summary>And keys and values are rounded to F16: what llama.cpp does unless it is told otherwise.</summary>
    WithHalfCache,
}

/// <summary>A backend that rounds what it is given as llama.cpp's Q8_0 does, and lets an exact backend compute.</summary>
/// <param name="inner">Computes, with F32 activations and cache; whoever calls disposes it.</param>
/// <param name="mode">What is rounded.</param>
internal sealed class BlockBackend(IBackend inner, BlockMode mode) : IBackend
{
    private readonly Dictionary<Part, Part> _weights = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Part, Part> _tables = new(ReferenceEqualityComparer.Instance);
    private Tensor? _rounded;

    /// <inheritdoc/>
    public WeightLayout LayoutOf(PartFormat format) => inner.LayoutOf(format);

    /// <inheritdoc/>
    public ActivationType FastestActivations(DType weights) => inner.FastestActivations(weights);

    /// <inheritdoc/>
    public IBackend CreateRecorder() => this;

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Embed(Part table, Tensor ids, Tensor y) => inner.Embed(Rounded(_tables, table, WeightLayout.Rows), ids, y);

    /// <inheritdoc/>
    public void GatherRows(Tensor table, Tensor rows, Tensor y) => inner.GatherRows(table, rows, y);

    /// <inheritdoc/>
    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y) => inner.RmsNorm(x, weight, epsilon, y);

    /// <inheritdoc/>
    public void MatMul(Tensor x, Linear weight, Tensor y)
    {
        WeightLayout layout = inner.LayoutOf(new PartFormat(DType.F32));
        Linear rounded = weight with { Parts = [.. weight.Parts.Select(p => Rounded(_weights, p, layout))] };
        if (mode == BlockMode.Weights)
        {
            inner.MatMul(x, rounded, y);
            return;
        }

        Tensor read = Room(x);
        for (long row = 0; row < x.Rows; row++)
            BlockCodes.Round(x.Row<float>(row), read.Row<float>(row));
        inner.MatMul(read, rounded, y);
    }

    /// <inheritdoc/>
    public void Rope(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions) =>
        inner.Rope(queryKeyValue, heads, frequencies, positions);

    /// <inheritdoc/>
    public void StoreKv(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache)
    {
        if (mode == BlockMode.WithHalfCache)
        {
            // only the cache reads a row's keys and values after this
            for (long row = 0; row < queryKeyValue.Rows; row++)
            {
                foreach (ref float value in queryKeyValue.Row<float>(row)[heads.QuerySize..])
                    value = (float)(Half)value;
            }
        }

        inner.StoreKv(queryKeyValue, heads, slots, cache);
    }

    /// <inheritdoc/>
    public void Attend(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed) =>
        inner.Attend(queryKeyValue, heads, cache, sequences, mixed);

    /// <inheritdoc/>
    public void SiluMul(Tensor gateUp, Tensor y) => inner.SiluMul(gateUp, y);

    /// <inheritdoc/>
    public void Add(Tensor x, Tensor y) => inner.Add(x, y);

    /// <inheritdoc/>
    public int Sample(ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleKey key, SampleScratch scratch) =>
        inner.Sample(logits, parameters, history, bias, key, scratch);

    /// <inheritdoc/>
    public void Mark(HookPoint point, int layer, Tensor value) => inner.Mark(point, layer, value);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Part part in _weights.Values.Concat(_tables.Values))
            part.Codes.Buffer.Dispose();
        _rounded?.Buffer.Dispose();
    }

    private static Part Rounded(Dictionary<Part, Part> made, Part part, WeightLayout layout)
    {
        if (made.TryGetValue(part, out Part? rounded))
            return rounded;
        Tensor rows = Tensor.Allocate(DType.F32, part.Rows, part.Cols);
        for (long row = 0; row < part.Rows; row++)
        {
            part.CopyRow(row, rows.Row<float>(row));
            BlockCodes.Round(rows.Row<float>(row), rows.Row<float>(row));
        }

        rounded = Part.Allocate(new PartFormat(DType.F32), layout, part.Rows, part.Cols);
        rounded.Fill(0, rows);
        rows.Buffer.Dispose();
        return made[part] = rounded;
    }

    private Tensor Room(Tensor x)
    {
        if (_rounded is not { } room || room.Length < x.Length)
        {
            _rounded?.Buffer.Dispose();
            _rounded = room = Tensor.Allocate(DType.F32, x.Rows, x.Cols);
        }

        return room with { Rows = x.Rows, Cols = x.Cols };
    }
}
