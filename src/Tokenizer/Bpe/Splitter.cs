using static Puna.Tokenizer.Bpe.CharacterClasses;

namespace Puna.Tokenizer.Bpe;

/// <summary>
/// The split pattern of Llama 3, <see cref="Loading.PreTokenizerJson.Llama3Pattern"/>, written by hand over UTF-8.
/// Its alternatives are tried in their order at each place, as a backtracking engine would; a test proves them equal.
/// </summary>
/// <param name="digitGroup">How many digits stay together: 3 for Llama 3, 1 for Qwen2.</param>
internal sealed class Splitter(int digitGroup)
{
    /// <summary>How many digits stay together.</summary>
    public int DigitGroup => digitGroup;

    /// <summary>The end of the pre-token that starts at <paramref name="start"/>.</summary>
    /// <param name="text">The whole text: the pattern looks ahead, and its end matters.</param>
    /// <param name="start">Where a pre-token starts, in bytes; before the end.</param>
    /// <returns>An offset in bytes, above <paramref name="start"/>.</returns>
    public int End(ReadOnlySpan<byte> text, int start)
    {
        byte first = At(text, start, out int length);
        int second = start + length;
        switch (first)
        {
            case Letter:
                return EndOfLetters(text, second);
            case Number:
                return EndOfNumber(text, second);
            case LineEnd:
                return EndOfWhiteSpace(text, start);
        }

        if (text[start] == '\'' && Contraction(text[second..]) is int contraction and > 0)
            return second + contraction;
        if (second == text.Length)
            return second;

        byte next = At(text, second, out int nextLength);
        if (next == Letter)
            return EndOfLetters(text, second + nextLength);
        if (first == Other)
            return EndOfOther(text, second);
        if (text[start] == ' ' && next == Other)
            return EndOfOther(text, second + nextLength);
        return EndOfWhiteSpace(text, start);
    }

    /// <summary>The bytes after an apostrophe that make a contraction of it; 0 where they do not.</summary>
    /// <remarks>
    /// Without regard to case, by Unicode's simple case folding: LATIN SMALL LETTER LONG S (C5 BF) folds to s. It
    /// is the only character outside ASCII that folds to a letter of a contraction.
    /// </remarks>
    private static int Contraction(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty)
            return 0;
        int first = rest[0] | 0x20, second = rest.Length > 1 ? rest[1] | 0x20 : 0;
        switch (first)
        {
            case 's' or 't' or 'm' or 'd':
                return 1;
            case 'r' or 'v':
                return second == 'e' ? 2 : 0;
            case 'l':
                return second == 'l' ? 2 : 0;
            default:
                return rest.Length > 1 && rest[0] == 0xC5 && rest[1] == 0xBF ? 2 : 0;
        }
    }

    private static int EndOfLetters(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && At(text, at, out int length) == Letter)
            at += length;
        return at;
    }

    private int EndOfNumber(ReadOnlySpan<byte> text, int at)
    {
        for (int count = 1; count < digitGroup && at < text.Length && At(text, at, out int length) == Number; count++)
            at += length;
        return at;
    }

    private static int EndOfOther(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && At(text, at, out int length) == Other)
            at += length;
        while (at < text.Length && text[at] is (byte)'\r' or (byte)'\n')
            at++;
        return at;
    }

    /// <summary>
    /// A run of white space ends after its last line end; without one, at the end of the text; else before its last
    /// character, which belongs to what follows; a single character stands alone.
    /// </summary>
    private static int EndOfWhiteSpace(ReadOnlySpan<byte> text, int start)
    {
        int at = start, last = start, afterLineEnd = 0;
        while (at < text.Length)
        {
            byte kind = At(text, at, out int length);
            if (kind is not (Space or LineEnd))
                break;
            last = at;
            at += length;
            if (kind == LineEnd)
                afterLineEnd = at;
        }

        if (afterLineEnd > 0)
            return afterLineEnd;
        return at == text.Length || last == start ? at : last;
    }
}
