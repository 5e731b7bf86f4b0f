using FsCheck;
using FsCheck.Fluent;

namespace Puna.Kernels.Tests;

public class SampleLawTests
{
    /// <summary>
    /// Fixed cases: the textbook adds in F64, and would once in thousands of cases put a border elsewhere.
    /// </summary>
    [Fact]
    public void Probabilities_sum_to_one_and_agree_with_the_textbook()
    {
        for (int seed = 0; seed < 1800; seed += 6)   // logits without ties
        {
            int size = 1 + seed * 7 % 400;
            SamplingParameters parameters = SampleCases.Parameters(seed);
            parameters = parameters.IsGreedy ? parameters with { Temperature = 0.5 } : parameters;
            float[] logits = SampleCases.Logits(size, seed);
            PreviousToken[] history = SampleCases.History(size, seed);
            TokenBias[] bias = SampleCases.Bias(size, seed / 2);

            double[] actual = Probabilities(logits, parameters, history, bias);
            double[] expected = TextbookSampler.Probabilities(logits, parameters, history, bias);

            Assert.Equal(1, actual.Sum(), 1e-12);
            Assert.All(actual.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
        }
    }

    [Fact]
    public void Neutral_parameters_change_nothing() => ForAll((size, seed) =>
    {
        float[] logits = SampleCases.Logits(size, seed);
        PreviousToken[] history = SampleCases.History(size, seed);

        double[] plain = Probabilities(logits, new());

        Assert.Equal(plain, Probabilities(logits, new() { TopK = size, TopP = 1, MinP = 0 }, history, []));
        if (seed % 6 < 2)
        {
            double[] softmax = TextbookSampler.Softmax([.. logits.Select(x => (double)x)]);
            Assert.All(plain.Zip(softmax), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
        }
    });

    [Fact]
    public void A_stricter_parameter_keeps_a_subset() => ForAll((size, seed) =>
    {
        float[] logits = SampleCases.Logits(size, seed);
        Random random = new(seed);
        int k = random.Next(1, size + 1);
        double p = random.NextDouble(), m = random.NextDouble();

        AssertSubset(logits, new() { TopK = k }, new() { TopK = random.Next(1, k + 1) });
        AssertSubset(logits, new() { TopP = p }, new() { TopP = p * random.NextDouble() });
        AssertSubset(logits, new() { MinP = m }, new() { MinP = m + (1 - m) * random.NextDouble() });
    });

    [Fact]
    public void Top_k_keeps_k_tokens_and_ties_and_top_p_no_more_than_it_needs() => ForAll((size, seed) =>
    {
        float[] logits = SampleCases.Logits(size, seed - seed % 6 + seed % 4);   // nothing impossible
        Random random = new(seed);
        int k = random.Next(1, size + 1);
        double p = random.NextDouble();
        double[] all = Probabilities(logits, new());

        double[] topK = [.. Probabilities(logits, new() { TopK = k }).Where(x => x > 0)];
        Assert.True(topK.Length >= k, $"kept {topK.Length} of {k}");
        Assert.True(topK.Count(x => x > topK.Min()) < k, "kept more than ties with the last");
        double[] topP = Probabilities(logits, new() { TopP = p }), kept = [.. all.Where((_, id) => topP[id] > 0)];
        Assert.True(kept.Sum() >= p - 1e-9, $"kept {kept.Sum()} of {p}");
        Assert.True(kept.Sum() - kept.Min() <= p + 1e-9, $"kept {kept.Sum()}, and {kept.Min()} of it in vain, of {p}");
    });

    [Fact]
    public void A_draw_depends_on_its_own_key_and_row_alone() => ForAll((size, seed) =>
    {
        SampleScratch shared = new(size);
        SamplingParameters parameters = SampleCases.Parameters(seed);
        float[] logits = SampleCases.Logits(size, seed);
        float[] copy = [.. logits];
        SampleKey key = new(seed, 1, 5);

        int alone = Sample.Cpu(logits, parameters, [], [], key, new SampleScratch(size));
        float[] others = SampleCases.Logits(size, seed + 1);
        Sample.Cpu(others, SampleCases.Parameters(seed + 1), [new(0, 3)], [new(0, 2)], key, shared);
        int among = Sample.Cpu(logits, parameters, [], [], key, shared);

        Assert.Equal(alone, among);
        Assert.Equal(copy, logits);
    });

    private static void AssertSubset(float[] logits, SamplingParameters loose, SamplingParameters strict)
    {
        double[] more = Probabilities(logits, loose), less = Probabilities(logits, strict);
        bool isSubset = less.Zip(more).All(pair => pair.First == 0 || pair.Second > 0);
        Assert.True(isSubset, $"{strict} keeps what {loose} does not");
        Assert.Contains(less, x => x > 0);
    }

    private static double[] Probabilities(float[] logits, SamplingParameters parameters) =>
        Probabilities(logits, parameters, [], []);

    private static double[] Probabilities(
        float[] logits, SamplingParameters parameters, PreviousToken[] history, TokenBias[] bias)
    {
        double[] probabilities = new double[logits.Length];
        Sample.Probabilities(logits, parameters, history, bias, new SampleScratch(logits.Length), probabilities);
        return probabilities;
    }

    private static void ForAll(Action<int, int> law) =>
        Prop.ForAll(
            Gen.Choose(1, 400).ToArbitrary(), Gen.Choose(0, 1_000_000).ToArbitrary(), law)
            .QuickCheckThrowOnFailure();
}
