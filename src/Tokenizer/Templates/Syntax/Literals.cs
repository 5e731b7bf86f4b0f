using System.Globalization;
using System.Text;
using Puna.Tokenizer.Templates.Python;

namespace Puna.Tokenizer.Templates.Syntax;

/// <summary>The small tokens of an expression, spelled as in Python.</summary>
internal static class Literals
{
    // longer ones first
    private static readonly string[] Operators =
    [
        "**", "//", "==", "!=", "<=", ">=",
        "+", "-", "*", "/", "%", "~", "(", ")", "[", "]", "{", "}", "<", ">", "=", ".", ":", "|", ",", ";",
    ];

    /// <summary>The length of the operator at a place; 0 where there is none.</summary>
    public static int MatchOperator(string source, int at)
    {
        foreach (string symbol in Operators)
        {
            if (source.AsSpan(at).StartsWith(symbol, StringComparison.Ordinal))
                return symbol.Length;
        }

        return 0;
    }

    /// <summary>The length of the name at a place; 0 where there is none.</summary>
    public static int MatchName(string source, int at)
    {
        if (char.IsAsciiDigit(source[at]))
            return 0;
        int end = at;
        while (end < source.Length && PythonSpace.IsWord(source[end]))
            end++;
        return end - at;
    }

    /// <summary>The length of the number at a place; 0 where there is none.</summary>
    public static int MatchNumber(string source, int at, out bool isFloat)
    {
        isFloat = false;
        int whole = MatchDigits(source, at, char.IsAsciiDigit);
        if (whole == 0)
            return 0;
        int end = at + whole;
        // behind a point, as in 'list.0.1', there are no floats
        if (at == 0 || source[at - 1] != '.')
        {
            int fraction = end < source.Length && source[end] == '.'
                ? MatchDigits(source, end + 1, char.IsAsciiDigit)
                : 0;
            int mark = end + (fraction > 0 ? fraction + 1 : 0);
            int exponent = MatchExponent(source, mark);
            isFloat = fraction > 0 || exponent > 0;
            if (isFloat)
                return mark + exponent - at;
        }

        if (source[at] == '0' && at + 1 < source.Length && MatchPrefixed(source, at) is > 0 and int prefixed)
            return prefixed;
        // a decimal integer has no leading zeros: '012' is '0' and '12', which no grammar joins
        return source[at] == '0' ? MatchDigits(source, at, c => c == '0') : whole;
    }

    /// <summary>What a string literal's body stands for; null where an escape is incomplete.</summary>
    public static string? Unescape(string body)
    {
        if (!body.Contains('\\', StringComparison.Ordinal))
            return body;
        var result = new StringBuilder(body.Length);
        for (int i = 0; i < body.Length; i++)
        {
            if (body[i] != '\\')
            {
                result.Append(body[i]);
                continue;
            }

            if (++i == body.Length)
                return null;
            int length = AppendEscape(result, body, i);
            if (length == 0)
                return null;
            i += length - 1;
        }

        return result.ToString();
    }

    private static int MatchDigits(string source, int at, Func<char, bool> isDigit)
    {
        int end = at;
        while (end < source.Length && (isDigit(source[end])
            || end > at && source[end] == '_' && end + 1 < source.Length && isDigit(source[end + 1])))
            end++;
        return end - at;
    }

    private static int MatchExponent(string source, int at)
    {
        if (at >= source.Length || source[at] is not ('e' or 'E'))
            return 0;
        int digits = at + 1 < source.Length && source[at + 1] is '+' or '-' ? at + 2 : at + 1;
        return MatchDigits(source, digits, char.IsAsciiDigit) is > 0 and int length ? digits + length - at : 0;
    }

    private static int MatchPrefixed(string source, int at)
    {
        Func<char, bool>? isDigit = source[at + 1] switch
        {
            'x' or 'X' => char.IsAsciiHexDigit,
            'o' or 'O' => c => c is >= '0' and <= '7',
            'b' or 'B' => c => c is '0' or '1',
            _ => null,
        };
        if (isDigit is null)
            return 0;
        int skip = at + 2 < source.Length && source[at + 2] == '_' ? 3 : 2;
        return MatchDigits(source, at + skip, isDigit) is > 0 and int length ? length + skip : 0;
    }

    // appends what the escape behind a backslash stands for; gives its length, 0 where it is incomplete
    private static int AppendEscape(StringBuilder result, string body, int at)
    {
        char c = body[at];
        int hex = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (hex > 0)
        {
            if (at + hex >= body.Length || !uint.TryParse(
                body.AsSpan(at + 1, hex), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code)
                || code > 0x10FFFF)
                return 0;
            result.Append(code > 0xFFFF ? char.ConvertFromUtf32((int)code) : ((char)code).ToString());
            return hex + 1;
        }

        if (c is >= '0' and <= '7')
            return AppendOctal(result, body, at);
        // names of characters would need Unicode's table
        if (c == 'N')
            return 0;
        result.Append(c switch
        {
            'n' => "\n",
            't' => "\t",
            'r' => "\r",
            'a' => "\a",
            'b' => "\b",
            'f' => "\f",
            'v' => "\v",
            '\n' => "",
            '\\' or '\'' or '"' => c.ToString(),
            _ => $"\\{c}",
        });
        return 1;
    }

    private static int AppendOctal(StringBuilder result, string body, int at)
    {
        int length = 0, code = 0;
        while (length < 3 && at + length < body.Length && body[at + length] is >= '0' and <= '7')
            code = code * 8 + body[at + length++] - '0';
        result.Append((char)code);
        return length;
    }
}
