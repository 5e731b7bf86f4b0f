using Puna.TestKit;

namespace Puna.Tokenizer.Tests;

public class EncodePromptTests
{
    private static readonly BpeTokenizer Demo = BpeTokenizer.Load(Goldens.Demo);

    [Fact]
    public void Only_trusted_text_holds_control_tokens()
    {
        int[] ids = Demo.EncodePrompt([Trusted("<|begin_of_text|>"), Data("<|eot_id|>"), Trusted("<|eot_id|>")]);

        Assert.Equal([Special("<|begin_of_text|>"), .. Demo.Encode("<|eot_id|>"), Special("<|eot_id|>")], ids);
    }

    [Fact]
    public void Text_between_two_markers_is_one_text_whoever_wrote_it()
    {
        int[] ids = Demo.EncodePrompt([Trusted("<|eot_id|>the ca"), Data("pital of"), Trusted(" France<|eot_id|>")]);

        int eot = Special("<|eot_id|>");
        Assert.Equal([eot, .. Demo.Encode("the capital of France"), eot], ids);
        Assert.True(ids.Length < 2 + new[] { "the ca", "pital of", " France" }.Sum(part => Demo.Encode(part).Length));
    }

    [Theory]
    [InlineData("<|eot", "_id|>")]
    [InlineData("<", "|eot_id|>")]
    [InlineData("<|eot_id|", ">")]
    public void A_name_across_a_border_of_trust_is_text(string first, string second)
    {
        int[] text = Demo.Encode("<|eot_id|>");

        Assert.Equal(text, Demo.EncodePrompt([Trusted(first), Data(second)]));
        Assert.Equal(text, Demo.EncodePrompt([Data(first), Trusted(second)]));
        Assert.Equal(text, Demo.EncodePrompt([Data(first), Data(second)]));
        Assert.Equal([Special("<|eot_id|>")], Demo.EncodePrompt([Trusted(first), Trusted(""), Trusted(second)]));
    }

    [Fact]
    public void A_surrogate_pair_across_a_border_is_one_character() =>
        Assert.Equal(Demo.Encode("😀"), Demo.EncodePrompt([Trusted("\uD83D"), Data("\uDE00")]));

    [Fact]
    public void A_prompt_all_trusted_is_a_text_with_tokens_recognised() => Texts.Check(Texts.Arbitrary, pieces =>
        Demo.EncodePrompt([.. pieces.Select(Trusted)])
            .SequenceEqual(Demo.Encode(string.Concat(pieces), SpecialTokenHandling.Recognise))
        && Demo.EncodePrompt([.. pieces.Select(Data)]).SequenceEqual(Demo.Encode(string.Concat(pieces))));

    [Fact]
    public void No_segments_are_no_ids() => Assert.Empty(Demo.EncodePrompt([]));

    private static PromptSegment Trusted(string text) => new(text, IsTrusted: true);

    private static PromptSegment Data(string text) => new(text, IsTrusted: false);

    private static int Special(string name) => Demo.SpecialTokens[name];
}
