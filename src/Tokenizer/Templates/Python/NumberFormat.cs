using System.Globalization;
using System.Numerics;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Python;

/// <summary>Digits of a number in one of the ways that Python's two format languages share.</summary>
internal static class NumberFormat
{
    /// <summary>Most digits behind the point; a double has no more than 1,074 that are not zero.</summary>
    public const int MaxPrecision = 1_100;

    /// <summary>The digits without sign; null where the letter does not take this kind of number.</summary>
    public static string? Digits(Number number, char conversion, int? precision, bool isAlternate = false)
    {
        if (conversion is 'd' or 'i' or 'u')
            return number.Integer is { } i
                ? BigInteger.Abs(i).ToString(CultureInfo.InvariantCulture).PadLeft(precision ?? 0, '0')
                : null;
        if (conversion is 'x' or 'X' or 'o' or 'b')
            return number.Integer is { } j ? Based(BigInteger.Abs(j), conversion, isAlternate) : null;
        if (conversion is not ('f' or 'F' or 'e' or 'E' or '%' or 'g' or 'G'))
            return null;
        double value = Math.Abs(number.AsDouble);
        int digits = precision ?? 6;
        if (!double.IsFinite(value))
            return double.IsNaN(value) ? "nan" : "inf";
        return conversion switch
        {
            'f' or 'F' => Fixed(value, digits),
            '%' => Fixed(value * 100, digits) + "%",
            'e' or 'E' => Exponential(value, digits, conversion),
            _ => General(value, Math.Max(1, digits), conversion),
        };
    }

    /// <summary>Digits behind the point of the exact value; a tie goes to the even digit, as in Python.</summary>
    public static string Fixed(double value, int digits)
    {
        string rounded = value.ToString("F" + digits, CultureInfo.InvariantCulture);
        double scaled = Math.ScaleB(value, digits + 1);
        // a value has at most digits + 1 decimal places if it has as many binary ones
        if (!double.IsFinite(scaled) || scaled != Math.Floor(scaled))
            return rounded;
        string exact = value.ToString("F" + (digits + 1), CultureInfo.InvariantCulture);
        bool isTie = exact[^1] == '5';
        char last = digits == 0 ? exact[^3] : exact[^2];
        return isTie && (last - '0') % 2 == 0 ? exact[..(digits == 0 ? ^2 : ^1)] : rounded;
    }

    public static bool IsNegative(Number number) =>
        number.Integer is { } i ? i.Sign < 0 : double.IsNegative(number.Double) && !double.IsNaN(number.Double);

    private static string Based(BigInteger value, char conversion, bool isAlternate)
    {
        string digits = conversion switch
        {
            'x' => value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0'),
            'X' => value.ToString("X", CultureInfo.InvariantCulture).TrimStart('0'),
            'b' => value.ToString("b", CultureInfo.InvariantCulture).TrimStart('0'),
            _ => Octal(value),
        };
        return (isAlternate ? $"0{conversion}" : "") + (digits.Length == 0 ? "0" : digits);
    }

    private static string Octal(BigInteger value)
    {
        var digits = new Stack<char>();
        for (; !value.IsZero; value >>= 3)
            digits.Push((char)('0' + (int)(value & 7)));
        return string.Concat(digits);
    }

    private static string Exponential(double value, int digits, char conversion)
    {
        string text = value.ToString("E" + digits, CultureInfo.InvariantCulture);
        int mark = text.IndexOf('E', StringComparison.Ordinal);
        string power = text[(mark + 2)..].TrimStart('0').PadLeft(2, '0');
        return $"{text[..mark]}{conversion}{text[mark + 1]}{power}";
    }

    private static string General(double value, int digits, char conversion)
    {
        string scientific = Exponential(value, digits - 1, conversion == 'g' ? 'e' : 'E');
        int mark = scientific.LastIndexOfAny(['e', 'E']);
        int exponent =
            int.Parse(scientific.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent < -4 || exponent >= digits)
            return TrimZeros(scientific[..mark]) + scientific[mark..];
        return TrimZeros(value.ToString("F" + (digits - 1 - exponent), CultureInfo.InvariantCulture));
    }

    private static string TrimZeros(string digits) =>
        digits.Contains('.', StringComparison.Ordinal) ? digits.TrimEnd('0').TrimEnd('.') : digits;
}
