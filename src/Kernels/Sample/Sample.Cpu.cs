namespace Puna.Kernels;

public static partial class Sample
{
    /// <summary>
    /// What is kept: tokens with d above the threshold, or at it from an id on, and with enough weight.
    /// </summary>
    private readonly record struct Kept(float Threshold, int FirstId, float MinWeight);

    /// <summary>
    /// The same token as <see cref="Reference"/>, bit for bit, with SIMD and without a sort of all tokens.
    /// </summary>
    /// <inheritdoc cref="Reference"/>
    public static int Cpu(
        ReadOnlySpan<float> logits, in SamplingParameters parameters, ReadOnlySpan<PreviousToken> history,
        ReadOnlySpan<TokenBias> bias, SampleKey key, SampleScratch scratch)
    {
        Check(logits.Length, parameters, history, bias, scratch);
        if (!parameters.HasPenalty)
            history = [];
        float largest = CpuMax(logits);
        if (parameters.IsGreedy && history.IsEmpty && bias.IsEmpty)
        {
            CheckPossible(largest, logits.Length);
            return CpuIndexOf(logits, largest);
        }

        CpuShift(logits, largest, parameters, history, bias, scratch);
        if (parameters.IsGreedy)
            return CpuIndexOf(scratch.Shifted, 0f);

        float scale = Scale(parameters.Temperature);
        CpuWeigh(scratch.Shifted, scale, scratch.Weights);
        Kept kept = CpuThresholds(parameters, MasslessBelow / scale, scratch);
        return CpuChoose(kept, key, scratch);
    }

    private static void CpuShift(
        ReadOnlySpan<float> logits, float largestLogit, in SamplingParameters parameters,
        ReadOnlySpan<PreviousToken> history, ReadOnlySpan<TokenBias> bias, SampleScratch scratch)
    {
        double largest = largestLogit;
        ReadOnlySpan<float> rows = logits;
        if (!history.IsEmpty || !bias.IsEmpty)
        {
            logits.CopyTo(scratch.Shifted);
            largest = Adjust(logits, parameters, history, bias, scratch);
            largest = Math.Max(largest, CpuMax(scratch.Shifted));
            rows = scratch.Shifted;
        }

        CheckPossible(largest, logits.Length);
        (float high, float low) = Split(largest);
        CpuShift(rows, high, low, scratch.Shifted);
        ShiftAdjusted(largest, history, bias, scratch);
    }

    /// <summary>
    /// Step 8, in two passes: the mass of each block, then the tokens of the block that holds the target.
    /// </summary>
    private static int CpuChoose(Kept kept, SampleKey key, SampleScratch scratch)
    {
        Span<ulong> masses = scratch.BlockMasses;
        ulong total = 0;
        for (int block = 0; block < masses.Length; block++)
            total += masses[block] = BlockMass(kept, block, scratch);

        ulong target = Target(key, total);
        int chosen = 0;
        while (masses[chosen] <= target)
            target -= masses[chosen++];

        int id = chosen * SampleScratch.BlockTokens;
        for (ulong mass; (mass = KeptMass(kept, id, scratch)) <= target; id++)
            target -= mass;
        return id;
    }

    private static ulong BlockMass(Kept kept, int block, SampleScratch scratch)
    {
        int first = block * SampleScratch.BlockTokens;
        int end = Math.Min(first + SampleScratch.BlockTokens, scratch.VocabularySize);
        int border = Math.Clamp(kept.FirstId, first, end);
        return Range(scratch, first, border, Above(kept.Threshold), kept.MinWeight)
            + Range(scratch, border, end, kept.Threshold, kept.MinWeight);

        static ulong Range(SampleScratch s, int first, int end, float threshold, float minWeight) =>
            CpuMass(s.Shifted.AsSpan(first..end), s.Weights.AsSpan(first..end), threshold, minWeight);
    }

    /// <summary>d is never above 0, so the step up from 0 keeps nothing, as it should.</summary>
    private static float Above(float threshold) => MathF.BitIncrement(threshold);

    private static ulong KeptMass(Kept kept, int id, SampleScratch scratch)
    {
        float d = scratch.Shifted[id], w = scratch.Weights[id];
        bool isKept = d >= (id >= kept.FirstId ? kept.Threshold : Above(kept.Threshold)) && w >= kept.MinWeight;
        return isKept ? Mass(w) : 0;
    }
}
