using Puna.Kernels;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.Runtime.Sampling;
using Puna.Runtime.Scheduling;

namespace Puna.Runtime;

/// <summary>What a model's makers, or the requests themselves, imply where nobody says otherwise.</summary>
internal static class ModelDefaults
{
    private const int BlockRounding = 16;   // a sequence's last cache block may be almost empty

    public static SamplingOptions Sampling(GenerationConfig? config) => config?.DoSample == true
        ? new SamplingOptions
        {
            Temperature = config.Temperature ?? 1,
            TopK = config.TopK ?? 0,
            TopP = config.TopP ?? 1,
            MinP = config.MinP ?? 0,
            RepetitionPenalty = config.RepetitionPenalty ?? 1,
        }
        : SamplingOptions.Greedy with { RepetitionPenalty = config?.RepetitionPenalty ?? 1 };

    public static EngineOptions RoomFor(IReadOnlyList<GenerationRequest> requests, ModelConfig config, DType cacheType)
    {
        EngineOptions options = new();
        int atOnce = Math.Clamp(requests.Count, 1, options.MaxSequences);
        long tokens = requests.Select(r => Math.Min((long)r.PromptIds.Length + r.MaxTokens, config.ContextLength) + BlockRounding)
            .OrderDescending().Take(atOnce).Sum();
        return options with { CacheTokens = (int)Math.Min(tokens, int.MaxValue), MaxSequences = atOnce, CacheType = cacheType };
    }
}
