using System.Globalization;
using System.Text;

namespace Puna.Tokenizer.Templates.Python;

/// <summary>Python's spelling of a double: the shortest digits that read back, with an exponent from 1e16 on.</summary>
internal static class PythonFloat
{
    public static string Repr(double value)
    {
        if (double.IsNaN(value))
            return "nan";
        if (double.IsInfinity(value))
            return value > 0 ? "inf" : "-inf";
        (string digits, int exponent) = Shortest(value);
        string sign = double.IsNegative(value) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string fraction = digits.Length > 1 ? "." + digits[1..] : "";
            string power = Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{power}";
        }

        if (exponent < 0)
            return sign + "0." + new string('0', -exponent - 1) + digits;
        return exponent + 1 >= digits.Length
            ? sign + digits.PadRight(exponent + 1, '0') + ".0"
            : sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    /// <summary>JSON as Python writes it, which has names for what JSON cannot say.</summary>
    public static string Json(double value) => double.IsNaN(value) ? "NaN"
        : double.IsInfinity(value) ? value > 0 ? "Infinity" : "-Infinity"
        : Repr(value);

    // significant digits without zeros at either end, and the decimal exponent of the first one
    private static (string Digits, int Exponent) Shortest(double value)
    {
        string text = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int mark = text.IndexOf('E', StringComparison.Ordinal);
        int power = mark < 0 ? 0 : int.Parse(text.AsSpan(mark + 1), CultureInfo.InvariantCulture);
        ReadOnlySpan<char> mantissa = mark < 0 ? text : text.AsSpan(0, mark);
        int point = mantissa.IndexOf('.');
        var digits = new StringBuilder();
        foreach (char c in mantissa)
        {
            if (c != '.')
                digits.Append(c);
        }

        int exponent = (point < 0 ? mantissa.Length : point) - 1 + power;
        string all = digits.ToString(), trimmed = all.TrimStart('0');
        if (trimmed.Length == 0)
            return ("0", 0);
        return (trimmed.TrimEnd('0'), exponent - (all.Length - trimmed.Length));
    }
}
