using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Python;

/// <summary>How <c>json.dumps</c> spells a document.</summary>
/// <param name="Indent">What a level is indented by; null for one line.</param>
/// <param name="ItemSeparator">Between elements.</param>
/// <param name="KeySeparator">Between a key and its value.</param>
/// <param name="EnsureAscii">Whether everything beyond ASCII is escaped.</param>
/// <param name="SortKeys">Whether keys are put in order.</param>
internal sealed record JsonStyle(
    string? Indent, string ItemSeparator, string KeySeparator, bool EnsureAscii, bool SortKeys);

/// <summary>
/// Python's <c>json.dumps</c>, byte for byte. Pieces keep their origin, brackets have the container's.
/// </summary>
internal sealed class PythonJson(RenderState state, JsonStyle style)
{
    private readonly TextBuilder _builder = new(state);

    public static Text Dump(RenderState state, IValue value, JsonStyle style)
    {
        var json = new PythonJson(state, style);
        json.Write(value, level: 0);
        return json._builder.ToText();
    }

    private void Write(IValue value, int level)
    {
        state.Spend(1);
        switch (value)
        {
            case Text text:
                WriteString(text);
                break;
            case Sequence { Kind: SequenceKind.List or SequenceKind.Tuple } sequence:
                WriteArray(sequence, level);
                break;
            case Dict dict:
                WriteObject(dict, level);
                break;
            default:
                string spelled = Scalar(value) ?? throw state.Fail(
                    $"the filter 'tojson' is given {PythonTypes.Some(value)}, but JSON has only objects, arrays, "
                    + "strings, numbers, true, false and null. Make it a list or dict first.");
                _builder.Append(spelled, value.IsTrusted);
                break;
        }
    }

    private static string? Scalar(IValue value) => value switch
    {
        NoneValue => "null",
        BoolValue b => b.Value ? "true" : "false",
        FloatValue f => PythonFloat.Json(f.Value),
        IntValue => PythonText.Scalar(value),
        _ => null,
    };

    private void WriteArray(Sequence sequence, int level)
    {
        _builder.Append('[', sequence.IsTrusted);
        for (int i = 0; i < sequence.Items.Count; i++)
        {
            Separate(i == 0, level + 1, sequence.IsTrusted);
            Write(sequence.Items[i], level + 1);
        }

        Close(']', sequence.Items.Count, level, sequence.IsTrusted);
    }

    private void WriteObject(Dict dict, int level)
    {
        IEnumerable<KeyValuePair<IValue, IValue>> entries = dict.Entries;
        if (style.SortKeys)
            entries = Sorting.Sort(state, [.. dict.Entries], e => e.Key);
        _builder.Append('{', dict.IsTrusted);
        bool isFirst = true;
        foreach ((IValue key, IValue value) in entries)
        {
            Separate(isFirst, level + 1, dict.IsTrusted);
            isFirst = false;
            WriteString(key as Text ?? new Text(Scalar(key) ?? "", key.IsTrusted));
            _builder.Append(style.KeySeparator, dict.IsTrusted);
            Write(value, level + 1);
        }

        Close('}', dict.Entries.Count, level, dict.IsTrusted);
    }

    private void Separate(bool isFirst, int level, bool isTrusted)
    {
        if (!isFirst)
            _builder.Append(style.ItemSeparator, isTrusted);
        BreakLine(level, isTrusted);
    }

    private void Close(char bracket, int count, int level, bool isTrusted)
    {
        if (count > 0)
            BreakLine(level, isTrusted);
        _builder.Append(bracket, isTrusted);
    }

    private void BreakLine(int level, bool isTrusted)
    {
        if (style.Indent is null)
            return;
        _builder.Append('\n', isTrusted);
        for (int i = 0; i < level; i++)
            _builder.Append(style.Indent, isTrusted);
    }

    private void WriteString(Text text)
    {
        string s = text.Value;
        _builder.Append('"', text.IsTrusted);
        int start = 0;
        foreach (Run run in text.Runs)
        {
            int plain = start;
            for (int i = start; i < run.End; i++)
            {
                if (Escape(s[i]) is not { } escape)
                    continue;
                _builder.Append(s.AsSpan(plain, i - plain), run.IsTrusted).Append(escape, run.IsTrusted);
                plain = i + 1;
            }

            _builder.Append(s.AsSpan(plain, run.End - plain), run.IsTrusted);
            start = run.End;
        }

        _builder.Append('"', text.IsTrusted);
    }

    private string? Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        < ' ' => $"\\u{(int)c:x4}",
        > '~' when style.EnsureAscii => $"\\u{(int)c:x4}",
        _ => null,
    };
}
