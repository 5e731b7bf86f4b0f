namespace Puna.Kernels;

/// <summary>
/// The operations of a decoder. Activations are F32 <c>[rows, cols]</c>. What is written comes last. A row's
/// result never depends on the other rows, on their number, or on the number of threads.
/// </summary>
public interface IBackend : IDisposable
{
    /// <summary>How weights of this format should lie in memory, so that products are fast.</summary>
    WeightLayout LayoutOf(PartFormat format);

    /// <summary>The activations with which products of such weights are fastest without costing more than the weights did.</summary>
    /// <param name="weights">BF16, or codes in I8 or F8E4M3; weights in F32 and F16 have activations in F32.</param>
    ActivationType FastestActivations(DType weights);

    /// <summary>y[i] = table[ids[i]], as F32.</summary>
    /// <param name="table"><c>[entries, cols]</c>, in either layout.</param>
    /// <param name="ids">I32 <c>[1, count]</c>, each below entries.</param>
    /// <param name="y">F32 <c>[count, cols]</c>.</param>
    void Embed(Part table, Tensor ids, Tensor y);

    /// <summary>y[i] = table[rows[i]].</summary>
    /// <param name="table">F32 <c>[entries, cols]</c>.</param>
    /// <param name="rows">I32 <c>[1, count]</c>, each below entries.</param>
    /// <param name="y">F32 <c>[count, cols]</c>.</param>
    void GatherRows(Tensor table, Tensor rows, Tensor y);

    /// <summary>y = x / √(mean(x²) + epsilon) · weight, row by row.</summary>
    /// <param name="x">F32 <c>[rows, cols]</c>.</param>
    /// <param name="weight">F32 <c>[1, cols]</c>.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="y">F32 <c>[rows, cols]</c>; may be <paramref name="x"/>.</param>
    void RmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y);

    /// <summary>y = x·Wᵀ + b.</summary>
    /// <param name="x">F32 <c>[rows, in]</c>.</param>
    /// <param name="weight">The weight, <c>[out, in]</c> in parts.</param>
    /// <param name="y">F32 <c>[rows, out]</c>; not <paramref name="x"/>.</param>
    void MatMul(Tensor x, Linear weight, Tensor y);

    /// <summary>Rotates queries and keys in place by position · frequency, element j with j + head_dim / 2.</summary>
    /// <param name="queryKeyValue">F32 <c>[rows, (heads + 2 kv_heads) × head_dim]</c>; values are left alone.</param>
    /// <param name="heads">The layout of a row.</param>
    /// <param name="frequencies">F32 <c>[1, head_dim / 2]</c>, radians per position.</param>
    /// <param name="positions">I32 <c>[1, rows]</c>.</param>
    void Rope(Tensor queryKeyValue, HeadLayout heads, Tensor frequencies, Tensor positions);

    /// <summary>Stores each row's keys and values in its slot.</summary>
    /// <param name="queryKeyValue">F32 <c>[rows, (heads + 2 kv_heads) × head_dim]</c>.</param>
    /// <param name="heads">The layout of a row.</param>
    /// <param name="slots">I32 <c>[1, rows]</c>.</param>
    /// <param name="cache">The layer's slots.</param>
    void StoreKv(Tensor queryKeyValue, HeadLayout heads, Tensor slots, KvLayer cache);

    /// <summary>Each query head mixes the values that its row may see: softmax(q·k / √head_dim)·v, read from the cache.</summary>
    /// <param name="queryKeyValue">F32 <c>[rows, (heads + 2 kv_heads) × head_dim]</c>; only queries are read.</param>
    /// <param name="heads">The layout of a row.</param>
    /// <param name="cache">The layer's slots; the rows' own keys and values are already stored.</param>
    /// <param name="sequences">Which slots belong to which rows.</param>
    /// <param name="mixed">F32 <c>[rows, heads × head_dim]</c>.</param>
    void Attend(Tensor queryKeyValue, HeadLayout heads, KvLayer cache, SequenceTable sequences, Tensor mixed);

    /// <summary>y = silu(gate) · up.</summary>
    /// <param name="gateUp">F32 <c>[rows, 2 × cols]</c>: gate, then up.</param>
    /// <param name="y">F32 <c>[rows, cols]</c>.</param>
    void SiluMul(Tensor gateUp, Tensor y);

    /// <summary>y += x.</summary>
    /// <param name="x">F32 <c>[rows, cols]</c>.</param>
    /// <param name="y">F32 <c>[rows, cols]</c>.</param>
    void Add(Tensor x, Tensor y);

    /// <summary>Picks a token; every backend picks the same one, bit for bit. <see cref="Kernels.Sample"/> says how.</summary>
    /// <param name="logits">One row, <c>[vocabulary]</c>; only read.</param>
    /// <param name="parameters">What to do with them.</param>
    /// <param name="history">Tokens that stand before this position, each id once, in any order.</param>
    /// <param name="bias">Added to logits of single tokens, each id once, in any order.</param>
    /// <param name="key">Of which draw this is.</param>
    /// <param name="scratch">Of the same vocabulary; overwritten.</param>
    /// <returns>The id of the chosen token.</returns>
    /// <exception cref="ArithmeticException">A logit is NaN, or all of them are −∞.</exception>
    int Sample(ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleKey key, SampleScratch scratch);

    /// <summary>Says that <paramref name="value"/> now holds what <paramref name="point"/> names; free when nobody listens.</summary>
    /// <param name="point">The name.</param>
    /// <param name="layer">Index of the layer.</param>
    /// <param name="value">The value; whoever listens copies what it keeps.</param>
    void Mark(HookPoint point, int layer, Tensor value);

    /// <summary>
    /// A backend on the same machine, for one caller, that may hold ops back until <see cref="Flush"/> and fuse neighbours.
    /// The bits are the same either way. It needs no disposing, and ends with this backend.
    /// </summary>
    IBackend CreateRecorder();

    /// <summary>
    /// Executes what was held back; nothing where ops execute at once. A value that ops held back together have both
    /// written and read may never have been stored: whoever wants it calls this after the op that writes it.
    /// </summary>
    void Flush();
}
