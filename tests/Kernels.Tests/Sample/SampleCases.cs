namespace Puna.Kernels.Tests;

/// <summary>Seeded rows, parameters and histories, with the difficult ones among them.</summary>
internal static class SampleCases
{
    /// <summary>
    /// Normal logits, by turns as they are, on a coarse grid (many ties), all equal, in two heaps, half impossible.
    /// </summary>
    public static float[] Logits(int size, int seed)
    {
        Random random = new(seed);
        float[] logits = new float[size];
        for (int i = 0; i < size; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            float x = (float)(3 * radius * Math.Cos(Math.Tau * random.NextDouble()));
            logits[i] = (seed % 6) switch
            {
                0 or 1 => x,
                2 => MathF.Round(x * 2) / 2,
                3 => -1.5f,
                4 => i % 3 == 0 ? 20f : -20f + x * 1e-5f,
                _ => i % 2 == 0 && i != size - 1 ? float.NegativeInfinity : x * 1e-3f,
            };
        }

        return logits;
    }

    public static SamplingParameters Parameters(int seed)
    {
        Random random = new(seed);
        T Pick<T>(params T[] values) => values[random.Next(values.Length)];
        return new SamplingParameters
        {
            Temperature = Pick(0, 0.1, 0.7, 1, 1, 1.3, 2, 30),
            TopK = Pick(0, 0, 1, 2, 5, 40, 1000, 50_000),
            TopP = Pick(1, 1, 0.95, 0.9, 0.5, 0.05, 0, 0.999999),
            MinP = Pick(0, 0, 0, 0.01, 0.3, 1),
            RepetitionPenalty = Pick(1, 1, 1.3, 0.8),
            FrequencyPenalty = Pick(0, 0, 0.5, -1),
            PresencePenalty = Pick(0, 0, 1.5, -0.3),
        };
    }

    public static PreviousToken[] History(int size, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(size)).Distinct()
            .Select(id => new PreviousToken(id, random.Next(4)))];
    }

    public static TokenBias[] Bias(int size, int seed)
    {
        Random random = new(seed);
        return seed % 3 != 0 ? [] : [.. Enumerable.Range(0, 5).Select(_ => random.Next(size)).Distinct()
            .Select(id => new TokenBias(id, random.Next(-100, 10) / 7f))];
    }
}
