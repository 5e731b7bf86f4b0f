namespace Puna.Runtime.Sampling;

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>A stop token was sampled, or a stop string stands in the text.</summary>
    Stop,

    /// <summary>The most tokens that were allowed, or the context, are used up.</summary>
    Length,

    /// <summary>Whoever asked does not want the rest.</summary>
    Cancelled,
}
