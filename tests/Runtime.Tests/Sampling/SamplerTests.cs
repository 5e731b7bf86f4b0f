using Puna.Kernels;
using Puna.Runtime.Sampling;

namespace Puna.Runtime.Tests.Sampling;

public class SamplerTests
{
    private const int Vocabulary = 500;
    private static readonly ReferenceBackend Ops = new();

    private static readonly SamplingOptions Creative = new()
    {
        Temperature = 1.2,
        TopK = 100,
        TopP = 0.95,
        MinP = 0.001,
        RepetitionPenalty = 1.1,
        FrequencyPenalty = 0.3,
        LogitBias = [new(7, 3f)],
        Seed = 42,
        LogprobCount = 3,
    };

    [Fact]
    public void The_same_seed_gives_the_same_tokens_whatever_runs_beside_it()
    {
        SampleScratch scratch = new(Vocabulary);
        Sampler alone = new(Ops, Creative, new SampleScratch(Vocabulary), 100), among = new(Ops, Creative, scratch, 100);
        Sampler neighbour = new(Ops, Creative with { Seed = 1, TopK = 3 }, scratch, 100);
        alone.AddPrompt([1, 2, 3]);
        among.AddPrompt([1, 2, 3]);
        neighbour.AddPrompt([9]);

        for (int position = 3; position < 60; position++)
        {
            int expected = alone.Next(Logits(position), position).Id;
            neighbour.Next(Logits(position + 1000), position);

            Assert.Equal(expected, among.Next(Logits(position), position).Id);
        }
    }

    [Fact]
    public void Seed_choice_and_position_each_change_the_draws()
    {
        int[] expected = Draws(Creative);

        Assert.Equal(expected, Draws(Creative));
        Assert.NotEqual(expected, Draws(Creative with { Seed = -42 }));
        Assert.NotEqual(expected, Draws(Creative with { ChoiceIndex = 1 }));
        Assert.NotEqual(expected, Draws(Creative, firstPosition: 1));
    }

    [Fact]
    public void Penalties_count_the_answer_and_repetition_counts_the_prompt_too()
    {
        float[] logits = new float[Vocabulary];
        (logits[3], logits[4], logits[5]) = (2f, 1.9f, 1.5f);

        Assert.Equal([3, 4, 5, 3], Greedy(new() { Temperature = 0, PresencePenalty = 0.6 }, prompt: [3, 4]));
        SamplingOptions both = new() { Temperature = 0, RepetitionPenalty = 1.25, FrequencyPenalty = 0.15 };
        Assert.Equal([4, 3, 5, 3], Greedy(both, prompt: [3]));

        int[] Greedy(SamplingOptions options, int[] prompt)
        {
            Sampler sampler = new(Ops, options, new SampleScratch(Vocabulary), 10);
            sampler.AddPrompt(prompt);
            return [.. Enumerable.Range(2, 4).Select(position => sampler.Next(logits, position).Id)];
        }
    }

    [Fact]
    public void Logprobs_are_given_as_asked_for()
    {
        float[] logits = [1f, 2f, 0f, -1f];
        SampleScratch scratch = new(4);
        SamplingOptions options = SamplingOptions.Greedy with { LogitBias = [new(3, 10f)] };
        float[] expected = [-1.4401897f, -0.4401897f, -2.4401897f, -3.4401897f];   // log-softmax of 1, 2, 0, -1

        SampledToken none = new Sampler(Ops, options, scratch, 1).Next(logits, 0);
        SampledToken own = new Sampler(Ops, options with { LogprobCount = 0 }, scratch, 1).Next(logits, 0);
        SampledToken two = new Sampler(Ops, options with { LogprobCount = 2 }, scratch, 1).Next(logits, 0);

        Assert.Equal((3, null, 0), (none.Id, none.Logprob, none.Top.Length));
        Assert.Equal((3, 0), (own.Id, own.Top.Length));
        Assert.Equal(expected[3], own.Logprob!.Value, 1e-6f);   // asked for above
        Assert.Equal([1, 0], two.Top.ToArray().Select(t => t.Id));
        Assert.All(two.Top.ToArray(), t => Assert.Equal(expected[t.Id], t.Logprob, 1e-6f));
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        Sampler sampler = new(Ops, Creative, new SampleScratch(Vocabulary), 200);
        sampler.AddPrompt([1, 2, 3, 2]);
        float[][] rows = [.. Enumerable.Range(0, 110).Select(Logits)];
        for (int position = 0; position < 10; position++)
            sampler.Next(rows[position], position);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int position = 10; position < 110; position++)
            sampler.Next(rows[position], position);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Logits_are_left_as_they_are()
    {
        float[] logits = Logits(1), copy = Logits(1);
        Sampler sampler = new(Ops, Creative, new SampleScratch(Vocabulary), 10);

        for (int position = 0; position < 10; position++)
            sampler.Next(logits, position);

        Assert.Equal(copy, logits);
    }

    [Fact]
    public void Ids_outside_the_vocabulary_and_bad_options_are_refused()
    {
        SampleScratch scratch = new(Vocabulary);

        Assert.Equal(
            "sampling: the prompt has token 500, but the vocabulary has ids 0 to 499.",
            Assert.Throws<ArgumentException>(() => new Sampler(Ops, new(), scratch, 1).AddPrompt([1, 500])).Message);
        Assert.Equal(
            "sampling: top_p is 2, but it must be 0 to 1 (1 keeps all tokens).",
            Assert.Throws<ArgumentException>(() => new Sampler(Ops, new() { TopP = 2 }, scratch, 1)).Message);
    }

    private static int[] Draws(SamplingOptions options, int firstPosition = 0)
    {
        Sampler sampler = new(Ops, options, new SampleScratch(Vocabulary), 50);
        return [.. Enumerable.Range(0, 50).Select(i => sampler.Next(Logits(i), firstPosition + i).Id)];
    }

    private static float[] Logits(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, Vocabulary).Select(_ => (float)(6 * random.NextDouble()))];
    }
}
