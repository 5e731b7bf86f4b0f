using System.Globalization;
using System.Numerics;
using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>Filters that give numbers.</summary>
internal static class NumberFilters
{
    public static IReadOnlyDictionary<string, Filter> All { get; } = new Dictionary<string, Filter>
    {
        ["abs"] = new(new(0), Abs),
        ["float"] = new(new(0, "default"), (state, v, a) => ToFloat(v) is { } d
            ? new FloatValue(d, v.IsTrusted)
            : a[0] ?? new FloatValue(0, true)),
        ["int"] = new(new(0, "default", "base"), Int),
        ["round"] = new(new(0, "precision", "method"), Round),
    };

    private static IValue Int(RenderState state, IValue value, Bound a)
    {
        if (Undefined.FailIfAny(state, a.Callee, value) is { } failure)
            throw failure;
        if (value is FloatValue or Text && ToFloat(value) is { } number && double.IsInfinity(number))
            throw state.Fail($"{a.Callee} is given an infinite number, but no integer is infinite.");
        return ToInt(value, a.Int(1, 10)) is { } i ? state.Integer(i, value.IsTrusted) : a[0] ?? state.Integer(0);
    }

    private static IValue Abs(RenderState state, IValue value, Bound a) => Number.From(value) switch
    {
        { Integer: { } i } => state.Integer(BigInteger.Abs(i), value.IsTrusted),
        { Double: var d } => new FloatValue(Math.Abs(d), value.IsTrusted),
        _ => throw NotANumber(state, a.Callee, value),
    };

    private static ChatTemplateException NotANumber(RenderState state, string callee, IValue value) =>
        Undefined.FailIfAny(state, callee, value)
        ?? state.Fail($"{callee} is given {PythonTypes.Some(value)}, but needs a number.");

    private static double? ToFloat(IValue value)
    {
        if (value is not Text text)
            return Number.From(value)?.AsDouble;
        string s = PythonSpace.Strip(text).Value;
        string plain = Underscored(s) ?? "";
        return s.TrimStart('+', '-').ToLowerInvariant() switch
        {
            "inf" or "infinity" => s[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity,
            "nan" => double.NaN,
            _ => double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out double d) ? d : null,
        };
    }

    private static BigInteger? ToInt(IValue value, int @base)
    {
        if (value is Text text)
        {
            if (ParseInt(PythonSpace.Strip(text).Value, @base) is { } parsed)
                return parsed;
            // Jinja tries it as a float then: '42.23' gives 42
            value = ToFloat(value) is { } d ? new FloatValue(d, true) : NoneValue.Own;
        }

        return Number.From(value) switch
        {
            { Integer: { } i } => i,
            { Double: var d } when double.IsFinite(d) => new BigInteger(d),
            _ => null,
        };
    }

    private static BigInteger? ParseInt(string s, int @base)
    {
        bool isNegative = s.StartsWith('-');
        string digits = Underscored(s.Length > 0 && s[0] is '+' or '-' ? s[1..] : s)?.ToLowerInvariant() ?? "";
        if (@base is not (2 or 8 or 10 or 16) || digits.Length is 0 or > RenderState.MaxDigits)
            return null;
        string prefix = @base switch { 2 => "0b", 8 => "0o", 16 => "0x", _ => "" };
        if (prefix.Length > 0 && digits.StartsWith(prefix, StringComparison.Ordinal))
            digits = digits[2..];
        BigInteger sum = 0;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiDigit(c) ? c - '0' : c is >= 'a' and <= 'f' ? c - 'a' + 10 : @base;
            if (digit >= @base)
                return null;
            sum = sum * @base + digit;
        }

        return digits.Length == 0 ? null : isNegative ? -sum : sum;
    }

    // Python allows single underscores between digits
    private static string? Underscored(string s) =>
        s.StartsWith('_') || s.EndsWith('_') || s.Contains("__", StringComparison.Ordinal) ? null
        : s.Replace("_", "", StringComparison.Ordinal);

    private static IValue Round(RenderState state, IValue value, Bound a)
    {
        int digits = Math.Clamp(a.Int(0), -400, 400);
        string method = a.Text(1, new Text("common", true)).Value;
        if (Number.From(value) is not { } number)
            throw NotANumber(state, a.Callee, value);
        if (method is not ("common" or "ceil" or "floor"))
            throw a.Wrong(1, "'common', 'ceil' or 'floor'");
        if (method != "common")
        {
            double scale = Math.Pow(10, digits), scaled = number.AsDouble * scale;
            double whole = method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled);
            return new FloatValue(whole / scale, value.IsTrusted);
        }

        if (number.Integer is { } i)
            return state.Integer(digits >= 0 ? i : RoundToEven(i, BigInteger.Pow(10, -digits)), value.IsTrusted);
        double d = number.Double;
        // through decimal digits, as Python does, so that 2.675 is rounded by its exact value
        return new FloatValue(!double.IsFinite(d) || digits > 300 ? d : digits >= 0
            ? double.Parse(NumberFormat.Fixed(d, digits), CultureInfo.InvariantCulture)
            : Math.Round(d / Math.Pow(10, -digits)) * Math.Pow(10, -digits), value.IsTrusted);
    }

    private static BigInteger RoundToEven(BigInteger value, BigInteger unit)
    {
        BigInteger quotient = BigInteger.DivRem(value, unit, out BigInteger rest);
        int half = (BigInteger.Abs(rest) * 2).CompareTo(unit);
        if (half > 0 || half == 0 && !quotient.IsEven)
            quotient += value.Sign;
        return quotient * unit;
    }
}
