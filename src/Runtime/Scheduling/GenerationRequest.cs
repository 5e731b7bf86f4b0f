using System.Collections.Immutable;
using Puna.Runtime.Sampling;

namespace Puna.Runtime.Scheduling;

/// <summary>What is asked of an engine: tokens in, and how to go on from them.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt, at least one token.</summary>
    public required ImmutableArray<int> PromptIds { get; init; }

    /// <summary>Most tokens to generate.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>How tokens are drawn.</summary>
    /// <value>Greedy.</value>
    public SamplingOptions Sampling { get; init; } = SamplingOptions.Greedy;

    /// <summary>Ids that end the answer; the one that ended it is its last token.</summary>
    /// <value>None.</value>
    public ImmutableArray<int> StopIds { get; init; } = [];

    /// <summary>Texts that end the answer, wherever token borders lie; neither they nor what follows is part of it.</summary>
    /// <value>None.</value>
    public ImmutableArray<string> StopTexts { get; init; } = [];
}
