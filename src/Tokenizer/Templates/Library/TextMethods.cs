using System.Collections.Frozen;
using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>The methods of strings.</summary>
internal static class TextMethods
{
    private static readonly FrozenDictionary<string, Method> Table = new Dictionary<string, Method>
    {
        ["capitalize"] = new(new(0), (state, text, _) => PythonCase.Capitalize(state, text)),
        ["casefold"] = new(new(0), (state, text, _) => PythonCase.Lower(state, text)),
        ["center"] = new(new(1, "width", "fillchar"), (state, text, a) =>
            TextLayout.Center(state, text, a.Int(0), Fill(a))),
        ["count"] = new(new(1, "sub"), (state, text, a) => state.Integer(TextSearch.Count(state, text, a.Text(0)))),
        ["endswith"] = new(new(1, "suffix"), (state, text, a) => BoolValue.Of(TextSearch.HasEnd(state, text, a))),
        ["find"] = new(new(1, "sub", "start"), (state, text, a) => state.Integer(TextSearch.Find(state, text, a))),
        ["index"] = new(new(1, "sub", "start"), (state, text, a) => state.Integer(TextSearch.Index(state, text, a))),
        ["isalnum"] = new(new(0), (_, text, _) => All(text, (s, i) => char.IsLetter(s, i) || char.IsNumber(s, i))),
        ["isalpha"] = new(new(0), (_, text, _) => All(text, char.IsLetter)),
        ["isascii"] = new(new(0), (_, text, _) => BoolValue.Of(text.Value.All(char.IsAscii))),
        ["isdecimal"] = new(new(0), (_, text, _) => All(text, char.IsDigit)),
        ["isdigit"] = new(new(0), (_, text, _) => All(text, (s, i) => char.IsDigit(s, i) || IsSuperscript(s[i]))),
        ["islower"] = new(new(0), (_, text, _) => HasCase(text, PythonCase.IsLower)),
        ["isnumeric"] = new(new(0), (_, text, _) => All(text, char.IsNumber)),
        ["isspace"] = new(new(0), (_, text, _) => All(text, (s, i) => PythonSpace.IsSpace(s[i]))),
        ["isupper"] = new(new(0), (_, text, _) => HasCase(text, PythonCase.IsUpper)),
        ["join"] = new(new(1, "iterable"), (state, text, a) => TextLayout.Join(state, text, a)),
        ["ljust"] = new(new(1, "width", "fillchar"), (state, text, a) =>
            TextLayout.Pad(state, text, 0, a.Int(0), Fill(a))),
        ["lower"] = new(new(0), (state, text, _) => PythonCase.Lower(state, text)),
        ["lstrip"] = new(new(0, "chars"), (state, text, a) => Strip(state, text, a, left: true, right: false)),
        ["partition"] = new(new(1, "sep"), (state, text, a) =>
            TextSplitting.Partition(state, text, a.Text(0), fromEnd: false)),
        ["removeprefix"] = new(new(1, "prefix"), (_, text, a) =>
            text.Value.StartsWith(a.Text(0).Value, StringComparison.Ordinal)
            ? text.Slice(a.Text(0).Value.Length) : text),
        ["removesuffix"] = new(new(1, "suffix"), (_, text, a) =>
            text.Value.EndsWith(a.Text(0).Value, StringComparison.Ordinal)
            ? text.Slice(0, text.Value.Length - a.Text(0).Value.Length) : text),
        ["replace"] = new(new(2, "old", "new", "count"), (state, text, a) =>
            TextSearch.Replace(state, text, a.Text(0), a.Text(1), a.Int(2, -1))),
        ["rfind"] = new(new(1, "sub"), (state, text, a) => state.Integer(TextSearch.FindLast(state, text, a.Text(0)))),
        ["rjust"] = new(new(1, "width", "fillchar"), (state, text, a) =>
            TextLayout.Pad(state, text, a.Int(0), 0, Fill(a))),
        ["rpartition"] = new(new(1, "sep"), (state, text, a) =>
            TextSplitting.Partition(state, text, a.Text(0), fromEnd: true)),
        ["rsplit"] = new(new(0, "sep", "maxsplit"), (state, text, a) =>
            TextSplitting.Split(state, text, a, fromEnd: true)),
        ["rstrip"] = new(new(0, "chars"), (state, text, a) => Strip(state, text, a, left: false, right: true)),
        ["split"] = new(new(0, "sep", "maxsplit"), (state, text, a) =>
            TextSplitting.Split(state, text, a, fromEnd: false)),
        ["splitlines"] = new(new(0, "keepends"), (state, text, a) =>
            state.List(PythonSpace.SplitLines(text, a.Flag(0)))),
        ["startswith"] = new(new(1, "prefix"), (state, text, a) => BoolValue.Of(TextSearch.HasStart(state, text, a))),
        ["strip"] = new(new(0, "chars"), (state, text, a) => Strip(state, text, a, left: true, right: true)),
        ["swapcase"] = new(new(0), (state, text, _) => PythonCase.SwapCase(state, text)),
        ["title"] = new(new(0), (state, text, _) => PythonCase.Title(state, text)),
        ["upper"] = new(new(0), (state, text, _) => PythonCase.Upper(state, text)),
        ["zfill"] = new(new(1, "width"), (state, text, a) => TextLayout.ZeroFill(state, text, a.Int(0))),
    }.ToFrozenDictionary();

    /// <summary>A method bound to its text; null where strings have none of that name.</summary>
    public static Callable? Find(Text text, string name)
    {
        if (name == "format")
            return new(name, (state, a) => BraceFormat.Apply(state, text, a));
        return Table.TryGetValue(name, out Method? method)
            ? new(name, (state, a) =>
            {
                state.Spend(text.Value.Length / 16);
                return method.Body(state, text, method.Signature.Bind(state, $"the method '{name}'", a));
            })
            : null;
    }

    private static char Fill(Bound a) => a[1] is Text { Value.Length: 1 } fill ? fill.Value[0]
        : a[1] is null ? ' '
        : throw a.Wrong(1, "one character");

    private static Text Strip(RenderState state, Text text, Bound a, bool left, bool right)
    {
        state.Spend(text.Value.Length / 16);
        return PythonSpace.Strip(text, a.Has(0) ? a.Text(0).Value : null, left, right);
    }

    private static bool IsSuperscript(char c) => c is '\u00B2' or '\u00B3' or '\u00B9' or >= '\u2070' and <= '\u2089';

    private static BoolValue All(Text text, Func<string, int, bool> test)
    {
        for (int i = 0; i < text.Value.Length; i++)
        {
            if (!(char.IsLowSurrogate(text.Value[i]) && i > 0) && !test(text.Value, i))
                return BoolValue.Of(false);
        }

        return BoolValue.Of(text.Value.Length > 0);
    }

    // one letter of that case at least, and none of the other
    private static BoolValue HasCase(Text text, Func<string, int, bool> test)
    {
        bool any = false;
        for (int i = 0; i < text.Value.Length; i++)
        {
            bool isCased = PythonCase.IsCased(text.Value, i);
            if (isCased && !test(text.Value, i))
                return BoolValue.Of(false);
            any |= isCased;
        }

        return BoolValue.Of(any);
    }

    private sealed record Method(Signature Signature, Func<RenderState, Text, Bound, IValue> Body);
}
