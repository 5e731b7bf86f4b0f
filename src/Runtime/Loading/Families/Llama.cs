namespace Puna.Runtime.Loading.Families;

/// <summary>Llama 2 and 3: Touvron et al. 2023, arXiv:2307.09288; Dubey et al. 2024, arXiv:2407.21783.</summary>
public static class Llama
{
    /// <summary>The family; its tensor names are those of most others too.</summary>
    public static Family Family { get; } = new(
        Architecture: "LlamaForCausalLM",
        ModelType: "llama",
        Names:
        [
            new(TensorRole.Embedding, "model.embed_tokens.weight"),
            new(TensorRole.AttentionNorm, "model.layers.{i}.input_layernorm.weight"),
            new(TensorRole.Query, "model.layers.{i}.self_attn.q_proj.weight"),
            new(TensorRole.Key, "model.layers.{i}.self_attn.k_proj.weight"),
            new(TensorRole.Value, "model.layers.{i}.self_attn.v_proj.weight"),
            new(TensorRole.Output, "model.layers.{i}.self_attn.o_proj.weight"),
            new(TensorRole.MlpNorm, "model.layers.{i}.post_attention_layernorm.weight"),
            new(TensorRole.Gate, "model.layers.{i}.mlp.gate_proj.weight"),
            new(TensorRole.Up, "model.layers.{i}.mlp.up_proj.weight"),
            new(TensorRole.Down, "model.layers.{i}.mlp.down_proj.weight"),
            new(TensorRole.FinalNorm, "model.norm.weight"),
            new(TensorRole.LmHead, "lm_head.weight"),
        ],
        QueryKeyValueBias: new("attention_bias", Otherwise: false),
        OutputBias: new("attention_bias", Otherwise: false),
        MlpBias: new("mlp_bias", Otherwise: false),
        Window: WindowRule.Never,
        DefaultWindow: null,
        DefaultContextLength: 2048);
}
