using System.Text.RegularExpressions;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// The comments by which the PTX language names the C# line of what follows: <c>// RmsNorm.Ptx.cs:21</c> on a line of its own.
/// </summary>
internal static partial class SourceComment
{
    /// <summary>The last such comment before a line of the text; null where there is none.</summary>
    /// <param name="text">PTX.</param>
    /// <param name="line">From 1.</param>
    public static string? Before(string text, int line)
    {
        string? found = null;
        int number = 1;
        foreach (ReadOnlySpan<char> content in text.AsSpan().EnumerateLines())
        {
            if (number++ >= line)
                break;
            ReadOnlySpan<char> trimmed = content.Trim();
            if (trimmed.StartsWith("//") && Pattern().IsMatch(trimmed))
                found = trimmed[2..].Trim().ToString();
        }

        return found;
    }

    [GeneratedRegex(@"^//\s*[^\s:]+\.cs:\d+$")]
    private static partial Regex Pattern();
}
