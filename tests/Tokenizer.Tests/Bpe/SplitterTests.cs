using System.Text;
using System.Text.RegularExpressions;
using Puna.Tokenizer.Bpe;
using Puna.Tokenizer.Loading;

namespace Puna.Tokenizer.Tests.Bpe;

public class SplitterTests
{
    [Fact]
    public void Splitter_equals_the_pattern_in_a_backtracking_engine() => Texts.Check(
        Texts.Arbitrary,
        pieces => Splits(string.Concat(pieces), new(3))
            .SequenceEqual(Expected(string.Concat(pieces.Select(Texts.StandIn)), Pattern(@"\p{N}{1,3}"))),
        count: 5000);

    [Fact]
    public void Splitter_of_single_digits_equals_the_pattern_of_Qwen2() => Texts.Check(
        Texts.Arbitrary,
        pieces => Splits(string.Concat(pieces), new(1))
            .SequenceEqual(Expected(string.Concat(pieces.Select(Texts.StandIn)), Pattern(@"\p{N}"))));

    [Fact]
    public void Splitter_equals_the_pattern_on_any_characters_of_the_basic_plane() => Texts.Check(
        FsCheck.Fluent.ArbMap.Default.ArbFor<string>(),
        text =>
        {
            string plain = new([.. (text ?? "").Where(c => !char.IsSurrogate(c))]);
            return Splits(plain, new(3)).SequenceEqual(Expected(plain, Pattern(@"\p{N}{1,3}")));
        });

    [Theory]
    [InlineData("'ſab", "'ſ|ab")]
    [InlineData("I'Ll'x", "I|'Ll|'x")]
    [InlineData("a  \n \n  b", "a|  \n \n| | b")]
    [InlineData("x \t", "x| \t")]
    [InlineData(" !\n\n a", " !\n\n| a")]
    [InlineData("1234567", "123|456|7")]
    public void Splitter_cuts_as_the_pattern_says(string text, string expected) =>
        Assert.Equal(expected.Split('|').Select(s => s.Length), Splits(text, new(3)));

    [Fact]
    public void Tables_hold_the_class_of_every_code_point()
    {
        for (int codePoint = 0; codePoint <= 0x10FFFF; codePoint++)
            Assert.Equal(CharacterClasses.Classify(codePoint), CharacterClasses.Of(codePoint));
    }

    /// <summary>
    /// The pattern, with its first alternative written out: .NET does not fold U+017F to s, as Unicode's simple case
    /// folding and the engines of tiktoken and Hugging Face do.
    /// </summary>
    private static Regex Pattern(string digits) => new(
        "'(?:[sSſ]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])"
        + PreTokenizerJson.Llama3Pattern[PreTokenizerJson.Contractions.Length..].Replace(@"\p{N}{1,3}", digits),
        RegexOptions.CultureInvariant);

    private static IEnumerable<int> Expected(string text, Regex pattern) =>
        pattern.Matches(text).Select(m => m.Value.EnumerateRunes().Count());

    /// <summary>The length of each pre-token in code points.</summary>
    private static List<int> Splits(string text, Splitter splitter)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        List<int> lengths = [];
        for (int at = 0; at < utf8.Length;)
        {
            int end = splitter.End(utf8, at);
            lengths.Add(Encoding.UTF8.GetString(utf8[at..end]).EnumerateRunes().Count());
            at = end;
        }

        return lengths;
    }
}
