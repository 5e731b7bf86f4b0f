namespace Puna.Runtime.Loading;

/// <summary>
/// Follows symbolic links, so that a file's true place can be compared with the folder it should be in.
/// </summary>
internal static class RealPath
{
    private const int MaxLinks = 40;   // as the systems themselves allow

    /// <summary>The full path without symbolic links; parts that do not exist stay as they are.</summary>
    /// <exception cref="ModelFormatException">The links lead in a circle.</exception>
    public static string Resolve(string path)
    {
        string full = Path.GetFullPath(path);
        string root = Path.GetPathRoot(full) ?? "";
        var parts = new Stack<string>(full[root.Length..].Split(Path.DirectorySeparatorChar).Reverse());
        string resolved = root;
        int links = 0;
        while (parts.TryPop(out string? part))
        {
            if (part is "" or ".")
                continue;
            string next = part == ".." ? Path.GetDirectoryName(resolved) ?? root : Path.Combine(resolved, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                resolved = next;
                continue;
            }

            if (++links > MaxLinks)
                throw new ModelFormatException($"{Path.GetFileName(path)}: the symbolic links lead in a circle, but "
                    + "a file was expected.");
            string targetRoot = Path.GetPathRoot(target) ?? "";
            if (targetRoot.Length > 0)
                resolved = targetRoot;
            foreach (string step in target[targetRoot.Length..].Split(Path.DirectorySeparatorChar).Reverse())
                parts.Push(step);
        }

        return resolved;
    }

    /// <summary>
    /// The file that a path leads to: its length is that of the file, not of a link, and a broken link does not
    /// exist.
    /// </summary>
    public static FileInfo File(string path) => new(Resolve(path));

    /// <summary>
    /// Whether a file, with all links followed, lies in the folder or in the blob folder of the Hub cache that the
    /// folder belongs to.
    /// </summary>
    public static bool IsInside(string file, string folder)
    {
        string realFile = Resolve(file), realFolder = Resolve(folder);
        if (Starts(realFile, realFolder))
            return true;

        // <cache>/models--org--name/snapshots/<commit>/file -> ../../blobs/<hash>
        string? snapshots = Path.GetDirectoryName(realFolder);
        return snapshots is not null && Path.GetFileName(snapshots) == "snapshots"
            && Path.GetDirectoryName(snapshots) is { } repository
            && Starts(realFile, Path.Combine(repository, "blobs"));
    }

    private static bool Starts(string file, string folder) =>
        file.StartsWith(
            Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
