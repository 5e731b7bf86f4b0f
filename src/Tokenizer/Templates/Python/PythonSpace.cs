using System.Globalization;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Python;

/// <summary>What Python's <c>str.isspace</c>, <c>strip</c> and <c>splitlines</c> take for blank.</summary>
internal static class PythonSpace
{
    /// <summary>Python counts U+001C to U+001F as space, .NET does not; the rest is the same.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    /// <summary>Where <c>splitlines</c> cuts; a carriage return and line feed together are one cut.</summary>
    public static bool IsLineBreak(char c) =>
        c is >= '\n' and <= '\r' or >= '\u001C' and <= '\u001E' or '\u0085' or '\u2028' or '\u2029';

    /// <summary>Whether a unit belongs to a word as Python's <c>\w</c> has it.</summary>
    public static bool IsWord(char c) => c == '_' || char.IsLetter(c) || char.IsSurrogate(c)
        || char.GetUnicodeCategory(c) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
            or UnicodeCategory.OtherNumber;

    /// <summary>Removes space, or any of <paramref name="characters"/>, at the ends that are asked for.</summary>
    public static Text Strip(Text text, string? characters = null, bool left = true, bool right = true)
    {
        string s = text.Value;
        int start = 0, end = s.Length;
        while (left && start < end && Length(s, start, characters) is > 0 and int n)
            start += n;
        while (right && end > start && LengthBefore(s, end, characters) is > 0 and int n)
            end -= n;
        return text.Slice(start, end - start);
    }

    /// <summary>Lines without their breaks; no empty line follows a last break.</summary>
    public static List<Text> SplitLines(Text text, bool keepBreaks = false)
    {
        var lines = new List<Text>();
        string s = text.Value;
        for (int start = 0; start < s.Length;)
        {
            int end = start;
            while (end < s.Length && !IsLineBreak(s[end]))
                end++;
            int next = end + (end + 1 < s.Length && s[end] == '\r' && s[end + 1] == '\n' ? 2 : 1);
            next = Math.Min(next, s.Length);
            lines.Add(text.Slice(start, (keepBreaks ? next : end) - start));
            start = next;
        }

        return lines;
    }

    // one code point of the set at a place, in units; 0 where another one stands there
    private static int Length(string s, int at, string? characters)
    {
        if (characters is null)
            return IsSpace(s[at]) ? 1 : 0;
        int length = char.IsHighSurrogate(s[at]) && at + 1 < s.Length ? 2 : 1;
        return characters.AsSpan().Contains(s.AsSpan(at, length), StringComparison.Ordinal) ? length : 0;
    }

    private static int LengthBefore(string s, int end, string? characters) =>
        Length(s, end > 1 && char.IsLowSurrogate(s[end - 1]) && characters is not null ? end - 2 : end - 1, characters);
}
