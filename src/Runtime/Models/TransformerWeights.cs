using System.Collections.Immutable;
using Puna.Kernels;

namespace Puna.Runtime.Models;

/// <summary>The weights of one layer.</summary>
/// <param name="AttentionNorm">F32 <c>[1, hidden]</c>.</param>
/// <param name="QueryKeyValue">Q, K and V as parts, <c>[(heads + 2 kv_heads) × head_dim, hidden]</c>.</param>
/// <param name="Output"><c>[hidden, heads × head_dim]</c>.</param>
/// <param name="MlpNorm">F32 <c>[1, hidden]</c>.</param>
/// <param name="GateUp">Gate and up as parts, <c>[2 × intermediate, hidden]</c>.</param>
/// <param name="Down"><c>[hidden, intermediate]</c>.</param>
public sealed record LayerWeights(
    Tensor AttentionNorm, Linear QueryKeyValue, Linear Output, Tensor MlpNorm, Linear GateUp, Linear Down);

/// <summary>The weights of a decoder; it owns the memory they lie in.</summary>
/// <param name="Embedding"><c>[vocabulary, hidden]</c>, as stored.</param>
/// <param name="Layers">One entry per layer.</param>
/// <param name="FinalNorm">F32 <c>[1, hidden]</c>.</param>
/// <param name="LmHead"><c>[vocabulary, hidden]</c>; the embedding itself when tied.</param>
/// <param name="RopeFrequencies">F32 <c>[1, head_dim / 2]</c>, radians per position.</param>
/// <param name="Owned">What to dispose: buffers, mapped files.</param>
public sealed record TransformerWeights(
    Part Embedding,
    ImmutableArray<LayerWeights> Layers,
    Tensor FinalNorm,
    Linear LmHead,
    Tensor RopeFrequencies,
    ImmutableArray<IDisposable> Owned) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable owned in Owned)
            owned.Dispose();
    }
}
