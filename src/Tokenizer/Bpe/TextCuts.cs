namespace Puna.Tokenizer.Bpe;

/// <summary>
/// Where a long text is cut before it is split: into windows of 400,000 characters, and within those where a run of
/// white space, or of anything else, exceeds 25,000 characters. Meta's encoder does so to bound its time; cuts change
/// ids, so they are made for every file, <c>tokenizer.json</c> too.
/// </summary>
internal static class TextCuts
{
    /// <summary>Characters (code points) of a window.</summary>
    public const int WindowCharacters = 400_000;

    /// <summary>Characters of a run that is not cut.</summary>
    public const int RunCharacters = 25_000;

    /// <summary>The length of the first window of a text, in UTF-16 units; a lone surrogate is one character.</summary>
    /// <param name="text">The text from the window's start.</param>
    public static int Window(ReadOnlySpan<char> text)
    {
        if (text.Length <= WindowCharacters)
            return text.Length;
        int at = 0;
        for (int characters = 0; characters < WindowCharacters && at < text.Length; characters++)
            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
        return at;
    }

    /// <summary>The length of the first window of a text, in bytes; an invalid byte is one character.</summary>
    /// <param name="text">The text from the window's start, UTF-8.</param>
    public static int Window(ReadOnlySpan<byte> text)
    {
        if (text.Length <= WindowCharacters)
            return text.Length;
        int at = 0;
        for (int characters = 0; characters < WindowCharacters && at < text.Length; characters++)
        {
            Utf8Character.Decode(text, at, out int length);
            at += length;
        }

        return at;
    }

    /// <summary>Where the next cut is: the end of the text, or a place within a run that is too long.</summary>
    /// <param name="text">A window, UTF-8.</param>
    /// <param name="start">Where the text begins, or the last cut, in bytes.</param>
    public static int Next(ReadOnlySpan<byte> text, int start)
    {
        // A run has at least as many bytes as characters: where one ends every 25,000 bytes, none is too long.
        while (text.Length - start > RunCharacters)
        {
            int run = LastRunStart(text, start);
            if (run == start)
            {
                run = WalkRuns(text, start, out bool isCut);
                if (isCut)
                    return run;
            }

            start = run;
        }

        return text.Length;
    }

    /// <summary>The last place within 25,000 bytes where a run surely starts; the start where none is.</summary>
    private static int LastRunStart(ReadOnlySpan<byte> text, int start)
    {
        for (int at = start + RunCharacters; at > start; at--)
        {
            if (text[at] < 0x80 && text[at - 1] < 0x80 && IsSpace(text[at]) != IsSpace(text[at - 1]))
                return at;
        }

        return start;
    }

    /// <summary>Walks by characters to a cut, or to the start of a run at least 25,000 bytes on.</summary>
    private static int WalkRuns(ReadOnlySpan<byte> text, int start, out bool isCut)
    {
        bool inSpace = IsSpace(Utf8Character.Decode(text, start, out _));
        int run = 0;
        isCut = false;
        for (int at = start; at < text.Length;)
        {
            bool isSpace = IsSpace(Utf8Character.Decode(text, at, out int length));
            if (isSpace != inSpace)
            {
                inSpace = isSpace;
                run = 1;
                if (at - start >= RunCharacters)
                    return at;
            }
            else if (++run > RunCharacters)
            {
                isCut = true;
                return at;
            }

            at += length;
        }

        return text.Length;
    }

    /// <summary>White space as Meta's encoder, in Python, counts it: <c>\s</c> and U+001C to U+001F.</summary>
    private static bool IsSpace(int codePoint) =>
        codePoint is >= 0x1C and <= 0x1F
        || (codePoint >= 0 && CharacterClasses.Of(codePoint) is CharacterClasses.Space or CharacterClasses.LineEnd);
}
