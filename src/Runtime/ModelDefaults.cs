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

    public static EngineOptions RoomFor(IReadOnlyList<GenerationRequest> requests, ModelConfig config)
    {
        EngineOptions options = new();
        int atOnce = Math.Clamp(requests.Count, 1, options.MaxSequences);
        long tokens = requests.Select(r => Math.Min((long)r.PromptIds.Length + r.MaxTokens, config.ContextLength) + BlockRounding)
            .OrderDescending().Take(atOnce).Sum();
        return options with { CacheTokens = (int)Math.Min(tokens, int.MaxValue), MaxSequences = atOnce };
    }

    /// <summary>What a model is kept and computed in.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="options">What was asked for.</param>
    /// <param name="ops">Executes it.</param>
    /// <exception cref="ArgumentException">What was asked for does not go together; the message says why.</exception>
    public static ModelMode Mode(ModelFolder folder, ModelOptions options, IBackend ops)
    {
        if (options.Weights is { } asked && asked is not (DType.BF16 or DType.F8E4M3 or DType.I8))
            throw new ArgumentException($"weights: {asked} was asked for, but BF16, F8E4M3 or I8 was expected. Ask for one of "
                + "these, or leave them as they are stored.");
        DType type = options.Weights ?? StoredType(folder);
        ActivationType activations = options.Activations ?? Fastest(type, ops);
        CheckActivations(activations, type, options.Weights is null ? " as stored" : "");
        DType cache = options.CacheType ?? (activations == ActivationType.F32 ? DType.F32 : DType.BF16);
        if (cache is not (DType.F32 or DType.BF16 or DType.I8))
            throw new ArgumentException($"cache: {cache} was asked for, but F32, BF16 or I8 was expected. Ask for one of these.");
        return new ModelMode(options.Weights, activations, cache);
    }

    // Where files hold several types, the one that rounds least decides.
    private static DType StoredType(ModelFolder folder)
    {
        SafetensorsDType[] types = [.. folder.Plan.Tensors.Where(t => !t.IsVector)
            .Select(t => folder.Checkpoint.Tensors[t.Name].Entry.DType).Distinct()];
        return types is [SafetensorsDType.BF16] ? DType.BF16
            : types.Contains(SafetensorsDType.F32) ? DType.F32 : DType.F16;
    }

    private static ActivationType Fastest(DType weights, IBackend ops) =>
        weights is DType.F32 or DType.F16 ? ActivationType.F32 : ops.FastestActivations(weights);

    private static void CheckActivations(ActivationType activations, DType weights, string which)
    {
        if (activations == ActivationType.I8 && weights != DType.I8)
            throw new ArgumentException($"activations: I8 was asked for with weights in {weights}{which}, but weights in I8 were expected "
                + "(a product of bytes needs both in bytes). Ask for weights in I8 too, or for activations in BF16 or F32.");
        if (activations == ActivationType.BF16 && weights is DType.F32 or DType.F16)
            throw new ArgumentException($"activations: BF16 was asked for with weights in {weights}{which}, but weights in BF16, F8E4M3 "
                + "or I8 were expected (rounding finer weights' activations gains nothing). Ask for weights in BF16 too, or for "
                + "activations in F32.");
    }
}
