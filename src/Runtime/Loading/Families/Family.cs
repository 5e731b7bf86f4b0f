using System.Collections.Immutable;

namespace Puna.Runtime.Loading.Families;

/// <summary>What a tensor is in a decoder.</summary>
public enum TensorRole
{
    /// <summary>The embedding, <c>[vocabulary, hidden]</c>.</summary>
    Embedding,

    /// <summary>Gain of the norm before attention, <c>[hidden]</c>.</summary>
    AttentionNorm,

    /// <summary>Query projection, <c>[heads × head_dim, hidden]</c>.</summary>
    Query,

    /// <summary>Key projection, <c>[kv_heads × head_dim, hidden]</c>.</summary>
    Key,

    /// <summary>Value projection, <c>[kv_heads × head_dim, hidden]</c>.</summary>
    Value,

    /// <summary>Attention output, <c>[hidden, heads × head_dim]</c>.</summary>
    Output,

    /// <summary>Gain of the norm before the MLP, <c>[hidden]</c>.</summary>
    MlpNorm,

    /// <summary>Gate projection, <c>[intermediate, hidden]</c>.</summary>
    Gate,

    /// <summary>Up projection, <c>[intermediate, hidden]</c>.</summary>
    Up,

    /// <summary>Down projection, <c>[hidden, intermediate]</c>.</summary>
    Down,

    /// <summary>Gain of the last norm, <c>[hidden]</c>.</summary>
    FinalNorm,

    /// <summary>LM head, <c>[vocabulary, hidden]</c>; absent when it is the embedding.</summary>
    LmHead,
}

/// <summary>The name of a tensor in a checkpoint.</summary>
/// <param name="Role">What the tensor is.</param>
/// <param name="Template">
/// Its name; <c>{i}</c> stands for the layer. A bias ends in <c>.bias</c> instead of <c>.weight</c>.
/// </param>
public readonly record struct TensorName(TensorRole Role, string Template)
{
    /// <summary>Whether each layer has one.</summary>
    public bool IsPerLayer => Template.Contains("{i}", StringComparison.Ordinal);
}

/// <summary>
/// Whether some products have biases: a key of <c>config.json</c> says so, or the family always does the same.
/// </summary>
/// <param name="Key">The key, true or false; null when no key is read.</param>
/// <param name="Otherwise">What holds without the key.</param>
public readonly record struct BiasRule(string? Key, bool Otherwise);

/// <summary>What <c>sliding_window</c> means to a family.</summary>
public enum WindowRule
{
    /// <summary>Nothing: every token sees all before it.</summary>
    Never,

    /// <summary>All layers have this window; null for none.</summary>
    Always,

    /// <summary>With <c>use_sliding_window</c>, the layers from <c>max_window_layers</c> on have this window.</summary>
    WhenUsed,
}

/// <summary>A model family: names and values of <c>config.json</c>, no code.</summary>
/// <param name="Architecture">Its name in <c>architectures</c>.</param>
/// <param name="ModelType">Its name in <c>model_type</c>.</param>
/// <param name="Names">The tensors of a checkpoint.</param>
/// <param name="QueryKeyValueBias">Whether q, k and v have biases.</param>
/// <param name="OutputBias">Whether the attention output has a bias.</param>
/// <param name="MlpBias">Whether gate, up and down have biases.</param>
/// <param name="Window">What <c>sliding_window</c> means.</param>
/// <param name="DefaultWindow">The window when <c>sliding_window</c> is absent, in tokens; null for none.</param>
/// <param name="DefaultContextLength">The context when <c>max_position_embeddings</c> is absent, in tokens.</param>
public sealed record Family(
    string Architecture,
    string ModelType,
    ImmutableArray<TensorName> Names,
    BiasRule QueryKeyValueBias,
    BiasRule OutputBias,
    BiasRule MlpBias,
    WindowRule Window,
    int? DefaultWindow,
    int DefaultContextLength)
{
    /// <summary>
    /// Ends of the names of tensors that old files hold and nobody reads: they follow from the configuration.
    /// </summary>
    public ImmutableArray<string> IgnoredSuffixes { get; init; } = [".rotary_emb.inv_freq"];
}
