using System.Diagnostics;

namespace Puna.Kernels;

public static partial class Sample
{
    /// <summary>A border is bisected until this few tokens are left around it, which are then sorted.</summary>
    private const int WindowTokens = 512;

    /// <summary>
    /// Bisecting by value is fast for logits of a model, bisecting by bits ends for all: first one, then the other.
    /// </summary>
    private const int StepsByValue = 16;

    /// <summary>
    /// Steps 5 to 7 as thresholds. Tokens with d below <paramref name="floor"/> have no mass, so that it does not
    /// matter whether they are kept.
    /// </summary>
    private static Kept CpuThresholds(in SamplingParameters parameters, float floor, SampleScratch scratch)
    {
        float minWeight = (float)parameters.MinP;
        bool hasTopK = parameters.TopK > 0 && parameters.TopK < scratch.VocabularySize;
        float kth = hasTopK ? CpuTopK(parameters.TopK, floor, scratch) : floor;
        return parameters.TopP < 1 ? CpuTopP(parameters.TopP, kth, minWeight, scratch) : new Kept(kth, 0, minWeight);
    }

    /// <summary>The k-th largest d; <paramref name="floor"/> when that is lower.</summary>
    private static float CpuTopK(int k, float floor, SampleScratch scratch)
    {
        uint low = Order(floor), high = Order(0f) + 1;
        int atLow = CpuCount(scratch.Shifted, floor), atHigh = 0;
        if (atLow <= k)
            return floor;

        // at least k tokens are at or above low, fewer than k at or above high
        for (int step = 0; atLow - atHigh > WindowTokens && high - low > 1; step++)
        {
            uint middle = Middle(low, high, step);
            int count = CpuCount(scratch.Shifted, FromOrder(middle));
            if (count >= k)
                (low, atLow) = (middle, count);
            else
                (high, atHigh) = (middle, count);
        }

        return high - low == 1 ? FromOrder(low) : FromOrder((uint)(SortedWindow(low, high, scratch)[atLow - k] >> 32));
    }

    /// <summary>The first token in ascending order that top-p does not drop.</summary>
    private static Kept CpuTopP(double p, float floor, float minWeight, SampleScratch scratch)
    {
        float[] d = scratch.Shifted, w = scratch.Weights;
        ulong total = CpuMass(d, w, floor, 0f), removable = Removable(p, total), removed = 0;
        uint low = Order(floor), high = Order(0f) + 1;
        int atLow = CpuCount(d, floor), atHigh = 0;

        // all that is below low can be removed, and not all that is below high
        for (int step = 0; atLow - atHigh > WindowTokens && high - low > 1; step++)
        {
            uint middle = Middle(low, high, step);
            float threshold = FromOrder(middle);
            ulong below = total - CpuMass(d, w, threshold, 0f);
            if (below <= removable)
                (low, atLow, removed) = (middle, CpuCount(d, threshold), below);
            else
                (high, atHigh) = (middle, CpuCount(d, threshold));
        }

        foreach (ulong token in SortedWindow(low, high, scratch))
        {
            removed += Mass(w[(uint)token]);
            if (removed > removable)
                return new Kept(FromOrder((uint)(token >> 32)), (int)(uint)token, minWeight);
        }

        throw new UnreachableException("the border lies between low and high");
    }

    private static uint Middle(uint low, uint high, int step)
    {
        if (step >= StepsByValue)
            return low + (high - low) / 2;
        float lowest = FromOrder(low), highest = FromOrder(high - 1);
        return Math.Clamp(Order(lowest + (highest - lowest) * 0.5f), low + 1, high - 1);
    }

    /// <summary>Tokens from low to below high, by d and then by id.</summary>
    private static Span<ulong> SortedWindow(uint low, uint high, SampleScratch scratch)
    {
        Span<ulong> window = scratch.Order.AsSpan(0, CpuGather(scratch.Shifted, low, high, scratch.Order));
        if (high - low > 1)   // else all are equal, and gathered by id
            window.Sort();
        return window;
    }
}
