using System.Globalization;
using System.Text;

namespace Puna.Runtime.Loading;

/// <summary>
/// Spells what a file says in an error sentence: one line, of bounded length, whatever the file holds.
/// </summary>
internal static class Quoted
{
    private const int MaxChars = 200;

    /// <summary>A name between apostrophes.</summary>
    public static string Name(string name) => $"'{Line(name)}'";

    /// <summary>Text without line breaks and control characters, cut after 200 characters.</summary>
    public static string Line(string text)
    {
        var line = new StringBuilder();
        foreach (char c in text)
        {
            if (line.Length >= MaxChars)
                return line.Append('…').ToString();
            if (char.IsControl(c) || c is '\u2028' or '\u2029')
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                line.Append(c);
        }

        return line.ToString();
    }

    /// <summary>A shape, such as <c>[512, 2048]</c>.</summary>
    public static string Shape(IEnumerable<long> shape) =>
        Line($"[{string.Join(", ", shape.Take(32).Select(d => d.ToString(CultureInfo.InvariantCulture)))}]");

    /// <summary>Says how many more there are than the one that was named: <c> (and 3 more)</c>, or nothing.</summary>
    public static string AndMore(long count) => count > 1 ? $" (and {count - 1} more)" : "";
}
