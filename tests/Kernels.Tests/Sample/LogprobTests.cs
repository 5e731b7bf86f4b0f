namespace Puna.Kernels.Tests;

public class LogprobTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(31, 1)]
    [InlineData(300, 2)]
    [InlineData(2304, 0)]
    public void Logprobs_are_the_log_softmax_of_the_raw_logits(int size, int seed)
    {
        float[] logits = SampleCases.Logits(size, seed);
        double[] expected = [.. TextbookSampler.Softmax([.. logits.Select(x => (double)x)]).Select(x => Math.Log(x))];
        TokenLogprob[] top = new TokenLogprob[Math.Min(size, 20)];

        float logprob = Sample.Logprobs(logits, size / 2, top);

        Assert.Equal(expected[size / 2], logprob, 1e-5);
        int[] order = [.. Enumerable.Range(0, size).OrderByDescending(i => logits[i]).Take(top.Length)];
        Assert.Equal(order, top.Select(t => t.Id));
        Assert.All(top, t => Assert.Equal(expected[t.Id], t.Logprob, 1e-5));
    }

    [Fact]
    public void Impossible_tokens_have_minus_infinity()
    {
        TokenLogprob[] top = new TokenLogprob[3];

        float logprob = Sample.Logprobs([float.NegativeInfinity, 0f, 0f], 0, top);

        float half = (float)Math.Log(0.5);
        Assert.Equal(float.NegativeInfinity, logprob);
        Assert.Equal([new(1, half), new(2, half), new(0, float.NegativeInfinity)], top);
    }
}
