using System.Collections.Immutable;
using Puna.Kernels;

namespace Puna.Runtime.Models;

/// <summary>The shape of a decoder, as <c>config.json</c> gives it; every value was checked when it was read.</summary>
public sealed record ModelConfig
{
    /// <summary><c>architectures[0]</c>, such as <c>LlamaForCausalLM</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary><c>vocab_size</c>: rows of the embedding and of the LM head.</summary>
    public required int VocabSize { get; init; }

    /// <summary><c>hidden_size</c>: width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary><c>intermediate_size</c>: width of the MLP.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary><c>num_hidden_layers</c>.</summary>
    public required int LayerCount { get; init; }

    /// <summary><c>num_attention_heads</c>, <c>num_key_value_heads</c> and <c>head_dim</c>.</summary>
    public required HeadLayout Heads { get; init; }

    /// <summary><c>max_position_embeddings</c>, in tokens.</summary>
    public required int ContextLength { get; init; }

    /// <summary><c>rms_norm_eps</c>.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Rotary positions.</summary>
    public required RopeConfig Rope { get; init; }

    /// <summary><c>tie_word_embeddings</c>: the LM head is the embedding.</summary>
    public bool IsTied { get; init; }

    /// <summary>Which products have biases.</summary>
    public Biases Biases { get; init; }

    /// <summary><c>sliding_window</c> in tokens: a token sees itself and the window − 1 before it; null for all.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary><c>bos_token_id</c>, if given.</summary>
    public int? BosId { get; init; }

    /// <summary><c>eos_token_id</c>: the ids that end an answer; <c>generation_config.json</c> overrides it.</summary>
    public ImmutableArray<int> EosIds { get; init; } = [];

    /// <summary>Bytes that one token's keys and values take in all layers.</summary>
    /// <param name="type">Dtype of the cache.</param>
    public long KvBytesPerToken(DType type) => LayerCount * KvLayer.BytesPerToken(type, Heads);
}

/// <summary>Which products of a layer add a bias.</summary>
[Flags]
public enum Biases
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Query, key and value.</summary>
    QueryKeyValue = 1,

    /// <summary>The attention output.</summary>
    Output = 2,

    /// <summary>Gate, up and down.</summary>
    Mlp = 4,
}
