using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Python;

/// <summary>Python's upper, lower and title case: Unicode's full mappings, where a letter may become several.</summary>
internal static class PythonCase
{
    // Unicode's SpecialCasing.txt, unconditional: a letter, then its upper case
    private const string Expansions =
        "\u00DFSS \u0149\u02BCN \u01F0J\u030C \u0390\u0399\u0308\u0301 \u03B0\u03A5\u0308\u0301 "
        + "\u0587\u0535\u0552 \u1E96H\u0331 \u1E97T\u0308 \u1E98W\u030A \u1E99Y\u030A \u1E9AA\u02BE "
        + "\u1F50\u03A5\u0313 \u1F52\u03A5\u0313\u0300 \u1F54\u03A5\u0313\u0301 \u1F56\u03A5\u0313\u0342 "
        + "\u1F80\u1F08\u0399 \u1F81\u1F09\u0399 \u1F82\u1F0A\u0399 \u1F83\u1F0B\u0399 \u1F84\u1F0C\u0399 "
        + "\u1F85\u1F0D\u0399 \u1F86\u1F0E\u0399 \u1F87\u1F0F\u0399 \u1F88\u1F08\u0399 \u1F89\u1F09\u0399 "
        + "\u1F8A\u1F0A\u0399 \u1F8B\u1F0B\u0399 \u1F8C\u1F0C\u0399 \u1F8D\u1F0D\u0399 \u1F8E\u1F0E\u0399 "
        + "\u1F8F\u1F0F\u0399 \u1F90\u1F28\u0399 \u1F91\u1F29\u0399 \u1F92\u1F2A\u0399 \u1F93\u1F2B\u0399 "
        + "\u1F94\u1F2C\u0399 \u1F95\u1F2D\u0399 \u1F96\u1F2E\u0399 \u1F97\u1F2F\u0399 \u1F98\u1F28\u0399 "
        + "\u1F99\u1F29\u0399 \u1F9A\u1F2A\u0399 \u1F9B\u1F2B\u0399 \u1F9C\u1F2C\u0399 \u1F9D\u1F2D\u0399 "
        + "\u1F9E\u1F2E\u0399 \u1F9F\u1F2F\u0399 \u1FA0\u1F68\u0399 \u1FA1\u1F69\u0399 \u1FA2\u1F6A\u0399 "
        + "\u1FA3\u1F6B\u0399 \u1FA4\u1F6C\u0399 \u1FA5\u1F6D\u0399 \u1FA6\u1F6E\u0399 \u1FA7\u1F6F\u0399 "
        + "\u1FA8\u1F68\u0399 \u1FA9\u1F69\u0399 \u1FAA\u1F6A\u0399 \u1FAB\u1F6B\u0399 \u1FAC\u1F6C\u0399 "
        + "\u1FAD\u1F6D\u0399 \u1FAE\u1F6E\u0399 \u1FAF\u1F6F\u0399 \u1FB2\u1FBA\u0399 \u1FB3\u0391\u0399 "
        + "\u1FB4\u0386\u0399 \u1FB6\u0391\u0342 \u1FB7\u0391\u0342\u0399 \u1FBC\u0391\u0399 "
        + "\u1FC2\u1FCA\u0399 \u1FC3\u0397\u0399 \u1FC4\u0389\u0399 \u1FC6\u0397\u0342 "
        + "\u1FC7\u0397\u0342\u0399 \u1FCC\u0397\u0399 \u1FD2\u0399\u0308\u0300 \u1FD3\u0399\u0308\u0301 "
        + "\u1FD6\u0399\u0342 \u1FD7\u0399\u0308\u0342 \u1FE2\u03A5\u0308\u0300 \u1FE3\u03A5\u0308\u0301 "
        + "\u1FE4\u03A1\u0313 \u1FE6\u03A5\u0342 \u1FE7\u03A5\u0308\u0342 \u1FF2\u1FFA\u0399 "
        + "\u1FF3\u03A9\u0399 \u1FF4\u038F\u0399 \u1FF6\u03A9\u0342 \u1FF7\u03A9\u0342\u0399 "
        + "\u1FFC\u03A9\u0399 \uFB00FF \uFB01FI \uFB02FL \uFB03FFI \uFB04FFL \uFB05ST \uFB06ST "
        + "\uFB13\u0544\u0546 \uFB14\u0544\u0535 \uFB15\u0544\u053B \uFB16\u054E\u0546 \uFB17\u0544\u053D";

    private static readonly FrozenDictionary<int, string> UpperExpansions = Expansions.Split(' ')
        .ToFrozenDictionary(e => (int)e[0], e => e[1..]);

    public static Text Upper(RenderState state, Text text) => Map(state, text, (s, at) => Upper(Rune.GetRuneAt(s, at)));

    public static Text Lower(RenderState state, Text text) => Map(state, text, Lower);

    public static Text SwapCase(RenderState state, Text text) => Map(state, text, (s, at) =>
        IsLower(s, at)
            ? Upper(Rune.GetRuneAt(s, at))
            : IsUpper(s, at) ? Lower(s, at) : Rune.GetRuneAt(s, at).ToString());

    /// <summary>The first character in title case, the rest in lower case.</summary>
    public static Text Capitalize(RenderState state, Text text) =>
        Map(state, text, (s, at) => at == 0 ? Title(Rune.GetRuneAt(s, at)) : Lower(s, at));

    /// <summary>What <c>str.title</c> does: a letter after a letter is lower, every other one is title case.</summary>
    public static Text Title(RenderState state, Text text)
    {
        bool afterLetter = false;
        return Map(state, text, (s, at) =>
        {
            string mapped = afterLetter ? Lower(s, at) : Title(Rune.GetRuneAt(s, at));
            afterLetter = IsCased(s, at);
            return mapped;
        });
    }

    public static bool IsUpper(string s, int at) =>
        CharUnicodeInfo.GetUnicodeCategory(s, at) == UnicodeCategory.UppercaseLetter;

    public static bool IsLower(string s, int at) =>
        CharUnicodeInfo.GetUnicodeCategory(s, at) == UnicodeCategory.LowercaseLetter
        || s[at] is '\u00AA' or '\u00BA' or >= '\u02B0' and <= '\u02B8' or '\u02C0' or '\u02C1';

    public static bool IsCased(string s, int at) => IsUpper(s, at) || IsLower(s, at)
        || CharUnicodeInfo.GetUnicodeCategory(s, at) == UnicodeCategory.TitlecaseLetter;

    private static Text Map(RenderState state, Text text, Func<string, int, string> map)
    {
        string s = text.Value;
        var builder = new TextBuilder(state);
        var mapped = new StringBuilder();
        int start = 0;
        foreach (Run run in text.Runs)
        {
            mapped.Clear();
            for (int i = start; i < run.End;)
            {
                bool isPair = char.IsHighSurrogate(s[i]) && i + 1 < s.Length && char.IsLowSurrogate(s[i + 1]);
                // half a pair has no case
                mapped.Append(char.IsSurrogate(s[i]) && !isPair ? s[i].ToString() : map(s, i));
                i += isPair ? 2 : 1;
            }

            builder.Append(mapped.ToString(), run.IsTrusted);
            start = run.End;
        }

        return builder.ToText();
    }

    private static string Upper(Rune rune) => UpperExpansions.TryGetValue(rune.Value, out string? several)
        ? several
        : Rune.ToUpperInvariant(rune).ToString();

    private static string Lower(string s, int at) => s[at] switch
    {
        '\u03A3' => IsFinalSigma(s, at) ? "\u03C2" : "\u03C3",
        '\u0130' => "i\u0307",
        _ => Rune.ToLowerInvariant(Rune.GetRuneAt(s, at)).ToString(),
    };

    private static string Title(Rune rune)
    {
        if (rune.Value is >= 0x01C4 and <= 0x01CC)
            return ((char)(rune.Value - (rune.Value - 0x01C4) % 3 + 1)).ToString();
        if (rune.Value is >= 0x01F1 and <= 0x01F3)
            return "\u01F2";
        // Georgian has capitals, but no title case
        if (rune.Value is >= 0x10D0 and <= 0x10FF)
            return rune.ToString();
        if (!UpperExpansions.TryGetValue(rune.Value, out string? several))
            return Rune.ToUpperInvariant(rune).ToString();
        // Greek letters with an iota below have a capital of their own
        Rune single = Rune.ToUpperInvariant(rune);
        if (single != rune || CharUnicodeInfo.GetUnicodeCategory(rune.Value) == UnicodeCategory.TitlecaseLetter)
            return single.ToString();
        return several[..1] + several[1..].ToLowerInvariant();
    }

    // between a letter and a place where no letter follows; marks and points in between do not count
    private static bool IsFinalSigma(string s, int at)
    {
        int before = at - 1, after = at + 1;
        while (before >= 0 && IsIgnorable(s[before]))
            before--;
        while (after < s.Length && IsIgnorable(s[after]))
            after++;
        return before >= 0 && IsCased(s, before) && !(after < s.Length && IsCased(s, after));
    }

    private static bool IsIgnorable(char c) => c is '\'' or '.' or ':' or '\u00B7' or '\u2019'
        || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
