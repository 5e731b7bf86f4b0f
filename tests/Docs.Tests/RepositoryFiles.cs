using System.IO.Enumeration;

namespace Puna.Docs.Tests;

/// <summary>
/// What a clean clone holds: every file and folder that <c>.gitignore</c> does not name. Paths are relative to the
/// root, with forward slashes; case counts on every machine.
/// </summary>
public sealed class RepositoryFiles
{
    private readonly string[] _ignored;
    private readonly HashSet<string> _folders = [""];

    public RepositoryFiles(string root)
    {
        Root = root;
        IEnumerable<string> lines = File.ReadLines(Path.Combine(root, ".gitignore"));
        _ignored = [.. lines.Where(l => l.Length > 0 && l[0] != '#'), ".git"];
        AddFolder("");
        FolderNames = _folders.Select(f => f[(f.LastIndexOf('/') + 1)..]).Where(n => n.Length > 0).ToHashSet();
    }

    /// <summary>The repository's absolute path.</summary>
    public string Root { get; }

    /// <summary>All files.</summary>
    public HashSet<string> Files { get; } = [];

    /// <summary>Names of all folders, without their parents.</summary>
    public IReadOnlySet<string> FolderNames { get; }

    /// <summary>Whether a file or folder has this path.</summary>
    public bool Has(string path) => Files.Contains(path) || _folders.Contains(path);

    /// <summary>Whether a path matches: <c>*</c> stands for any part of one name, <c>**</c> for any folders.</summary>
    public bool HasMatch(string pattern)
    {
        string[] parts = pattern.Split('/');
        return Files.Concat(_folders).Any(path => Matches(path.Split('/'), parts));
    }

    /// <summary>Whether some file, in any folder, has a name that matches.</summary>
    public bool HasName(string pattern) =>
        Files.Any(f => IsMatch(pattern, f.AsSpan(f.LastIndexOf('/') + 1)));

    /// <summary>Whether <c>.gitignore</c> names the path or a folder above it: never in a clone.</summary>
    public bool IsIgnored(string path)
    {
        string[] parts = path.Split('/');
        for (int end = 1; end <= parts.Length; end++)
        {
            if (IsIgnoredItself(string.Join('/', parts[..end]), parts[end - 1]))
                return true;
        }

        return false;
    }

    private bool IsIgnoredItself(string path, string name) => _ignored.Any(line =>
    {
        string pattern = line.Trim('/');
        return IsMatch(pattern, pattern.Contains('/') ? path : name);
    });

    private static bool IsMatch(string pattern, ReadOnlySpan<char> name) =>
        FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);

    private void AddFolder(string folder)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(Path.Combine(Root, folder)).EnumerateFileSystemInfos())
        {
            string path = folder.Length == 0 ? entry.Name : folder + "/" + entry.Name;
            if (IsIgnoredItself(path, entry.Name))
                continue;
            if (entry is DirectoryInfo)
            {
                _folders.Add(path);
                AddFolder(path);
            }
            else
            {
                Files.Add(path);
            }
        }
    }

    private static bool Matches(ReadOnlySpan<string> path, ReadOnlySpan<string> pattern)
    {
        if (pattern.IsEmpty)
            return path.IsEmpty;
        if (pattern[0] == "**")
            return Matches(path, pattern[1..]) || (!path.IsEmpty && Matches(path[1..], pattern));
        return !path.IsEmpty
            && IsMatch(pattern[0], path[0])
            && Matches(path[1..], pattern[1..]);
    }
}
