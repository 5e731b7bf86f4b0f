namespace Puna.Kernels.Tests;

public class SampleErrorTests
{
    private static readonly SampleScratch Scratch = new(4);

    [Fact]
    public void Nan_is_refused_with_its_index()
    {
        const string Expected = "Sample: logit 2 of 4 is NaN, but a logit is a number or an infinity" +
            " (the forward pass went wrong before sampling). Are the weights damaged, or did an activation overflow?";
        float[] logits = [0f, float.PositiveInfinity, float.NaN, float.NaN];

        foreach (double temperature in new[] { 0.0, 1.0 })
        {
            SamplingParameters p = new() { Temperature = temperature, PresencePenalty = 1 };
            foreach (PreviousToken[] history in new PreviousToken[][] { [], [new(2, 1), new(3, 1)] })
            {
                Assert.Equal(Expected, Assert.Throws<ArithmeticException>(
                    () => Sample.Cpu(logits, p, history, [], default, Scratch)).Message);
                Assert.Equal(Expected, Assert.Throws<ArithmeticException>(
                    () => Sample.Reference(logits, p, history, [], default, Scratch)).Message);
            }
        }

        Assert.Equal(Expected, Assert.Throws<ArithmeticException>(() => Sample.Logprobs(logits, 0, [])).Message);

        float[] wide = new float[100];
        wide[37] = float.NaN;
        string message = Assert.Throws<ArithmeticException>(() => Sample.Logprobs(wide, 0, [])).Message;
        Assert.StartsWith("Sample: logit 37 of 100 is NaN", message);
    }

    [Fact]
    public void A_row_in_which_nothing_is_possible_is_refused()
    {
        const string Expected = "Sample: all 4 logits are -infinity, but at least one token must be possible." +
            " Does a mask forbid every token?";
        float[] logits = [.. Enumerable.Repeat(float.NegativeInfinity, 4)];

        foreach (double temperature in new[] { 0.0, 1.0 })
        {
            SamplingParameters p = new() { Temperature = temperature };
            Assert.Equal(Expected, Assert.Throws<ArithmeticException>(
                () => Sample.Cpu(logits, p, [], [], default, Scratch)).Message);
            Assert.Equal(Expected, Assert.Throws<ArithmeticException>(
                () => Sample.Reference(logits, p, [], [], default, Scratch)).Message);
        }

        Assert.Equal(Expected, Assert.Throws<ArithmeticException>(() => Sample.Logprobs(logits, 0, [])).Message);
    }

    [Fact]
    public void Sizes_and_ids_out_of_range_are_refused()
    {
        float[] logits = new float[4];
        SamplingParameters p = new();

        Refused(
            "Sample: 3 logits, but the scratch is made for 4.",
            () => Sample.Cpu(new float[3], p, [], [], default, Scratch));
        Refused(
            "Sample: the history has token 4, sampled 1 times, but ids are 0 to 3 and counts are at least 0.",
            () => Sample.Cpu(logits, p, [new(4, 1)], [], default, Scratch));
        Refused(
            "Sample: the bias of token -1 is 0.5, but ids are 0 to 3 and a bias is finite.",
            () => Sample.Reference(logits, p, [], [new(-1, 0.5f)], default, Scratch));
        Refused(
            "Sample: the bias of token 1 is NaN, but ids are 0 to 3 and a bias is finite.",
            () => Sample.Cpu(logits, p, [], [new(1, float.NaN)], default, Scratch));
        Refused(
            "Sample: 4 logits, but room for 3 probabilities.",
            () => Sample.Probabilities(logits, p, [], [], Scratch, new double[3]));
        Refused(
            "Sample: token 4 and the 2 likeliest of 4 logits, but ids are 0 to 3, and there are at most 524288 logits.",
            () => Sample.Logprobs(logits, 4, new TokenLogprob[2]));
        Assert.StartsWith(
            "SampleScratch: 524289 tokens of 1 to 524288.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new SampleScratch(524_289)).Message);
    }

    [Fact]
    public void Parameters_out_of_range_are_refused_by_name()
    {
        SamplingParameters p = new();

        Refused(
            "sampling: temperature is -0.5, but it must be 0 to 100 (0 takes the likeliest token).",
            p with { Temperature = -0.5 });
        Refused(
            "sampling: temperature is NaN, but it must be 0 to 100 (0 takes the likeliest token).",
            p with { Temperature = double.NaN });
        Refused("sampling: top_k is -2, but it must be at least 0 (0 keeps all tokens).", p with { TopK = -2 });
        Refused("sampling: top_p is 1.5, but it must be 0 to 1 (1 keeps all tokens).", p with { TopP = 1.5 });
        Refused("sampling: min_p is -1, but it must be 0 to 1 (0 keeps all tokens).", p with { MinP = -1 });
        Refused(
            "sampling: repetition_penalty is 0, but it must be above 0 and at most 100 (1 changes nothing).",
            p with { RepetitionPenalty = 0 });
        Refused(
            "sampling: frequency_penalty is 3, but it must be -2 to 2 (0 changes nothing).",
            p with { FrequencyPenalty = 3 });
        Refused(
            "sampling: presence_penalty is -3, but it must be -2 to 2 (0 changes nothing).",
            p with { PresencePenalty = -3 });
    }

    private static void Refused(string expected, SamplingParameters parameters) =>
        Refused(expected, () => Sample.Cpu(new float[4], parameters, [], [], default, Scratch));

    private static void Refused(string expected, Action action) =>
        Assert.Equal(expected, Assert.Throws<ArgumentException>(action).Message);
}
