using System.Text.RegularExpressions;

namespace Puna.Docs.Tests;

/// <summary>A piece of a document and the line it begins in, from 1.</summary>
public readonly record struct Piece(int Line, string Text);

/// <summary>A fenced block.</summary>
/// <param name="Line">Line of its first line of content, from 1.</param>
/// <param name="Info">What stands after the opening fence: the language, then markers.</param>
/// <param name="Lines">Content, without the fence's own indentation.</param>
public sealed record Block(int Line, string Info, IReadOnlyList<string> Lines)
{
    /// <summary>The first word of <see cref="Info"/>, in lower case; empty where there is none.</summary>
    public string Language => Info.Split(' ')[0].ToLowerInvariant();

    /// <summary>The words after the language.</summary>
    public string[] Markers => [.. Info.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
}

/// <summary>As much of a Markdown file as the rules look at.</summary>
/// <param name="File">Relative to the repository, with forward slashes.</param>
/// <param name="Blocks">Fenced blocks.</param>
/// <param name="Spans">What stands in back-ticks outside of blocks.</param>
/// <param name="Links">Targets of links and images outside of blocks and back-ticks.</param>
/// <param name="Headings">Anchors of the headings, spelled as GitHub does.</param>
public sealed partial record Markdown(
    string File,
    IReadOnlyList<Block> Blocks,
    IReadOnlyList<Piece> Spans,
    IReadOnlyList<Piece> Links,
    IReadOnlySet<string> Headings)
{
    /// <summary>The folder of <see cref="File"/>, empty for the root.</summary>
    public string Folder => Path.GetDirectoryName(File)!.Replace('\\', '/');

    public static Markdown Parse(string file, string text)
    {
        (List<Block> blocks, string prose) = SplitBlocks(text.ReplaceLineEndings("\n"));
        List<Piece> spans = [];
        string bare = Span().Replace(prose, m =>
        {
            string code = m.Groups["code"].Value;
            spans.Add(new(LineAt(prose, m.Index), code.Replace('\n', ' ').Replace("\\|", "|").Trim()));
            return new string([.. m.Value.Select(c => c == '\n' ? c : '·')]);
        });
        IEnumerable<Piece> links =
            Link().Matches(bare).Select(m => new Piece(LineAt(bare, m.Index), m.Groups["to"].Value));
        HashSet<string> headings = [.. Heading().Matches(prose).Select(m => Anchor(m.Groups["title"].Value))];
        return new(file, blocks, spans, [.. links], headings);
    }

    /// <summary>Takes the fenced blocks out and leaves empty lines, so that line numbers stay.</summary>
    private static (List<Block> Blocks, string Prose) SplitBlocks(string text)
    {
        List<Block> blocks = [];
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            Match open = Fence().Match(lines[i]);
            if (!open.Success)
                continue;
            int end = i + 1;
            while (end < lines.Length && !IsClosing(lines[end], open.Groups["fence"].Value))
                end++;
            int indent = open.Groups["indent"].Length;
            string[] content = [.. lines[(i + 1)..Math.Min(end, lines.Length)].Select(l => Unindent(l, indent))];
            blocks.Add(new(i + 2, open.Groups["info"].Value.Trim(), content));
            for (; i <= end && i < lines.Length; i++)
                lines[i] = "";
            i--;
        }

        return (blocks, string.Join('\n', lines));
    }

    private static bool IsClosing(string line, string fence)
    {
        string trimmed = line.Trim();
        return trimmed.Length >= fence.Length && trimmed.All(c => c == fence[0]);
    }

    private static string Unindent(string line, int indent)
    {
        int spaces = line.TakeWhile(c => c == ' ').Count();
        return line[Math.Min(indent, spaces)..];
    }

    private static int LineAt(string text, int index) => 1 + text.AsSpan(0, index).Count('\n');

    private static string Anchor(string title) =>
        NotInAnchor().Replace(title.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"^(?<indent>\s*)(?<fence>`{3,}|~{3,})(?<info>[^`]*)$")]
    private static partial Regex Fence();

    // a span may run over a line's end, not over an empty line
    [GeneratedRegex(@"(?<!`)(?<tick>`+)(?!`)(?<code>(?:(?!\n\s*\n).)+?)(?<!`)\k<tick>(?!`)", RegexOptions.Singleline)]
    private static partial Regex Span();

    // [text](target "title"); [name]: target; an attribute of HTML
    [GeneratedRegex(
        """\]\(<?(?<to>[^)\s>]+)>?[^)]*\)|^\s*\[[^\]]+\]:\s*(?<to>\S+)|(?:src|href)="(?<to>[^"]+)""",
        RegexOptions.Multiline)]
    private static partial Regex Link();

    [GeneratedRegex(@"^#{1,6}\s+(?<title>.+?)\s*#*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N}\- _]")]
    private static partial Regex NotInAnchor();
}
