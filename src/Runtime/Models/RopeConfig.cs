namespace Puna.Runtime.Models;

/// <summary>How rotary frequencies are scaled (<c>rope_type</c>).</summary>
public enum RopeType
{
    /// <summary>Not at all.</summary>
    Default,

    /// <summary>All divided by the factor.</summary>
    Linear,

    /// <summary>Llama 3.1's rule: long wavelengths divided, short ones kept, a blend between.</summary>
    Llama3,
}

/// <summary>Rotary position embedding (<c>rope_theta</c> with <c>rope_scaling</c>, or <c>rope_parameters</c>).</summary>
/// <param name="Theta">Base of the frequencies (<c>rope_theta</c>).</param>
/// <param name="Type">The scaling rule (<c>rope_type</c>, older <c>type</c>).</param>
/// <param name="Factor">What frequencies are divided by (<c>factor</c>); 1 for <see cref="RopeType.Default"/>.</param>
/// <param name="LowFrequencyFactor">Llama 3 only (<c>low_freq_factor</c>).</param>
/// <param name="HighFrequencyFactor">Llama 3 only (<c>high_freq_factor</c>).</param>
/// <param name="OriginalContextLength">Llama 3 only (<c>original_max_position_embeddings</c>), in tokens.</param>
public sealed record RopeConfig(
    double Theta,
    RopeType Type = RopeType.Default,
    double Factor = 1,
    double LowFrequencyFactor = 1,
    double HighFrequencyFactor = 1,
    int OriginalContextLength = 0);
