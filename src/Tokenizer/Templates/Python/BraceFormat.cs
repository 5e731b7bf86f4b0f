using System.Globalization;
using Puna.Tokenizer.Templates.Library;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Python;

/// <summary>
/// Python's <c>'{}'.format(value)</c>: fields by position or name, attributes, items, <c>!r</c>, and a width.
/// </summary>
internal sealed class BraceFormat(RenderState state, Text format, Arguments arguments)
{
    private int _automatic;

    public static Text Apply(RenderState state, Text format, Arguments arguments) =>
        new BraceFormat(state, format, arguments).Run();

    private Text Run()
    {
        var builder = new TextBuilder(state);
        string s = format.Value;
        for (int at = 0; at < s.Length;)
        {
            int brace = s.AsSpan(at).IndexOfAny('{', '}');
            int end = brace < 0 ? s.Length : at + brace;
            builder.Append(format, at, end - at);
            at = end + 1;
            if (brace < 0)
                break;
            if (at < s.Length && s[at] == s[end])
            {
                builder.Append(format, at++, 1);
                continue;
            }

            int close = s[end] == '}' ? -1 : s.IndexOf('}', at);
            if (close < 0)
                throw state.Fail("a format has a single brace. Write '{{' or '}}' for a brace itself.");
            builder.Append(Field(s[at..close]));
            at = close + 1;
        }

        return builder.ToText();
    }

    private Text Field(string field)
    {
        int colon = field.IndexOf(':', StringComparison.Ordinal);
        string spec = colon < 0 ? "" : field[(colon + 1)..];
        string name = colon < 0 ? field : field[..colon];
        int bang = name.IndexOf('!', StringComparison.Ordinal);
        string conversion = bang < 0 ? "" : name[bang..];
        IValue value = Find(bang < 0 ? name : name[..bang]);
        value = conversion switch
        {
            "" => value,
            "!s" => PythonText.Str(state, value),
            "!r" => PythonText.Repr(state, value),
            _ => throw state.Fail($"a format converts by '{conversion}', but only '!s' and '!r' are supported."),
        };
        return spec.Length == 0 ? PythonText.Str(state, value) : Spell(value, spec);
    }

    private IValue Find(string path)
    {
        int end = path.AsSpan().IndexOfAny('.', '[') is >= 0 and int i ? i : path.Length;
        string first = path[..end];
        int index = first.Length == 0 ? _automatic++
            : int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? given : -1;
        IValue? value = index < 0 ? arguments.Find(first)
            : index < arguments.Positional.Count ? arguments.Positional[index] : null;
        if (value is null)
            throw state.Fail($"a format names the value '{(first.Length == 0 ? index : first)}', but is not given it.");
        while (end < path.Length)
            value = Step(value, path, ref end);
        return value;
    }

    private IValue Step(IValue value, string path, ref int at)
    {
        bool isItem = path[at] == '[';
        int end = isItem
            ? path.IndexOf(']', at)
            : path.AsSpan(at + 1).IndexOfAny('.', '[') is >= 0 and int i ? at + 1 + i : path.Length;
        if (end < 0)
            throw state.Fail("a format opens '[' in a field, but does not close it.");
        string name = path[(at + 1)..end];
        at = isItem ? end + 1 : end;
        if (!isItem)
            return Lookup.Attribute(state, value, name);
        bool isIndex = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index);
        return Lookup.Item(state, value, isIndex ? new IntValue(index, true) : new Text(name, true));
    }

    // [[fill]align][sign][0][width][.precision][letter]
    private Text Spell(IValue value, string spec)
    {
        int at = 0;
        char fill = ' ', align = '\0';
        if (spec.Length > 1 && spec[1] is '<' or '>' or '^' or '=')
            (fill, align, at) = (spec[0], spec[1], 2);
        else if (spec[0] is '<' or '>' or '^' or '=')
            (align, at) = (spec[0], 1);
        char sign = at < spec.Length && spec[at] is '+' or '-' or ' ' ? spec[at++] : '-';
        if (at < spec.Length && spec[at] == '0' && align == '\0')
            (fill, align) = ('0', '=');
        int width = Digits(spec, ref at) ?? 0;
        bool isGrouped = at < spec.Length && spec[at] == ',';
        at += isGrouped ? 1 : 0;
        int? precision = null;
        if (at < spec.Length && spec[at] == '.')
        {
            at++;
            precision = Math.Min(Digits(spec, ref at) ?? 0, NumberFormat.MaxPrecision);
        }

        char letter = at < spec.Length ? spec[at++] : '\0';
        if (at < spec.Length || width < 0)
            throw state.Fail(
                $"a format has the specification '{spec}', but only "
                + $"[[fill]align][sign][0][width][,][.precision][letter] is supported.");
        (string prefix, Text body) = Body(value, letter, precision, sign, isGrouped, spec);
        return Align(prefix, body, fill, align == '\0' ? value is Text ? '<' : '>' : align, width);
    }

    private Text Align(string prefix, Text body, char fill, char align, int width)
    {
        if (align == '=')
            return new TextBuilder(state).Append(prefix, body.IsTrusted)
                .Append(TextLayout.Pad(state, body, width - prefix.Length, 0, fill)).ToText();
        Text whole = new TextBuilder(state).Append(prefix, body.IsTrusted).Append(body).ToText();
        int rest = Math.Max(0, width - whole.CodePointCount);
        int left = align == '<' ? 0 : align == '>' ? rest : rest / 2;
        return new TextBuilder(state).Fill(fill, left, true).Append(whole).Fill(fill, rest - left, true).ToText();
    }

    private (string Prefix, Text Body) Body(
        IValue value, char letter, int? precision, char sign, bool isGrouped, string spec)
    {
        if (Number.From(value) is not { } number || letter == 's')
        {
            Text text = value as Text ?? PythonText.Str(state, value);
            if (letter is not ('\0' or 's') || isGrouped)
                throw state.Fail(
                    $"a format has the specification '{spec}' for {PythonTypes.Some(value)}, but that is for numbers.");
            return ("", precision < text.CodePointCount ? text.Slice(0, text.OffsetOf(precision.Value)) : text);
        }

        char conversion = letter != '\0' ? letter : number.Integer is not null ? 'd' : precision is null ? 'r' : 'g';
        string? digits = conversion == 'r'
            ? PythonFloat.Repr(Math.Abs(number.Double))
            : NumberFormat.Digits(number, conversion, precision);
        if (digits is null)
            throw state.Fail(
                $"a format has the specification '{spec}' for {PythonTypes.Some(value)}, but '{letter}' does not fit.");
        string prefix = NumberFormat.IsNegative(number) ? "-" : sign == '-' ? "" : sign.ToString();
        return (prefix, new(isGrouped ? Group(digits) : digits, value.IsTrusted));
    }

    private static string Group(string digits)
    {
        int whole = digits.IndexOf('.', StringComparison.Ordinal) is >= 0 and int point ? point : digits.Length;
        for (int i = whole - 3; i > 0; i -= 3)
            digits = digits.Insert(i, ",");
        return digits;
    }

    private static int? Digits(string spec, ref int at)
    {
        int from = at;
        while (at < spec.Length && char.IsAsciiDigit(spec[at]))
            at++;
        if (from == at)
            return null;
        return int.TryParse(spec.AsSpan(from, at - from), NumberStyles.None, CultureInfo.InvariantCulture, out int n)
            ? n
            : -1;
    }
}
