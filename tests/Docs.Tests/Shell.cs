using System.Text;

namespace Puna.Docs.Tests;

/// <summary>One word of a command.</summary>
/// <param name="Text">Without its quotes.</param>
/// <param name="IsQuoted">Whether a part of it stood in quotes.</param>
public readonly record struct Word(string Text, bool IsQuoted);

/// <summary>Reads command lines as far as documents use them.</summary>
public static class Shell
{
    private static readonly HashSet<string> Languages = ["bash", "sh", "shell", "console"];

    /// <summary>Whether a block holds commands.</summary>
    public static bool IsShell(Block block) => Languages.Contains(block.Language);

    /// <summary>The commands of a block, joined at a trailing backslash; of a session only what was typed.</summary>
    public static IEnumerable<Piece> Commands(Block block)
    {
        bool isSession = block.Lines.Any(l => l.StartsWith("$ ", StringComparison.Ordinal));
        for (int i = 0; i < block.Lines.Count; i++)
        {
            int line = block.Line + i;
            string text = block.Lines[i];
            bool isTyped = !isSession || text.StartsWith("$ ", StringComparison.Ordinal);
            while (text.EndsWith('\\') && i + 1 < block.Lines.Count)
                text = text[..^1] + block.Lines[++i];
            if (isTyped)
                yield return new(line, isSession ? text[2..] : text);
        }
    }

    /// <summary>Splits a line into simple commands at <c>| ; &amp;</c>, and each into words; drops comments.</summary>
    public static List<List<Word>> Split(string line)
    {
        List<List<Word>> commands = [[]];
        StringBuilder word = new();
        bool isQuoted = false;
        char quote = '\0';
        foreach (char c in line + " ")
        {
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
                if (quote != '\0')
                    word.Append(c);
            }
            else if (c is '"' or '\'')
            {
                quote = c;
                isQuoted = true;
            }
            else if (c == '#' && word.Length == 0 && !isQuoted)
            {
                break;
            }
            else if (char.IsWhiteSpace(c) || c is '|' or ';' or '&')
            {
                if (word.Length > 0 || isQuoted)
                    commands[^1].Add(new(word.ToString(), isQuoted));
                word.Clear();
                isQuoted = false;
                if (!char.IsWhiteSpace(c))
                    commands.Add([]);
            }
            else
            {
                word.Append(c);
            }
        }

        commands.RemoveAll(c => c.Count == 0);
        return commands;
    }
}
