using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>Cutting strings; every piece keeps its origin.</summary>
internal static class TextSplitting
{
    /// <summary><c>split(sep, maxsplit)</c> or <c>rsplit</c>; without a separator at runs of space.</summary>
    public static Sequence Split(RenderState state, Text text, Bound a, bool fromEnd)
    {
        int most = a.Int(1, -1) is >= 0 and int given ? given : int.MaxValue;
        List<Text> pieces;
        if (!a.Has(0))
            pieces = fromEnd ? AtSpaceFromEnd(text, most) : AtSpace(text, most);
        else if (a.Text(0).Value.Length == 0)
            throw state.Fail($"{a.Callee} is given an empty separator, but needs a text to cut at.");
        else
            pieces = fromEnd ? FromEnd(text, a.Text(0).Value, most) : At(text, a.Text(0).Value, most);
        return state.List(pieces);
    }

    public static Sequence Partition(RenderState state, Text text, Text separator, bool fromEnd)
    {
        int at = separator.Value.Length == 0
            ? throw state.Fail("a partition is given an empty separator, but needs a text to cut at.")
            : fromEnd ? text.Value.LastIndexOf(separator.Value, StringComparison.Ordinal)
            : text.Value.IndexOf(separator.Value, StringComparison.Ordinal);
        if (at < 0)
            return fromEnd ? state.Tuple([Text.Empty, Text.Empty, text]) : state.Tuple([text, Text.Empty, Text.Empty]);
        int behind = at + separator.Value.Length;
        return state.Tuple([text.Slice(0, at), text.Slice(at, separator.Value.Length), text.Slice(behind)]);
    }

    private static List<Text> At(Text text, string separator, int most)
    {
        var pieces = new List<Text>();
        int from = 0;
        while (pieces.Count < most && text.Value.IndexOf(separator, from, StringComparison.Ordinal) is >= 0 and int at)
        {
            pieces.Add(text.Slice(from, at - from));
            from = at + separator.Length;
        }

        pieces.Add(text.Slice(from));
        return pieces;
    }

    private static List<Text> FromEnd(Text text, string separator, int most)
    {
        var pieces = new List<Text>();
        int end = text.Value.Length;
        while (pieces.Count < most
            && text.Value.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal) is >= 0 and int at)
        {
            pieces.Add(text.Slice(at + separator.Length, end - at - separator.Length));
            end = at;
        }

        pieces.Add(text.Slice(0, end));
        pieces.Reverse();
        return pieces;
    }

    private static List<Text> AtSpace(Text text, int most)
    {
        var pieces = new List<Text>();
        string s = text.Value;
        int at = 0;
        while (true)
        {
            while (at < s.Length && PythonSpace.IsSpace(s[at]))
                at++;
            if (at == s.Length)
                return pieces;
            int end = pieces.Count < most ? at : s.Length;
            while (end < s.Length && !PythonSpace.IsSpace(s[end]))
                end++;
            pieces.Add(text.Slice(at, end - at));
            at = end;
        }
    }

    private static List<Text> AtSpaceFromEnd(Text text, int most)
    {
        var pieces = new List<Text>();
        string s = text.Value;
        int end = s.Length;
        while (true)
        {
            while (end > 0 && PythonSpace.IsSpace(s[end - 1]))
                end--;
            if (end == 0)
                break;
            int at = pieces.Count < most ? end : 0;
            while (at > 0 && !PythonSpace.IsSpace(s[at - 1]))
                at--;
            pieces.Add(text.Slice(at, end - at));
            end = at;
        }

        pieces.Reverse();
        return pieces;
    }
}
