using System.Globalization;
using System.Text;

namespace Puna.Tokenizer.Templates.Python;

/// <summary>Python's <c>strftime</c> of a time without zone, in English, as the C library of Linux spells it.</summary>
internal static class Strftime
{
    public static string Format(DateTime time, string format)
    {
        var result = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
                continue;
            }

            char flag = format[i + 1] is '-' or '_' or '0' or '^' && i + 2 < format.Length ? format[i + 1] : '\0';
            char directive = format[i + (flag == '\0' ? 1 : 2)];
            string? spelled = Directive(time, directive);
            // what is no directive stays as it is written
            result.Append(spelled is null ? format.AsSpan(i, flag == '\0' ? 2 : 3) : Apply(flag, spelled));
            i += flag == '\0' ? 1 : 2;
        }

        return result.ToString();
    }

    private static string Apply(char flag, string spelled)
    {
        if (flag == '^')
            return spelled.ToUpperInvariant();
        if (flag == '\0' || spelled.Length == 0 || !char.IsAsciiDigit(spelled[^1]))
            return spelled;
        string bare = spelled.TrimStart(' ', '0') is { Length: > 0 } digits ? digits : "0";
        return flag switch
        {
            '-' => bare,
            '_' => bare.PadLeft(spelled.Length),
            _ => bare.PadLeft(spelled.Length, '0'),
        };
    }

    private static string? Directive(DateTime t, char directive) => directive switch
    {
        'a' => t.ToString("ddd", CultureInfo.InvariantCulture),
        'A' => t.ToString("dddd", CultureInfo.InvariantCulture),
        'b' or 'h' => t.ToString("MMM", CultureInfo.InvariantCulture),
        'B' => t.ToString("MMMM", CultureInfo.InvariantCulture),
        'c' => Format(t, "%a %b %e %H:%M:%S %Y"),
        'C' => Digits(t.Year / 100, 2),
        'd' => Digits(t.Day, 2),
        'D' or 'x' => Format(t, "%m/%d/%y"),
        'e' => t.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'f' => Digits((int)(t.TimeOfDay.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond), 6),
        'F' => Format(t, "%Y-%m-%d"),
        'G' => Digits(ISOWeek.GetYear(t), 1),
        'H' => Digits(t.Hour, 2),
        'I' => Digits((t.Hour + 11) % 12 + 1, 2),
        'j' => Digits(t.DayOfYear, 3),
        'm' => Digits(t.Month, 2),
        'M' => Digits(t.Minute, 2),
        'n' => "\n",
        'p' => t.Hour < 12 ? "AM" : "PM",
        'R' => Format(t, "%H:%M"),
        'S' => Digits(t.Second, 2),
        't' => "\t",
        'T' or 'X' => Format(t, "%H:%M:%S"),
        'u' => Digits(((int)t.DayOfWeek + 6) % 7 + 1, 1),
        'U' => Digits((t.DayOfYear + 6 - (int)t.DayOfWeek) / 7, 2),
        'V' => Digits(ISOWeek.GetWeekOfYear(t), 2),
        'w' => Digits((int)t.DayOfWeek, 1),
        'W' => Digits((t.DayOfYear + 6 - ((int)t.DayOfWeek + 6) % 7) / 7, 2),
        'y' => Digits(t.Year % 100, 2),
        'Y' => Digits(t.Year, 1),
        'z' or 'Z' => "",
        '%' => "%",
        _ => null,
    };

    private static string Digits(int value, int count) => value.ToString("D" + count, CultureInfo.InvariantCulture);
}
