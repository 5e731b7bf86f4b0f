using System.Numerics;
using Puna.Tokenizer.Templates.Python;

namespace Puna.Tokenizer.Templates.Values;

/// <summary>Python's arithmetic on numbers, text and lists.</summary>
internal static class Arithmetic
{
    public static IValue Apply(RenderState state, string @operator, IValue a, IValue b)
    {
        state.Spend(1);
        bool isTrusted = a.IsTrusted && b.IsTrusted;
        if (Number.From(a) is { } x && Number.From(b) is { } y)
            return x.Integer is { } i && y.Integer is { } j
                ? Integers(state, @operator, i, j, isTrusted)
                : Floats(state, @operator, x.AsDouble, y.AsDouble, isTrusted);
        return (@operator, a, b) switch
        {
            ("+", Text s, Text t) => Join(state, s, t),
            ("+", Sequence { Kind: SequenceKind.List or SequenceKind.Tuple } s, Sequence t) when s.Kind == t.Kind =>
                Join(state, s, t),
            ("*", Text s, IntValue or BoolValue) => Repeat(state, s, b),
            ("*", IntValue or BoolValue, Text s) => Repeat(state, s, a),
            ("*", Sequence { IsIndexable: true, RangeText: null } s, IntValue or BoolValue) => Repeat(state, s, b),
            ("*", IntValue or BoolValue, Sequence { IsIndexable: true, RangeText: null } s) => Repeat(state, s, a),
            ("%", Text s, _) => PercentFormat.Apply(state, s, b),
            _ => throw Undefined.FailIfAny(state, $"'{@operator}'", a, b) ?? state.Fail(
                $"'{@operator}' is given {PythonTypes.Name(a)} and {PythonTypes.Name(b)}, but cannot join the two. "
                + "Convert one of them, for example with '~' or the filters 'string' and 'int'."),
        };
    }

    public static IValue Negate(RenderState state, string @operator, IValue value)
    {
        int sign = @operator == "-" ? -1 : 1;
        return Number.From(value) switch
        {
            { Integer: { } i } => state.Integer(sign * i, value.IsTrusted),
            { Double: var d } => new FloatValue(sign < 0 ? -d : d, value.IsTrusted),
            _ => throw Undefined.FailIfAny(state, $"'{@operator}'", value) ?? state.Fail(
                $"'{@operator}' is given {PythonTypes.Some(value)}, but needs a number."),
        };
    }

    private static ChatTemplateException DivisionByZero(RenderState state, string @operator) =>
        state.Fail($"'{@operator}' divides by zero, which has no result.");

    private static IValue Integers(RenderState state, string @operator, BigInteger a, BigInteger b, bool isTrusted)
    {
        if (b.IsZero && (@operator is "/" or "//" or "%"))
            throw DivisionByZero(state, @operator);
        return @operator switch
        {
            "+" => state.Integer(a + b, isTrusted),
            "-" => state.Integer(a - b, isTrusted),
            "*" => state.Integer(a * b, isTrusted),
            "/" => new FloatValue((double)a / (double)b, isTrusted),
            "//" => state.Integer(FloorDivide(a, b), isTrusted),
            "%" => state.Integer(a - FloorDivide(a, b) * b, isTrusted),
            _ => Power(state, a, b, isTrusted),
        };
    }

    private static BigInteger FloorDivide(BigInteger a, BigInteger b)
    {
        BigInteger quotient = BigInteger.DivRem(a, b, out BigInteger remainder);
        return !remainder.IsZero && remainder.Sign != b.Sign ? quotient - 1 : quotient;
    }

    private static IValue Power(RenderState state, BigInteger a, BigInteger b, bool isTrusted)
    {
        if (b.Sign < 0)
            return Floats(state, "**", (double)a, (double)b, isTrusted);
        if (BigInteger.Abs(a) <= 1)
            return state.Integer(a.IsOne || b.IsZero ? 1 : a.IsZero ? 0 : b.IsEven ? 1 : -1, isTrusted);
        // refused before it is computed
        if (a.GetBitLength() * (double)b > RenderState.MaxDigits * 8)
            throw state.Fail($"'**' makes an integer of more than {RenderState.MaxDigits} digits, but no more are "
                + "supported. Use a float, or smaller numbers.");
        return state.Integer(BigInteger.Pow(a, (int)b), isTrusted);
    }

    private static FloatValue Floats(RenderState state, string @operator, double a, double b, bool isTrusted)
    {
        if (b == 0 && (@operator is "/" or "//" or "%") || @operator == "**" && a == 0 && b < 0)
            throw DivisionByZero(state, @operator);
        double result = @operator switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Math.Floor((a - Modulo(a, b)) / b),
            "%" => Modulo(a, b),
            _ => Math.Pow(a, b),
        };
        if (@operator == "**" && double.IsNaN(result) && !double.IsNaN(a) && !double.IsNaN(b))
            throw state.Fail("'**' takes a root of a negative number, which has no real result.");
        return new(result, isTrusted);
    }

    // the sign of Python's remainder is the divisor's
    private static double Modulo(double a, double b)
    {
        double remainder = a % b;
        return remainder != 0 && remainder < 0 != b < 0 ? remainder + b : remainder;
    }

    private static Text Join(RenderState state, Text a, Text b)
    {
        bool isMarkup = a.IsMarkup || b.IsMarkup;
        Text text = new TextBuilder(state)
            .Append(isMarkup && !a.IsMarkup ? Html.Escape(state, a) : a)
            .Append(isMarkup && !b.IsMarkup ? Html.Escape(state, b) : b)
            .ToText();
        return isMarkup ? text.AsMarkup() : text;
    }

    private static Sequence Join(RenderState state, Sequence a, Sequence b)
    {
        state.Spend(a.Items.Count + b.Items.Count);
        return state.Sequence([.. a.Items, .. b.Items], a.Kind, a.IsTrusted && b.IsTrusted);
    }

    private static Text Repeat(RenderState state, Text text, IValue times)
    {
        long count = Count(state, times, text.Value.Length);
        var builder = new TextBuilder(state);
        for (long i = 0; i < count && text.Value.Length > 0; i++)
            builder.Append(text);
        return builder.ToText();
    }

    private static Sequence Repeat(RenderState state, Sequence sequence, IValue times)
    {
        long count = Count(state, times, 0);
        var items = new List<IValue>();
        for (long i = 0; i < count && sequence.Items.Count > 0; i++)
        {
            state.Spend(sequence.Items.Count);
            items.AddRange(sequence.Items);
        }

        return state.Sequence(items, sequence.Kind, sequence.IsTrusted);
    }

    private static long Count(RenderState state, IValue times, int length)
    {
        BigInteger count = Number.From(times)?.Integer ?? 0;
        // clamped to 2^31: beyond it every limit is reached
        long clamped = (long)BigInteger.Clamp(count, 0, int.MaxValue);
        state.CheckCharacters(clamped * length);
        return clamped;
    }
}
