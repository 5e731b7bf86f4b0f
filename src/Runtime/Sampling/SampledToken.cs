using Puna.Kernels;

namespace Puna.Runtime.Sampling;

/// <summary>A token that was drawn.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Logprob">Logarithm of its probability by the raw logits; null where logprobs were not asked
/// for.</param>
/// <param name="Top">The likeliest tokens, likeliest first: a view of the sampler's, overwritten by its next
/// draw.</param>
public readonly record struct SampledToken(int Id, float? Logprob, ReadOnlyMemory<TokenLogprob> Top);
