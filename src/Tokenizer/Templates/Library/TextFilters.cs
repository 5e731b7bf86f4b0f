using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>Filters that give text.</summary>
internal static class TextFilters
{
    private static readonly Text FourSpaces = new("    ", isTrusted: true);
    private static readonly Text Ellipsis = new("...", isTrusted: true);

    public static IReadOnlyDictionary<string, Filter> All { get; } = new Dictionary<string, Filter>
    {
        ["capitalize"] = new(new(0), (state, v, _) => PythonCase.Capitalize(state, PythonText.Str(state, v))),
        ["center"] = new(new(0, "width"), (state, v, a) =>
            TextLayout.Center(state, PythonText.Str(state, v), a.Int(0, 80))),
        ["e"] = new(new(0), Escape),
        ["escape"] = new(new(0), Escape),
        ["forceescape"] = new(new(0), (state, v, _) => Html.Escape(state, PythonText.Str(state, v))),
        ["indent"] = new(new(0, "width", "first", "blank"), Indent),
        ["lower"] = new(new(0), (state, v, _) => PythonCase.Lower(state, PythonText.Str(state, v))),
        ["replace"] = new(new(2, "old", "new", "count"), (state, v, a) => TextSearch.Replace(
            state, PythonText.Str(state, v), Shown(state, a[0]), Shown(state, a[1]), a.Int(2, -1)).AsPlain()),
        ["safe"] = new(new(0), (state, v, _) => PythonText.Str(state, v).AsMarkup()),
        ["string"] = new(new(0), (state, v, _) => PythonText.Str(state, v)),
        ["title"] = new(new(0), (state, v, _) => Title(state, PythonText.Str(state, v))),
        ["tojson"] = new(new(0, "ensure_ascii", "indent", "separators", "sort_keys"), ToJson),
        ["trim"] = new(new(0, "chars"), Trim),
        ["truncate"] = new(new(0, "length", "killwords", "end", "leeway"), Truncate),
        ["upper"] = new(new(0), (state, v, _) => PythonCase.Upper(state, PythonText.Str(state, v))),
        ["wordcount"] = new(new(0), (state, v, _) => state.Integer(Words(PythonText.Str(state, v).Value))),
    };

    public static IValue Format(RenderState state, IValue value, Arguments arguments)
    {
        if (arguments.Named.Count == 0)
            return PercentFormat.Apply(state, PythonText.Str(state, value), state.Tuple(arguments.Positional));
        if (arguments.Positional.Count > 0)
            throw state.Fail("the filter 'format' is given values by position and by name, but takes one kind.");
        var named = new Dict(isTrusted: true);
        foreach ((string name, IValue item) in arguments.Named)
            state.Set(named, new Text(name, true), item);
        return PercentFormat.Apply(state, PythonText.Str(state, value), named);
    }

    private static Text Shown(RenderState state, IValue? value) => PythonText.Str(state, value ?? NoneValue.Own);

    private static IValue Escape(RenderState state, IValue value, Bound a) =>
        value is Text { IsMarkup: true } ? value : Html.Escape(state, PythonText.Str(state, value));

    private static IValue Truncate(RenderState state, IValue value, Bound a)
    {
        (int length, int leeway) = (a.Int(0, 255), a.Int(3, 5));
        if (value is Text text)
            return TextLayout.Truncate(state, text, length, a.Flag(1), a.Text(2, Ellipsis), leeway);
        // what is short enough is not looked at
        int count = value is Dict dict ? dict.Entries.Count : value is Sequence sequence ? sequence.Items.Count : 0;
        return value is Dict or Sequence or UndefinedValue && count <= (long)length + leeway
            ? value
            : throw state.Fail($"{a.Callee} is given {PythonTypes.Some(value)}, but shortens a str only.");
    }

    private static Text Trim(RenderState state, IValue value, Bound a)
    {
        Text text = PythonText.Str(state, value);
        state.Spend(text.Value.Length / 16);
        return PythonSpace.Strip(text, a.Has(0) ? a.Text(0).Value : null);
    }

    private static Text Indent(RenderState state, IValue value, Bound a)
    {
        if (value is not Text text)
            throw Undefined.FailIfAny(state, a.Callee, value)
                ?? state.Fail($"{a.Callee} is given {PythonTypes.Some(value)}, but indents a str only.");
        return TextLayout.Indent(state, text, Indention(state, a, 0) ?? FourSpaces, a.Flag(1), a.Flag(2));
    }

    // a number of spaces, or the text itself
    private static Text? Indention(RenderState state, Bound a, int index) => !a.Has(index) ? null
        : a[index] as Text ?? new TextBuilder(state).Fill(' ', a.Int(index), isTrusted: true).ToText();

    private static Text ToJson(RenderState state, IValue value, Bound a)
    {
        string? indent = Indention(state, a, 1)?.Value;
        (string item, string key) = (indent is null ? ", " : ",", ": ");
        if (a.Has(2))
        {
            if (a[2] is not Sequence { Items: [Text first, Text second] })
                throw a.Wrong(2, "a list or tuple of two str");
            (item, key) = (first.Value, second.Value);
        }

        return PythonJson.Dump(state, value, new(indent, item, key, a.Flag(0), a.Flag(3)));
    }

    // Jinja's own rule, not str.title: a word begins behind space, '-', '(', '{', '[' or '<'
    private static Text Title(RenderState state, Text text)
    {
        var builder = new TextBuilder(state);
        string s = text.Value;
        for (int at = 0; at < s.Length;)
        {
            int end = at;
            while (end < s.Length && IsWordBreak(s[end]) == IsWordBreak(s[at]))
                end++;
            int first = char.IsHighSurrogate(s[at]) && at + 1 < end ? 2 : 1;
            builder.Append(PythonCase.Upper(state, text.Slice(at, first)));
            builder.Append(PythonCase.Lower(state, text.Slice(at + first, end - at - first)));
            at = end;
        }

        return builder.ToText();
    }

    private static bool IsWordBreak(char c) => PythonSpace.IsSpace(c) || c is '-' or '(' or '{' or '[' or '<';

    private static int Words(string s)
    {
        int words = 0;
        for (int i = 0; i < s.Length; i++)
            words += PythonSpace.IsWord(s[i]) && (i == 0 || !PythonSpace.IsWord(s[i - 1])) ? 1 : 0;
        return words;
    }
}
