using Puna.Kernels;

namespace Puna.Runtime.Scheduling;

/// <summary>How much an engine takes on at a time.</summary>
public sealed record EngineOptions
{
    /// <summary>Room in the cache, in tokens of all running sequences together, prompts and answers.</summary>
    /// <value>4,096.</value>
    public int CacheTokens { get; init; } = 4096;

    /// <summary>Dtype of keys and values: F32, BF16 or I8.</summary>
    /// <value>Null: what the model is run in; F32 for an engine that was made without a model.</value>
    public DType? CacheType { get; init; }

    /// <summary>Most rows of a step: longer prompts are taken in pieces, which changes no result.</summary>
    /// <value>256: on a CPU more is no faster, and intermediate values take memory in proportion.</value>
    public int MaxStepRows { get; init; } = 256;

    /// <summary>Most sequences that run at once; others wait.</summary>
    /// <value>32.</value>
    public int MaxSequences { get; init; } = 32;
}
