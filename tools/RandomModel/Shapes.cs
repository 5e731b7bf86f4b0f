using System.Text.Json.Nodes;

namespace Puna.RandomModel;

/// <summary>Published shapes of Llama 3 models, as their <c>config.json</c> gives them.</summary>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="Layers">Layers.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key and value heads.</param>
/// <param name="HeadDim">Elements per head.</param>
/// <param name="Intermediate">Width of the MLP.</param>
/// <param name="RopeFactor">Factor of the llama3 scaling rule.</param>
/// <param name="IsTied">The LM head is the embedding.</param>
internal sealed record Shape(
    int Hidden, int Layers, int Heads, int KvHeads, int HeadDim, int Intermediate, int RopeFactor, bool IsTied)
{
    public const int Vocabulary = 128_256;

    public static IReadOnlyDictionary<string, Shape> Known { get; } = new Dictionary<string, Shape>
    {
        ["1b"] = new(2048, 16, 32, 8, 64, 8192, RopeFactor: 32, IsTied: true),
        ["3b"] = new(3072, 28, 24, 8, 128, 8192, RopeFactor: 32, IsTied: true),
        ["8b"] = new(4096, 32, 32, 8, 128, 14336, RopeFactor: 8, IsTied: false),
    };

    /// <summary>The configuration of such a model.</summary>
    public JsonObject Config() => new()
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["model_type"] = "llama",
        ["vocab_size"] = Vocabulary,
        ["hidden_size"] = Hidden,
        ["intermediate_size"] = Intermediate,
        ["num_hidden_layers"] = Layers,
        ["num_attention_heads"] = Heads,
        ["num_key_value_heads"] = KvHeads,
        ["head_dim"] = HeadDim,
        ["max_position_embeddings"] = 131_072,
        ["rms_norm_eps"] = 1e-5,
        ["rope_theta"] = 500_000.0,
        ["rope_scaling"] = new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = (double)RopeFactor,
            ["low_freq_factor"] = 1.0,
            ["high_freq_factor"] = 4.0,
            ["original_max_position_embeddings"] = 8192,
        },
        ["hidden_act"] = "silu",
        ["tie_word_embeddings"] = IsTied,
        ["bos_token_id"] = 128_000,
        ["eos_token_id"] = 128_001,
        ["torch_dtype"] = "bfloat16",
    };

    /// <summary>Names and shapes of all tensors; a vector is a norm.</summary>
    public IEnumerable<(string Name, long[] Shape)> Tensors()
    {
        yield return ("model.embed_tokens.weight", [Vocabulary, Hidden]);
        for (int i = 0; i < Layers; i++)
        {
            string layer = $"model.layers.{i}.";
            yield return (layer + "input_layernorm.weight", [Hidden]);
            yield return (layer + "self_attn.q_proj.weight", [Heads * HeadDim, Hidden]);
            yield return (layer + "self_attn.k_proj.weight", [KvHeads * HeadDim, Hidden]);
            yield return (layer + "self_attn.v_proj.weight", [KvHeads * HeadDim, Hidden]);
            yield return (layer + "self_attn.o_proj.weight", [Hidden, Heads * HeadDim]);
            yield return (layer + "post_attention_layernorm.weight", [Hidden]);
            yield return (layer + "mlp.gate_proj.weight", [Intermediate, Hidden]);
            yield return (layer + "mlp.up_proj.weight", [Intermediate, Hidden]);
            yield return (layer + "mlp.down_proj.weight", [Hidden, Intermediate]);
        }

        yield return ("model.norm.weight", [Hidden]);
        if (!IsTied)
            yield return ("lm_head.weight", [Vocabulary, Hidden]);
    }
}
