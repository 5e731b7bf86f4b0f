using FsCheck.Fluent;
using Puna.TestKit;

namespace Puna.Tokenizer.Tests;

public class StreamingDecoderTests
{
    private static readonly BpeTokenizer Demo = BpeTokenizer.Load(Goldens.Demo);

    [Theory]
    [InlineData(SpecialTokenRendering.Keep)]
    [InlineData(SpecialTokenRendering.Skip)]
    public void Streamed_text_is_the_text_of_all_ids(SpecialTokenRendering special) => Texts.Check(
        // Mostly single bytes, which start and break characters in every way.
        Gen.OneOf(Gen.Choose(0, 255), Gen.Choose(0, 2303), Gen.Choose(2288, 2303)).ArrayOf().ToArbitrary(),
        ids =>
        {
            StreamingDecoder decoder = new(Demo, special);
            string streamed = string.Concat(ids.Select(decoder.Add)) + decoder.Flush();
            return streamed == Demo.Decode(ids, special) && decoder.Flush() == "";
        },
        count: 5000);

    [Fact]
    public void An_unfinished_character_waits_for_its_bytes()
    {
        StreamingDecoder decoder = new(Demo);
        int[] ids = [.. "é😀"u8.ToArray().Select(b => Demo.Model.Vocabulary.Find([b]))];

        Assert.Equal(["", "é", "", "", "", "😀"], ids.Select(decoder.Add));
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void A_flush_gives_what_is_unfinished_once_and_begins_anew()
    {
        StreamingDecoder decoder = new(Demo);
        int lead = Demo.Model.Vocabulary.Find([0xC3]), rest = Demo.Model.Vocabulary.Find([0xA9]);

        Assert.Equal("", decoder.Add(lead));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("", decoder.Flush());
        Assert.Equal("", decoder.Add(lead));
        Assert.Equal("é", decoder.Add(rest));
    }

    [Fact]
    public void A_byte_that_cannot_go_on_shows_as_soon_as_it_is_proven()
    {
        StreamingDecoder decoder = new(Demo);

        Assert.Equal("", decoder.Add(Demo.Model.Vocabulary.Find([0xF0])));
        Assert.Equal("\uFFFDa", decoder.Add(Demo.Model.Vocabulary.Find([(byte)'a'])));
    }
}
