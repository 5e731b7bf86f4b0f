using Puna.Runtime.Sampling;

namespace Puna.Runtime.Tests.Sampling;

public class SamplingOptionsTests
{
    private static readonly SamplingOptions Options = new();

    [Fact]
    public void Defaults_and_the_ends_of_all_ranges_are_valid()
    {
        Options.Validate(1);
        SamplingOptions.Greedy.Validate(1);
        new SamplingOptions
        {
            Temperature = 100,
            TopK = -1,
            TopP = 0,
            MinP = 1,
            RepetitionPenalty = 0.01,
            FrequencyPenalty = -2,
            PresencePenalty = 2,
            LogitBias = [new(0, -100), new(9, 100)],
            Seed = long.MinValue,
            ChoiceIndex = 127,
            LogprobCount = 20,
        }.Validate(10);
    }

    [Fact]
    public void Values_out_of_range_are_refused_by_name()
    {
        Refused(
            "sampling: temperature is -1, but it must be 0 to 100 (0 takes the likeliest token).",
            Options with { Temperature = -1 });
        Refused(
            "sampling: top_k is -2, but it must be at least -1 (0 and -1 keep all tokens).",
            Options with { TopK = -2 });
        Refused("sampling: the choice index is -1, but it must be at least 0.", Options with { ChoiceIndex = -1 });
        Refused("sampling: top_logprobs is 21, but it must be 0 to 20.", Options with { LogprobCount = 21 });
        Refused(
            "sampling: logit_bias names token 10, but the vocabulary has ids 0 to 9." +
            " Was the bias made with another tokenizer?",
            Options with { LogitBias = [new(10, 1)] });
        Refused(
            "sampling: logit_bias of token 3 is 100.5, but it must be -100 to 100 (-100 as good as forbids it).",
            Options with { LogitBias = [new(3, 100.5f)] });
        Refused(
            "sampling: logit_bias of token 3 is NaN, but it must be -100 to 100 (-100 as good as forbids it).",
            Options with { LogitBias = [new(3, float.NaN)] });
        Refused(
            "sampling: logit_bias names token 3 twice, but each token has one bias.",
            Options with { LogitBias = [new(3, 1), new(3, 2)] });
        Refused(
            "sampling: logit_bias is not set, but it must be a list. Leave it out, or give an empty one.",
            Options with { LogitBias = default });
    }

    private static void Refused(string expected, SamplingOptions options) =>
        Assert.Equal(expected, Assert.Throws<ArgumentException>(() => options.Validate(10)).Message);
}
