namespace Puna.Runtime.Models;

/// <summary>
/// Rotary frequencies as the reference implementation computes them: Su et al. 2021, arXiv:2104.09864, section 3.4.2,
/// with the scaling of Llama 3.1 (Dubey et al. 2024, arXiv:2407.21783).
/// </summary>
/// <remarks>
/// Every step is rounded to F32. The results are up to some units in the last place from the exact values, and a model
/// that was trained with these shows it at positions of 10,000 and more.
/// </remarks>
public static class RopeFrequencies
{
    /// <summary>Radians per position of each pair of a head, <c>[headDim / 2]</c>.</summary>
    /// <param name="rope">Base and scaling.</param>
    /// <param name="headDim">Elements per head; even.</param>
    /// <exception cref="ArgumentOutOfRangeException">The head's size is odd or not positive.</exception>
    public static float[] Compute(RopeConfig rope, int headDim)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(headDim, 2);
        if (headDim % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(headDim), headDim, "RopeFrequencies: a head has an even "
                + "size.");

        float[] frequencies = new float[headDim / 2];
        for (int j = 0; j < frequencies.Length; j++)
        {
            // The power is the exact one of F32 numbers, rounded once.
            float exponent = 2 * j / (float)headDim;
            float power = (float)Math.Pow((float)rope.Theta, exponent);
            frequencies[j] = Scale(rope, 1 / power);
        }

        return frequencies;
    }

    private static float Scale(RopeConfig rope, float frequency) => rope.Type switch
    {
        RopeType.Linear => frequency / (float)rope.Factor,
        RopeType.Llama3 => ScaleLlama3(rope, frequency),
        _ => frequency,
    };

    private static float ScaleLlama3(RopeConfig rope, float frequency)
    {
        float factor = (float)rope.Factor;
        float context = rope.OriginalContextLength;

        // The reference divides a number by a tensor as reciprocal times number, and each of the two is rounded.
        float wavelength = 1 / frequency * (float)(2 * Math.PI);
        if (wavelength < (float)(rope.OriginalContextLength / rope.HighFrequencyFactor))
            return frequency;
        if (wavelength > (float)(rope.OriginalContextLength / rope.LowFrequencyFactor))
            return frequency / factor;

        float turns = 1 / wavelength * context;
        float blend = (turns - (float)rope.LowFrequencyFactor)
            / (float)(rope.HighFrequencyFactor - rope.LowFrequencyFactor);
        float divided = (1 - blend) * frequency / factor;
        float kept = blend * frequency;
        return divided + kept;
    }
}
