namespace Puna.Kernels;

/// <summary>A token that stands before the one to be drawn, in the prompt or in the answer.</summary>
/// <param name="Id">Its id.</param>
/// <param name="SampledCount">
/// How often it was sampled, which is what the frequency and presence penalties count; 0 for a token that only the
/// prompt has, which the repetition penalty counts too.
/// </param>
public readonly record struct PreviousToken(int Id, int SampledCount);

/// <summary>A number that is added to a token's logit.</summary>
/// <param name="Id">The token.</param>
/// <param name="Bias">What is added; finite.</param>
public readonly record struct TokenBias(int Id, float Bias);

/// <summary>A token and the logarithm of its probability.</summary>
/// <param name="Id">The token.</param>
/// <param name="Logprob">Natural logarithm of the probability; −∞ for an impossible token.</param>
public readonly record struct TokenLogprob(int Id, float Logprob);
