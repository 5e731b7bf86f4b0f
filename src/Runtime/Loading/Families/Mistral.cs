namespace Puna.Runtime.Loading.Families;

/// <summary>Mistral: Jiang et al. 2023, arXiv:2310.06825. A Llama with a sliding window and without biases.</summary>
public static class Mistral
{
    /// <summary>The family.</summary>
    public static Family Family { get; } = new(
        Architecture: "MistralForCausalLM",
        ModelType: "mistral",
        Names: Llama.Family.Names,
        QueryKeyValueBias: new(Key: null, Otherwise: false),
        OutputBias: new(Key: null, Otherwise: false),
        MlpBias: new(Key: null, Otherwise: false),
        Window: WindowRule.Always,
        DefaultWindow: 4096,
        DefaultContextLength: 131072);
}
