namespace Puna.Kernels.Tests;

public class SampleTests
{
    [Theory]
    [InlineData(1, 300)]
    [InlineData(2, 300)]
    [InlineData(7, 300)]
    [InlineData(8, 300)]
    [InlineData(31, 600)]
    [InlineData(300, 600)]
    [InlineData(1024, 200)]
    [InlineData(2304, 300)]
    [InlineData(128_256, 14)]
    public void Cpu_picks_the_token_of_the_reference(int size, int count)
    {
        SampleScratch scratch = new(size), used = new(size);
        for (int seed = 0; seed < count; seed++)
        {
            float[] logits = SampleCases.Logits(size, seed);
            SamplingParameters parameters = SampleCases.Parameters(seed);
            PreviousToken[] history = SampleCases.History(size, seed);
            TokenBias[] bias = SampleCases.Bias(size, seed);
            for (int position = 0; position < (size > 10_000 ? 2 : 5); position++)
            {
                SampleKey key = new(seed, 3, position);

                int expected = Sample.Reference(logits, parameters, history, bias, key, scratch);
                int actual = Sample.Cpu(logits, parameters, history, bias, key, used);

                Assert.True(
                    expected == actual,
                    $"sample [{size}] seed {seed} {parameters}: token {actual}, expected {expected}.");
                if (!parameters.IsGreedy)
                {
                    Assert.Equal(KeptMasses(scratch.Weights), used.BlockMasses);
                    Assert.Equal(-1, FirstOtherWeight(scratch.Weights, used.Weights));
                }
            }
        }
    }

    /// <summary>Of each block, from the weights that the reference leaves.</summary>
    private static IEnumerable<ulong> KeptMasses(float[] weights) =>
        weights.Chunk(SampleScratch.BlockTokens)
            .Select(block => block.Aggregate(0UL, (sum, w) => sum + (ulong)Math.Round(w * Math.Pow(2, 44))));

    /// <summary>The reference sets what it drops to 0; all other weights are the same in both.</summary>
    private static int FirstOtherWeight(float[] expected, float[] actual) =>
        Array.FindIndex([.. expected.Zip(actual)], pair => pair.First != 0 && pair.First != pair.Second);

    [Fact]
    public void Top_p_may_drop_exactly_what_it_is_allowed_to()
    {
        // 1,024 tokens lie 1e-9 lower, which no weight shows: half of the mass, to the last bit
        float[] logits = [.. Enumerable.Range(0, 2048).Select(i => i % 2 == 0 ? -1e-9f : 0f)];
        SampleScratch scratch = new(2048);
        SamplingParameters half = new() { TopP = 0.5 };
        double[] probabilities = new double[2048];

        Sample.Probabilities(logits, half, [], [], scratch, probabilities);

        Assert.All(probabilities.Index(), p => Assert.Equal(p.Index % 2 / 1024.0, p.Item));
        for (int position = 0; position < 20; position++)
            Assert.Equal(1, Sample.Cpu(logits, half, [], [], new SampleKey(0, 0, position), scratch) % 2);
    }

    [Fact]
    public void Many_draws_have_the_stated_probabilities()
    {
        const int Draws = 200_000;
        float[] logits = SampleCases.Logits(60, seed: 1);
        SamplingParameters parameters = new() { Temperature = 2, TopK = 40, TopP = 0.97 };
        SampleScratch scratch = new(60);
        double[] probabilities = new double[60], counts = new double[60];
        Sample.Probabilities(logits, parameters, [], [], scratch, probabilities);

        for (int position = 0; position < Draws; position++)
            counts[Sample.Cpu(logits, parameters, [], [], new SampleKey(7, 0, position), scratch)]++;

        double statistic = 0;
        int kept = 0;
        for (int i = 0; i < 60; i++)
        {
            if (probabilities[i] == 0)
            {
                Assert.Equal(0, counts[i]);
                continue;
            }

            double expected = probabilities[i] * Draws;
            statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
            kept++;
        }

        // chi-square with f degrees of freedom has mean f and variance 2 f: five standard deviations either way
        double freedom = kept - 1, allowed = 5 * Math.Sqrt(2 * freedom);
        Assert.InRange(kept, 10, 40);
        Assert.InRange(statistic, Math.Max(1, freedom - allowed), freedom + allowed);
    }

    [Fact]
    public void Greedy_takes_the_lowest_id_of_equal_logits()
    {
        float[] logits = new float[100];
        logits[17] = logits[42] = logits[99] = 3f;
        SampleScratch scratch = new(100);
        SamplingParameters greedy = new() { Temperature = 0, TopK = 5, TopP = 0.5 };

        Assert.Equal(17, Sample.Cpu(logits, greedy, [], [], new SampleKey(1, 2, 3), scratch));
        Assert.Equal(17, Sample.Reference(logits, greedy, [], [], new SampleKey(1, 2, 3), scratch));
        Assert.Equal(42, Sample.Cpu(logits, greedy, [], [new(17, -1f)], new SampleKey(1, 2, 3), scratch));
        SamplingParameters penalty = greedy with { PresencePenalty = 0.5 };
        Assert.Equal(42, Sample.Cpu(logits, penalty, [new(17, 1)], [], new SampleKey(1, 2, 3), scratch));
    }

    [Fact]
    public void Negative_zero_ties_with_zero()
    {
        float[] logits = [-1f, -0f, 0f, -0f];
        double[] probabilities = new double[4];

        Sample.Probabilities(logits, new() { TopK = 1 }, [], [], new SampleScratch(4), probabilities);

        Assert.Equal([0, 1.0 / 3, 1.0 / 3, 1.0 / 3], probabilities);
    }

    [Fact]
    public void Top_p_keeps_the_highest_ids_of_equal_tokens()
    {
        double[] probabilities = new double[10];

        Sample.Probabilities(new float[10], new() { TopP = 0.5 }, [], [], new SampleScratch(10), probabilities);

        Assert.Equal([0, 0, 0, 0, 0, 0.2, 0.2, 0.2, 0.2, 0.2], probabilities);
    }

    [Fact]
    public void Infinite_logits_share_everything_and_minus_infinity_is_never_drawn()
    {
        const float Infinity = float.PositiveInfinity;
        double[] probabilities = new double[5];
        SampleScratch scratch = new(5);

        float[] best = [Infinity, 3e38f, Infinity, 0f, -Infinity];
        Sample.Probabilities(best, new() { TopK = 3 }, [], [], scratch, probabilities);
        Assert.Equal([0.5, 0, 0.5, 0, 0], probabilities);

        float[] impossible = [-Infinity, 1f, -Infinity, 1f, -Infinity];
        Sample.Probabilities(
            impossible, new() { Temperature = 2 }, [new(0, 2), new(1, 0)], [], scratch, probabilities);
        Assert.Equal([0, 0.5, 0, 0.5, 0], probabilities);
    }

    [Fact]
    public void Calls_allocate_nothing()
    {
        float[] logits = SampleCases.Logits(2304, seed: 0);
        SampleScratch scratch = new(2304);
        SamplingParameters parameters = new() { TopK = 700, TopP = 0.9, MinP = 0.001, RepetitionPenalty = 1.2 };
        PreviousToken[] history = SampleCases.History(2304, 5);
        TokenBias[] bias = SampleCases.Bias(2304, 3);
        TokenLogprob[] top = new TokenLogprob[5];
        int Run(int from, int to)
        {
            int sum = 0;
            for (int position = from; position < to; position++)
            {
                int id = Sample.Cpu(logits, parameters, history, bias, new SampleKey(1, 0, position), scratch);
                Sample.Logprobs(logits, id, top);
                sum += id + Sample.Reference(logits, parameters, history, bias, new SampleKey(1, 0, position), scratch);
            }

            return sum;
        }

        Run(0, 10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(10, 110);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
