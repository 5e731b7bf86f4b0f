using Puna.Kernels;

namespace Puna.TestKit.Soak;

/// <summary>
/// Runs every op twice on the same inputs, on a backend and by definition, and reports each difference beyond what the op's
/// spec allows, scaled from standard normal inputs to the inputs at hand. The backend's results go on, so that a rounding that
/// falls the other way in one op is no difference of the next.
/// </summary>
/// <param name="fast">The backend; whoever calls disposes it.</param>
/// <param name="report">Takes a sentence for each difference.</param>
public sealed class LockstepBackend(IBackend fast, Action<string> report) : IBackend
{
    private const double Unit = OpSpec.RoundingUnit;
    private readonly ReferenceBackend _reference = new();
    private readonly Dictionary<Part, double> _rowSizes = new(ReferenceEqualityComparer.Instance);
    private double _largestKey, _largestValue;

    /// <summary>Ops that were compared.</summary>
    public long OpCount { get; private set; }

    /// <inheritdoc/>
    public WeightLayout LayoutOf(PartFormat format) => fast.LayoutOf(format);

    /// <inheritdoc/>
    public ActivationType FastestActivations(DType weights) => fast.FastestActivations(weights);

    /// <inheritdoc/>
    public IBackend CreateRecorder() => this;

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Embed(Part table, Tensor ids, Tensor y)
    {
        fast.Embed(table, ids, y);
        Compare("embed", y, t => _reference.Embed(table, ids, t), 0);
    }

    /// <inheritdoc/>
    public void GatherRows(Tensor table, Tensor rows, Tensor y)
    {
        fast.GatherRows(table, rows, y);
        Compare("gather_rows", y, t => _reference.GatherRows(table, rows, t), 0);
    }

    /// <inheritdoc/>
    public void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y)
    {
        Tensor before = x.Copy();   // y may be x
        fast.RmsNorm(x, weight, epsilon, y);
        Compare("rms_norm", y, t => _reference.RmsNorm(before, weight, epsilon, t), Scaled("rms_norm", y, 25, (int)x.Rows, (int)x.Cols));
    }

    /// <inheritdoc/>
    public void MatMul(Tensor x, Linear weight, Tensor y)
    {
        fast.MatMul(x, weight, y);
        double perUnit = Tolerance("mat_mul", (int)x.Rows, (int)x.Cols, (int)y.Cols, 0);
        double tolerance = perUnit * LargestRow(x) * weight.Parts.Max(RowSize) + 2 * Unit * Largest(y);
        Compare($"mat_mul {weight.Parts[0]}", y, t => _reference.MatMul(x, weight, t), tolerance);
    }

    /// <inheritdoc/>
    public void Rope(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions)
    {
        Tensor expected = queryKeyValue.Copy();
        fast.Rope(queryKeyValue, heads, frequencies, positions);
        _reference.Rope(expected, heads, frequencies, positions);
        Compare("rope", queryKeyValue, expected,
            Scaled("rope", queryKeyValue, 8, (int)queryKeyValue.Rows, heads.HeadCount, heads.KvHeadCount, heads.HeadDim));
    }

    /// <inheritdoc/>
    public void StoreKv(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache)
    {
        fast.StoreKv(queryKeyValue, heads, slots, cache);
        (string What, Tensor? Stored)[] kept =
            [("keys", cache.Keys), ("values", cache.Values), ("scales of keys", cache.KeyScales), ("scales of values", cache.ValueScales)];
        Tensor?[] stored = [.. kept.Select(k => k.Stored?.Copy())];
        _reference.StoreKv(queryKeyValue, heads, slots, cache);
        for (int i = 0; i < kept.Length; i++)
        {
            if (stored[i] is { } actual && kept[i].Stored is { } expected)
                Compare($"kv_store, {kept[i].What}", actual, expected, 0);
        }

        for (long row = 0; row < queryKeyValue.Rows; row++)
        {
            ReadOnlySpan<float> all = queryKeyValue.Row<float>(row);
            for (int head = 0; head < heads.KvHeadCount; head++)
                _largestKey = Math.Max(_largestKey, Length(all.Slice(heads.QuerySize + head * heads.HeadDim, heads.HeadDim)));
            foreach (float value in all[(heads.QuerySize + heads.KvSize)..])
                _largestValue = Math.Max(_largestValue, Math.Abs(value));
        }
    }

    /// <inheritdoc/>
    public void Attend(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed)
    {
        fast.Attend(queryKeyValue, heads, cache, sequences, mixed);
        double query = 0;
        for (long row = 0; row < queryKeyValue.Rows; row++)
        {
            for (int head = 0; head < heads.HeadCount; head++)
                query = Math.Max(query, Length(queryKeyValue.Row<float>(row).Slice(head * heads.HeadDim, heads.HeadDim)));
        }

        // as the spec derives it, with the largest score that queries and keys of these lengths can have
        double score = query * _largestKey / Math.Sqrt(heads.HeadDim);
        double tolerance = _largestValue * (Math.Max(score, 1) * (heads.HeadDim / 16.0 + 6) + 20) * Unit;
        Compare("attention", mixed, t => _reference.Attend(queryKeyValue, heads, cache, sequences, t), tolerance);
    }

    /// <inheritdoc/>
    public void SiluMul(Tensor gateUp, Tensor y)
    {
        fast.SiluMul(gateUp, y);
        Compare("silu_mul", y, t => _reference.SiluMul(gateUp, t), Scaled("silu_mul", y, 25, (int)y.Rows, (int)y.Cols));
    }

    /// <inheritdoc/>
    public void Add(Tensor x, Tensor y)
    {
        Tensor expected = y.Copy();
        fast.Add(x, y);
        _reference.Add(x, expected);
        Compare("add", y, expected, 0);
    }

    /// <inheritdoc/>
    public int Sample(ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleKey key, SampleScratch scratch) =>
        fast.Sample(logits, parameters, history, bias, key, scratch);

    /// <inheritdoc/>
    public void Mark(HookPoint point, int layer, Tensor value)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _reference.Dispose();

    private static double Tolerance(string op, params ReadOnlySpan<int> shape) =>
        OpSpec.All.First(s => s.Name == op || s.Name.StartsWith(op + "/", StringComparison.Ordinal)).Tolerance([.. shape]);

    // a spec's tolerance is for results of a known size
    private static double Scaled(string op, Tensor y, double size, params ReadOnlySpan<int> shape) =>
        Tolerance(op, shape) * Math.Max(Largest(y) / size, 1e-30);

    private static double Largest(Tensor y)
    {
        double largest = 0;
        foreach (float value in y.Span<float>())
            largest = Math.Max(largest, Math.Abs(value));
        return largest;
    }

    private static double LargestRow(Tensor x)
    {
        double largest = 0;
        for (long row = 0; row < x.Rows; row++)
            largest = Math.Max(largest, Length(x.Row<float>(row)) / Math.Sqrt(x.Cols));
        return largest;
    }

    private static double Length(ReadOnlySpan<float> values)
    {
        double squares = 0;
        foreach (float value in values)
            squares += (double)value * value;
        return Math.Sqrt(squares);
    }

    /// <summary>Root mean square of a weight's largest row.</summary>
    private double RowSize(Part part)
    {
        if (_rowSizes.TryGetValue(part, out double size))
            return size;
        float[] row = new float[part.Cols];
        for (long r = 0; r < part.Rows; r++)
        {
            part.CopyRow(r, row);
            size = Math.Max(size, Length(row) / Math.Sqrt(row.Length));
        }

        return _rowSizes[part] = size;
    }

    private void Compare(string op, Tensor actual, Action<Tensor> define, double tolerance)
    {
        Tensor expected = Tensor.Allocate(DType.F32, actual.Rows, actual.Cols);
        define(expected);
        Compare(op, actual, expected, tolerance);
    }

    private void Compare(string op, Tensor actual, Tensor expected, double tolerance)
    {
        OpCount++;
        float[] got = KernelAssert.Values(actual), wanted = KernelAssert.Values(expected);
        for (int i = 0; i < got.Length; i++)
        {
            if (!(Math.Abs((double)got[i] - wanted[i]) <= tolerance))
            {
                report($"{op} [{actual.Rows}, {actual.Cols}]: element {i} is {got[i]:R}, but by definition {wanted[i]:R} ± {tolerance:G3} was expected");
                return;
            }
        }
    }
}
