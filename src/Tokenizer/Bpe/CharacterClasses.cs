using System.Globalization;

namespace Puna.Tokenizer.Bpe;

/// <summary>
/// The classes of Unicode characters that the split pattern tells apart: <c>\p{L}</c>, <c>\p{N}</c>, <c>\s</c>,
/// line ends, and the rest. Two levels of tables: the block of 256 characters, then the character in it.
/// </summary>
internal static class CharacterClasses
{
    /// <summary>Neither letter nor number nor white space; also a byte that is not part of valid UTF-8.</summary>
    public const byte Other = 0;

    /// <summary><c>\p{L}</c>.</summary>
    public const byte Letter = 1;

    /// <summary><c>\p{N}</c>.</summary>
    public const byte Number = 2;

    /// <summary><c>\s</c> without the line ends.</summary>
    public const byte Space = 3;

    /// <summary>Carriage return or line feed.</summary>
    public const byte LineEnd = 4;

    // Letters and numbers end in plane 3; what follows (tags, variation selectors, private use) is Other.
    private const int TabledCharacters = 0x40000;

    private static readonly byte[] Ascii = [.. Enumerable.Range(0, 128).Select(Classify)];
    private static readonly byte[] Classes = [];
    private static readonly byte[] BlockOf = [];

    static CharacterClasses()
    {
        List<byte> classes = [];
        BlockOf = new byte[TabledCharacters >> 8];
        Dictionary<string, byte> seen = [];
        Span<byte> block = stackalloc byte[256];
        for (int b = 0; b < BlockOf.Length; b++)
        {
            for (int i = 0; i < 256; i++)
                block[i] = Classify((b << 8) | i);
            string key = Convert.ToHexString(block);
            if (!seen.TryGetValue(key, out BlockOf[b]))
            {
                BlockOf[b] = checked((byte)seen.Count);
                seen.Add(key, BlockOf[b]);
                classes.AddRange(block);
            }
        }

        Classes = [.. classes];
    }

    /// <summary>The class of an ASCII character.</summary>
    /// <param name="ascii">Below 128.</param>
    public static byte OfAscii(byte ascii) => Ascii[ascii];

    /// <summary>The class of a code point.</summary>
    /// <param name="codePoint">0 to 0x10FFFF.</param>
    public static byte Of(int codePoint) =>
        codePoint < TabledCharacters ? Classes[(BlockOf[codePoint >> 8] << 8) | (codePoint & 255)] : Other;

    /// <summary>The class of the character at <paramref name="at"/>; an invalid byte is a character.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="at">Where the character starts, in bytes.</param>
    /// <param name="length">Its length in bytes, 1 to 4.</param>
    public static byte At(ReadOnlySpan<byte> text, int at, out int length)
    {
        byte lead = text[at];
        if (lead < 0x80)
        {
            length = 1;
            return Ascii[lead];
        }

        int codePoint = Utf8Character.Decode(text, at, out length);
        return codePoint < 0 ? Other : Of(codePoint);
    }

    /// <summary>The definition that the tables hold, from the runtime's Unicode data.</summary>
    /// <param name="codePoint">0 to 0x10FFFF.</param>
    internal static byte Classify(int codePoint)
    {
        if (codePoint is '\r' or '\n')
            return LineEnd;
        if (codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint))
            return Space;
        return CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            <= UnicodeCategory.OtherLetter => Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Number,
            _ => Other,
        };
    }
}
