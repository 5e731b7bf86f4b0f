using System.Globalization;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Python;

/// <summary>Python's <c>str()</c> and <c>repr()</c>.</summary>
internal static class PythonText
{
    /// <summary>What printing a value gives; pieces keep their origin, brackets have the container's.</summary>
    public static Text Str(RenderState state, IValue value) => value switch
    {
        Text text => text,
        UndefinedValue => Text.Empty,
        _ when Scalar(value) is { } spelled => new(spelled, value.IsTrusted),
        _ => Repr(state, value),
    };

    public static Text Repr(RenderState state, IValue value)
    {
        var builder = new TextBuilder(state);
        WriteRepr(state, builder, value);
        return builder.ToText();
    }

    /// <summary>The spelling of a number, boolean or none; null for anything else.</summary>
    public static string? Scalar(IValue value) => value switch
    {
        NoneValue => "None",
        BoolValue b => b.Value ? "True" : "False",
        IntValue i => i.Value.ToString(CultureInfo.InvariantCulture),
        FloatValue f => PythonFloat.Repr(f.Value),
        _ => null,
    };

    private static void WriteRepr(RenderState state, TextBuilder builder, IValue value)
    {
        state.Spend(1);
        state.Enter();
        switch (value)
        {
            case Text text:
                WriteString(builder, text);
                break;
            case Sequence { RangeText: { } range }:
                builder.Append(range, value.IsTrusted);
                break;
            case Sequence sequence:
                WriteSequence(state, builder, sequence);
                break;
            case Dict dict:
                WritePairs(state, builder, dict.Entries, dict.IsTrusted);
                break;
            case NamespaceValue space:
                builder.Append("<Namespace ", isTrusted: true);
                WritePairs(state, builder, space.Attributes.Select(a =>
                    KeyValuePair.Create<IValue, IValue>(new Text(a.Key, true), a.Value)), isTrusted: true);
                builder.Append('>', isTrusted: true);
                break;
            case UndefinedValue:
                builder.Append("Undefined", isTrusted: true);
                break;
            default:
                builder.Append(Scalar(value) ?? Opaque(value), value.IsTrusted);
                break;
        }

        state.Leave();
    }

    // objects whose Python spelling holds an address: no template can mean to print one
    private static string Opaque(IValue value) => value is Callable callable
        ? $"<function {callable.Name}>"
        : $"<{PythonTypes.Name(value)} object>";

    private static void WriteSequence(RenderState state, TextBuilder builder, Sequence sequence)
    {
        bool isTuple = sequence.Kind == SequenceKind.Tuple, isView = !sequence.IsIndexable;
        if (isView)
            builder.Append(PythonTypes.Name(sequence) + "(", sequence.IsTrusted);
        builder.Append(isTuple ? '(' : '[', sequence.IsTrusted);
        for (int i = 0; i < sequence.Items.Count; i++)
        {
            if (i > 0)
                builder.Append(", ", sequence.IsTrusted);
            WriteRepr(state, builder, sequence.Items[i]);
        }

        builder.Append(isTuple ? sequence.Items.Count == 1 ? ",)" : ")" : "]", sequence.IsTrusted);
        if (isView)
            builder.Append(')', sequence.IsTrusted);
    }

    private static void WritePairs(
        RenderState state, TextBuilder builder, IEnumerable<KeyValuePair<IValue, IValue>> pairs, bool isTrusted)
    {
        builder.Append('{', isTrusted);
        bool isFirst = true;
        foreach ((IValue key, IValue value) in pairs)
        {
            if (!isFirst)
                builder.Append(", ", isTrusted);
            isFirst = false;
            WriteRepr(state, builder, key);
            builder.Append(": ", isTrusted);
            WriteRepr(state, builder, value);
        }

        builder.Append('}', isTrusted);
    }

    private static void WriteString(TextBuilder builder, Text text)
    {
        string s = text.Value;
        bool useDouble = s.Contains('\'', StringComparison.Ordinal) && !s.Contains('"', StringComparison.Ordinal);
        char quote = useDouble ? '"' : '\'';
        if (text.IsMarkup)
            builder.Append("Markup(", text.IsTrusted);
        builder.Append(quote, text.IsTrusted);
        int start = 0;
        foreach (Run run in text.Runs)
        {
            int plain = start;
            for (int i = start; i < run.End;)
            {
                int length = char.IsHighSurrogate(s[i]) && i + 1 < run.End && char.IsLowSurrogate(s[i + 1]) ? 2 : 1;
                if (Escape(s, i, length, quote) is { } escape)
                {
                    builder.Append(s.AsSpan(plain, i - plain), run.IsTrusted).Append(escape, run.IsTrusted);
                    plain = i + length;
                }

                i += length;
            }

            builder.Append(s.AsSpan(plain, run.End - plain), run.IsTrusted);
            start = run.End;
        }

        builder.Append(text.IsMarkup ? $"{quote})" : $"{quote}", text.IsTrusted);
    }

    private static string? Escape(string s, int at, int length, char quote)
    {
        char c = s[at];
        if (c is >= ' ' and < '\u007F')
            return c == quote || c == '\\' ? $"\\{c}" : null;
        if (c is '\n' or '\r' or '\t')
            return c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
        if (IsPrintable(s, at))
            return null;
        int code = length == 2 ? char.ConvertToUtf32(c, s[at + 1]) : c;
        return code < 0x100 ? $"\\x{code:x2}" : code < 0x10000 ? $"\\u{code:x4}" : $"\\U{code:x8}";
    }

    /// <summary>Python prints what is neither a control, a separator, a surrogate, private nor unassigned.</summary>
    public static bool IsPrintable(string s, int at) => s[at] == ' ' || CharUnicodeInfo.GetUnicodeCategory(s, at) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);
}
