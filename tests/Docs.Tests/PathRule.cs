using System.Text.RegularExpressions;

namespace Puna.Docs.Tests;

/// <summary>
/// A link's target and a path in back-ticks or in a command exist, seen from the root or from the document's folder.
/// <list type="bullet">
/// <item>A word with a slash is a path when it begins with <c>./</c> or <c>../</c>, ends with a slash or an extension
/// of <see cref="Extensions"/>, or has a folder's name of this repository in it. So <c>tok/s</c> is none.</item>
/// <item>A word without a slash is a path when it ends with an extension of <see cref="OurExtensions"/>; a file of
/// that name lies somewhere in the repository. <c>tokenizer.model</c> or <c>ids.json</c> may be anybody's.</item>
/// <item><c>*</c>, <c>&lt;Op&gt;</c> and <c>{i}</c> stand for any part of a name, and something has to match;
/// <c>{a,b}</c> stands for both.</item>
/// <item>Not ours, and not looked at: URLs, <c>/…</c>, <c>~…</c>, <c>$…</c>, what leaves the repository, what
/// <c>.gitignore</c> ignores, and in a command what follows <c>--output</c>, <c>-o</c> or <c>&gt;</c>.</item>
/// </list>
/// </summary>
public sealed partial class PathRule(RepositoryFiles files)
{
    private static readonly string[] OurExtensions =
        [".cs", ".csproj", ".sln", ".props", ".targets", ".md", ".py", ".sh"];

    private static readonly string[] Extensions =
    [
        .. OurExtensions, ".json", ".jsonl", ".jinja", ".safetensors", ".txt", ".gz", ".yml", ".yaml", ".toml",
    ];

    private static readonly HashSet<string> Outputs = ["--output", "-o", ">", ">>"];

    public IEnumerable<Problem> Check(Markdown document) =>
    [
        .. document.Links.SelectMany(l => CheckLink(document, l)),
        .. document.Spans.SelectMany(s => CheckCommand(document, s)),
        .. document.Blocks.Where(Shell.IsShell).SelectMany(Shell.Commands).SelectMany(c => CheckCommand(document, c)),
        .. document.Blocks.Where(b => b.Language is "" or "text").SelectMany(b => CheckTree(document, b)),
    ];

    private IEnumerable<Problem> CheckLink(Markdown document, Piece link)
    {
        if (Scheme().IsMatch(link.Text))
            yield break;
        string[] parts = link.Text.Split('#', 2);
        string target = Uri.UnescapeDataString(parts[0]);
        string? path = target.Length == 0 ? document.File : Resolve(document.Folder, target);
        if (path is null || (path != document.File && !files.Has(path)))
            yield return new(document.File, link.Line, $"the link '{link.Text}' leads nowhere");
        else if (parts.Length == 2 && Path.GetExtension(path) == ".md" && !HasHeading(document, path, parts[1]))
            yield return new(document.File, link.Line, $"the link '{link.Text}' names a heading that does not exist");
    }

    private bool HasHeading(Markdown document, string path, string anchor) =>
        (path == document.File ? document : Markdown.Parse(path, File.ReadAllText(Path.Combine(files.Root, path))))
            .Headings.Contains(anchor);

    private IEnumerable<Problem> CheckCommand(Markdown document, Piece piece)
    {
        foreach (List<Word> command in Shell.Split(piece.Text))
        {
            for (int i = 0; i < command.Count; i++)
            {
                bool isOutput = i > 0 && Outputs.Contains(command[i - 1].Text);
                string word = Trimmed(command[i].Text);
                if (!isOutput && LooksLikePath(word) && !Exists(document.Folder, word))
                    yield return new(document.File, piece.Line, $"the path '{word}' does not exist");
            }
        }
    }

    /// <summary>A drawn tree: the first word of a line is a path below some folder.</summary>
    private IEnumerable<Problem> CheckTree(Markdown document, Block block)
    {
        for (int i = 0; i < block.Lines.Count; i++)
        {
            string word = block.Lines[i].TrimStart(' ', '│', '├', '└', '─', '|', '-').Split(' ')[0];
            bool isEntry = word.EndsWith('/') || OurExtensions.Any(e => word.EndsWith(e, StringComparison.Ordinal));
            if (!isEntry || !IsPathText().IsMatch(word))
                continue;
            if (!Exists(document.Folder, word) && !files.HasMatch("**/" + Pattern(word)))
                yield return new(document.File, block.Line + i, $"the path '{word}' does not exist");
        }
    }

    private bool LooksLikePath(string word)
    {
        if (!IsPathText().IsMatch(word) || word[0] is '/' or '~' or '$' or '-' or '@')
            return false;
        if (!word.Contains('/'))
            return word[0] != '.' && OurExtensions.Any(e => word.EndsWith(e, StringComparison.Ordinal));
        string[] parts = word.Split('/');
        return parts[0] is "." or ".." || parts[^1].Length == 0
            || Extensions.Any(e => word.EndsWith(e, StringComparison.Ordinal))
            || parts[..^1].Any(files.FolderNames.Contains);
    }

    private bool Exists(string folder, string word) => Alternatives(word).All(path =>
    {
        string? fromRoot = Resolve("", path), fromFolder = Resolve(folder, path);
        bool isOutside = fromRoot is null && (fromFolder is null || !files.Has(fromFolder.Split('/')[0]));
        return isOutside || IsThere(fromRoot) || IsThere(fromFolder)
            || (!path.Contains('/') && files.HasName(Pattern(path)));
    });

    private bool IsThere(string? path) =>
        path is not null && ((path.Contains('*') ? files.HasMatch(path) : files.Has(path)) || files.IsIgnored(path));

    /// <summary>The path from the root; null where it leaves the repository.</summary>
    private static string? Resolve(string folder, string path)
    {
        List<string> parts = [];
        string joined = path.StartsWith('/') ? path : folder + "/" + path;
        foreach (string part in Pattern(joined).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                if (parts.Count == 0)
                    return null;
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    private static string Pattern(string path) => Placeholder().Replace(path.TrimEnd('/'), "*");

    private static IEnumerable<string> Alternatives(string path)
    {
        Match choice = Choice().Match(path);
        if (!choice.Success)
            return [path];
        string before = path[..choice.Index], after = path[(choice.Index + choice.Length)..];
        return choice.Groups["list"].Value.Split(',').SelectMany(name => Alternatives(before + name + after));
    }

    private static string Trimmed(string word) =>
        LineNumber().Replace(word.TrimEnd(',', ';', ':', '.', ')').TrimStart('('), "");

    [GeneratedRegex(@"^(\w[\w+.]*:|//)")]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^[\p{L}\p{N}_.\-+/*<>{},…@~$]+$")]
    private static partial Regex IsPathText();

    [GeneratedRegex(@"<[^<>/]*>|\{[^{},/]*\}|…")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\{(?<list>[^{}]*,[^{}]*)\}")]
    private static partial Regex Choice();

    [GeneratedRegex(@":\d+(-\d+)?$")]
    private static partial Regex LineNumber();
}
