using Xunit;

namespace Puna.TestKit;

/// <summary>
/// Text that is kept beside the tests and reviewed when it changes. With <c>PUNA_ACCEPT=1</c> in the environment a test
/// writes what it got instead of comparing.
/// </summary>
public static class GoldenFile
{
    private const int Shown = 40;

    /// <summary>Fails, showing the lines that differ, unless the file's text is <paramref name="actual"/>.</summary>
    /// <param name="path">Relative to the repository, with forward slashes.</param>
    /// <param name="actual">What the test got; line ends do not count.</param>
    public static void Matches(string path, string actual)
    {
        string full = Goldens.InRepository(path);
        string text = actual.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        if (Environment.GetEnvironmentVariable("PUNA_ACCEPT") == "1")
            File.WriteAllText(full, text);
        string expected = File.Exists(full) ? File.ReadAllText(full).ReplaceLineEndings("\n") : "";
        if (expected == text)
            return;
        string[] lines = Difference(expected.Split('\n'), text.Split('\n'));
        string more = lines.Length > Shown ? $"\n… and {lines.Length - Shown} lines more" : "";
        Assert.Fail($"{path} is not what the test got (- file, + test):\n{string.Join('\n', lines.Take(Shown))}{more}\n"
            + "If the change is meant, run this test again with PUNA_ACCEPT=1 in the environment and review the file.");
    }

    /// <summary>The lines of one text that the other lacks, in order: <c>- old</c> and <c>+ new</c>.</summary>
    public static string[] Difference(string[] expected, string[] actual)
    {
        // longest[i, j]: lines common to the rests expected[i..] and actual[j..]
        int[,] longest = new int[expected.Length + 1, actual.Length + 1];
        for (int i = expected.Length - 1; i >= 0; i--)
        {
            for (int j = actual.Length - 1; j >= 0; j--)
            {
                longest[i, j] = expected[i] == actual[j]
                    ? longest[i + 1, j + 1] + 1
                    : Math.Max(longest[i + 1, j], longest[i, j + 1]);
            }
        }

        List<string> lines = [];
        int old = 0, now = 0;
        while (old < expected.Length || now < actual.Length)
        {
            if (old < expected.Length && now < actual.Length && expected[old] == actual[now])
                (old, now) = (old + 1, now + 1);
            else if (now == actual.Length || (old < expected.Length && longest[old + 1, now] >= longest[old, now + 1]))
                lines.Add("- " + expected[old++]);
            else
                lines.Add("+ " + actual[now++]);
        }

        return [.. lines];
    }
}
