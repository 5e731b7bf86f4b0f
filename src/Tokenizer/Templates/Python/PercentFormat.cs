using System.Globalization;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Python;

/// <summary>Python's <c>'%s' % value</c>, for the conversions d i u f F e E g G x X o s r c %.</summary>
internal sealed class PercentFormat(RenderState state, Text format)
{
    private readonly TextBuilder _builder = new(state);
    private int _at;
    private int _used;

    /// <param name="state">The rendering.</param>
    /// <param name="format">The text with conversions.</param>
    /// <param name="arguments">A tuple of values, a dict for <c>%(name)s</c>, or the one value.</param>
    public static Text Apply(RenderState state, Text format, IValue arguments) =>
        new PercentFormat(state, format).Run(arguments);

    private Text Run(IValue arguments)
    {
        IReadOnlyList<IValue> values = arguments is Sequence { Kind: SequenceKind.Tuple } tuple
            ? tuple.Items
            : [arguments];
        string s = format.Value;
        while (_at < s.Length)
        {
            int next = s.IndexOf('%', _at);
            int end = next < 0 ? s.Length : next;
            _builder.Append(format, _at, end - _at);
            _at = end + 1;
            if (next >= 0)
                Convert(arguments, values, format.IsTrustedAt(next, 1));
        }

        if (_used < values.Count && arguments is not (Dict or UndefinedValue or Sequence { Kind: SequenceKind.List }))
            throw state.Fail($"a format takes {_used} values, but is given {values.Count}.");
        return _builder.ToText();
    }

    private char Take() => _at < format.Value.Length
        ? format.Value[_at++]
        : throw state.Fail("a format ends within a conversion. Write '%%' for a percent sign.");

    private void Convert(IValue arguments, IReadOnlyList<IValue> values, bool isTrusted)
    {
        IValue? named = null;
        char c = Take();
        if (c == '(')
        {
            named = Named(arguments);
            c = Take();
        }

        string flags = "";
        for (; c is '-' or '+' or ' ' or '0' or '#'; c = Take())
            flags += c;
        int width = Number(ref c, values) ?? 0, precision = -1;
        if (c == '.')
        {
            c = Take();
            precision = Number(ref c, values) ?? 0;
        }

        while (c is 'l' or 'h' or 'L')
            c = Take();
        if (c == '%')
        {
            _builder.Append('%', isTrusted);
            return;
        }

        Text text = Spell(c, named ?? Next(values), flags, width, precision < 0
            ? null
            : Math.Min(precision, NumberFormat.MaxPrecision));
        bool isLeft = flags.Contains('-', StringComparison.Ordinal);
        _builder.Append(Library.TextLayout.Pad(state, text, isLeft ? 0 : width, isLeft ? width : 0));
    }

    private IValue Named(IValue arguments)
    {
        int close = format.Value.IndexOf(')', _at);
        if (close < 0 || arguments is not Dict dict)
            throw state.Fail("a format names its values, but is not given a dict, or the name is not closed by ')'.");
        string name = format.Value[_at..close];
        _at = close + 1;
        return dict[name] ?? throw state.Fail($"a format names '{name}', but the dict has no such key.");
    }

    private int? Number(ref char c, IReadOnlyList<IValue> values)
    {
        if (c == '*')
        {
            int given = Next(values) is IntValue { Value: var v } && v >= 0 && v < int.MaxValue ? (int)v
                : throw state.Fail("a format takes a width from its values, but is not given a natural number.");
            c = Take();
            return given;
        }

        int from = _at - 1;
        while (char.IsAsciiDigit(c))
            c = Take();
        ReadOnlySpan<char> digits = format.Value.AsSpan(from, _at - 1 - from);
        if (digits.IsEmpty)
            return null;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw state.Fail($"a format has the width {digits}, but {int.MaxValue} is the most.");
    }

    private IValue Next(IReadOnlyList<IValue> values) => _used < values.Count
        ? values[_used++]
        : throw state.Fail($"a format takes more values than the {values.Count} it is given.");

    private Text Spell(char conversion, IValue value, string flags, int width, int? precision)
    {
        if (conversion is 's' or 'r' or 'a')
        {
            Text text = conversion == 's' ? PythonText.Str(state, value) : PythonText.Repr(state, value);
            return precision < text.CodePointCount ? text.Slice(0, text.OffsetOf(precision.Value)) : text;
        }

        if (conversion == 'c' && value is Text { CodePointCount: 1 } character)
            return character;
        Number? number = Values.Number.From(value);
        if (conversion is 'd' or 'i' or 'u' && number is { Integer: null, Double: var d } && double.IsFinite(d))
            number = new(new System.Numerics.BigInteger(d), 0);
        string? digits = number is { } n
            ? NumberFormat.Digits(n, conversion, precision, flags.Contains('#', StringComparison.Ordinal))
            : null;
        if (digits is null || number is not { } shown)
            throw Undefined.FailIfAny(state, $"the conversion '%{conversion}'", value) ?? state.Fail(
                $"a format converts {PythonTypes.Some(value)} by '%{conversion}', but cannot. Does '%s' do?");
        string sign = NumberFormat.IsNegative(shown) ? "-"
            : flags.Contains('+', StringComparison.Ordinal) ? "+"
            : flags.Contains(' ', StringComparison.Ordinal) ? " " : "";
        bool zeros = flags.Contains('0', StringComparison.Ordinal) && !flags.Contains('-', StringComparison.Ordinal);
        state.CheckCharacters(width);
        return new(sign + (zeros ? digits.PadLeft(Math.Max(0, width - sign.Length), '0') : digits), value.IsTrusted);
    }
}
