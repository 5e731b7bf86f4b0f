using System.Text;
using Puna.TestKit;
using Puna.Tokenizer.Bpe;

namespace Puna.Tokenizer.Tests.Bpe;

public class TextCutsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Runs_are_cut_where_the_textbook_cuts_them(int seed)
    {
        Random random = new(seed);
        string[] pieces = ["a", "é", "日", "😀", " ", "\u3000", "\n", "\u001c", "\u0085"];
        StringBuilder text = new();
        for (int run = 0; run < 12; run++)
        {
            string piece = pieces[random.Next(pieces.Length)], second = pieces[random.Next(pieces.Length)];
            int length = random.Next(4) * 12_499 + random.Next(9);
            for (int i = 0; i < length; i++)
                text.Append(random.Next(run % 3 == 0 ? 5000 : 50_000) == 0 ? second : piece);
        }

        byte[] utf8 = Encoding.UTF8.GetBytes(text.ToString());
        List<int> cuts = [];
        for (int at = 0; at < utf8.Length; cuts.Add(at))
            at = TextCuts.Next(utf8, at);

        Assert.Equal(Textbook(text.ToString()), cuts);
        Assert.True(cuts.Count > 1);
    }

    [Fact]
    public void Windows_hold_400_000_characters_in_both_encodings()
    {
        string text = string.Concat(Enumerable.Repeat("a😀é", 200_000));

        Assert.Equal(400_000, text[..TextCuts.Window(text)].EnumerateRunes().Count());
        Assert.Equal(
            Encoding.UTF8.GetByteCount(text.AsSpan(0, TextCuts.Window(text))),
            TextCuts.Window(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Cut_texts_encode_as_their_parts()
    {
        BpeTokenizer tokenizer = BpeTokenizer.Load(Goldens.Demo);
        string spaces = new(' ', 60_000), windows = string.Concat(Enumerable.Repeat("one two ", 100_001));

        Assert.Equal(
            new[] { 25_000, 25_000, 10_000 }.SelectMany(length => tokenizer.Encode(spaces[..length])),
            tokenizer.Encode(spaces));
        Assert.Equal(
            windows.Chunk(400_000).SelectMany(window => tokenizer.Encode(new string(window))),
            tokenizer.Encode(windows));
    }

    /// <summary>Ends of the parts, in bytes, character by character as Meta's encoder counts.</summary>
    private static List<int> Textbook(string text)
    {
        List<int> ends = [];
        int at = 0, run = 0;
        bool? inSpace = null;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isSpace = Rune.IsWhiteSpace(rune) || rune.Value is >= 0x1C and <= 0x1F;
            run = isSpace == inSpace ? run + 1 : 1;
            inSpace = isSpace;
            if (run > 25_000)
            {
                ends.Add(at);
                run = 1;
            }

            at += rune.Utf8SequenceLength;
        }

        return [.. ends, at];
    }
}
