namespace Puna.Runtime.Loading.Families;

/// <summary>Qwen 2 and 2.5: Yang et al. 2024, arXiv:2407.10671. A Llama with biases on q, k and v.</summary>
public static class Qwen2
{
    /// <summary>The family.</summary>
    public static Family Family { get; } = new(
        Architecture: "Qwen2ForCausalLM",
        ModelType: "qwen2",
        Names: Llama.Family.Names,
        QueryKeyValueBias: new(Key: null, Otherwise: true),
        OutputBias: new(Key: null, Otherwise: false),
        MlpBias: new(Key: null, Otherwise: false),
        Window: WindowRule.WhenUsed,
        DefaultWindow: 4096,
        DefaultContextLength: 32768);
}
