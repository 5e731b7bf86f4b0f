using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>Finding and replacing in strings. Positions are code points, as in Python.</summary>
internal static class TextSearch
{
    public static int Count(RenderState state, Text text, Text part)
    {
        if (part.Value.Length == 0)
            return text.CodePointCount + 1;
        int count = 0;
        for (int at = IndexOf(state, text, part, 0); at >= 0; at = IndexOf(state, text, part, at + part.Value.Length))
            count++;
        return count;
    }

    public static int Find(RenderState state, Text text, Bound a)
    {
        int length = text.CodePointCount, start = a.Int(1);
        start = start < 0 ? Math.Max(0, start + length) : start;
        if (start > length)
            return -1;
        int at = IndexOf(state, text, a.Text(0), text.OffsetOf(start));
        return at < 0 ? -1 : text.IndexAt(at);
    }

    public static int Index(RenderState state, Text text, Bound a) => Find(state, text, a) is >= 0 and int at
        ? at
        : throw state.Fail(
            "the method 'index' looks for a text that the string does not hold. Use 'find', or test with 'in' first.");

    public static int FindLast(RenderState state, Text text, Text part)
    {
        state.Spend(text.Value.Length / 16);
        int at = part.Value.Length == 0
            ? text.Value.Length
            : text.Value.LastIndexOf(part.Value, StringComparison.Ordinal);
        return at < 0 ? -1 : text.IndexAt(at);
    }

    public static bool HasStart(RenderState state, Text text, Bound a) =>
        Affixes(state, a).Any(p => text.Value.StartsWith(p.Value, StringComparison.Ordinal));

    public static bool HasEnd(RenderState state, Text text, Bound a) =>
        Affixes(state, a).Any(p => text.Value.EndsWith(p.Value, StringComparison.Ordinal));

    /// <summary>Replaces up to <paramref name="count"/> occurrences, all where it is negative.</summary>
    /// <remarks>
    /// What is put in place of untrusted text is not trusted: whoever wrote that text chose the place.
    /// </remarks>
    public static Text Replace(RenderState state, Text text, Text old, Text replacement, int count)
    {
        state.Spend(1 + text.Value.Length / 16);
        var builder = new TextBuilder(state);
        int at = 0;
        for (int done = 0; count < 0 || done < count; done++)
        {
            int found = old.Value.Length > 0 ? IndexOf(state, text, old, at)
                : done == 0 ? 0
                : at < text.Value.Length ? at + Step(text.Value, at)
                : -1;
            if (found < 0)
                break;
            builder.Append(text, at, found - at);
            if (text.IsTrustedAt(found, old.Value.Length) && (old.Value.Length > 0 || text.IsTrusted))
                builder.Append(replacement);
            else
                builder.Append(replacement.Value, isTrusted: false);
            at = found + old.Value.Length;
        }

        return at == 0 && builder.Length == 0 ? text : builder.Append(text, at, text.Value.Length - at).ToText();
    }

    /// <summary>The first occurrence from <paramref name="from"/> on, in units; -1 where there is none.</summary>
    public static int IndexOf(RenderState state, Text text, Text part, int from)
    {
        int at = text.Value.IndexOf(part.Value, from, StringComparison.Ordinal);
        state.Spend(1 + ((at < 0 ? text.Value.Length : at) - from) / 16);
        return at;
    }

    private static int Step(string s, int at) => char.IsHighSurrogate(s[at]) && at + 1 < s.Length ? 2 : 1;

    private static IEnumerable<Text> Affixes(RenderState state, Bound a) => a[0] switch
    {
        Text one => [one],
        Sequence { Kind: SequenceKind.Tuple } several when several.Items.All(i => i is Text) =>
            several.Items.Cast<Text>(),
        { } other => throw Undefined.FailIfAny(state, a.Callee, other) ?? a.Wrong(0, "a str or a tuple of str"),
        _ => [],
    };
}
