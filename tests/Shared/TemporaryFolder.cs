namespace Puna.TestKit;

/// <summary>A folder of its own that is deleted when it is disposed.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Makes an empty folder.</summary>
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("puna-").FullName;

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>The path of a file in it.</summary>
    /// <param name="name">Relative to the folder.</param>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Copies a folder's files into this one, and returns this one's path.</summary>
    /// <param name="source">A folder without sub-folders.</param>
    public string CopyFrom(string source)
    {
        foreach (string file in Directory.GetFiles(source))
        {
            string copy = File(System.IO.Path.GetFileName(file));
            System.IO.File.WriteAllBytes(copy, System.IO.File.ReadAllBytes(file));   // not its read-only mark
        }

        return Path;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
