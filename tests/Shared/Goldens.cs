using Xunit;

namespace Puna.TestKit;

/// <summary>
/// Finds reference data. <see cref="Shared"/> lies beside the repository and is not on every machine: a test that
/// needs it is skipped where it is absent. <see cref="Repository"/> is always there.
/// </summary>
public static class Goldens
{
    /// <summary>The repository's root: the folder that holds <c>Runtime.sln</c>.</summary>
    public static string Repository { get; } = FindRepository();

    // PUNA_SHARED names another place, or one that does not exist: then the tests run as on a machine without the data.
    private static string SharedRoot { get; } =
        Environment.GetEnvironmentVariable("PUNA_SHARED") ?? Path.GetFullPath(Path.Combine(Repository, "..", "shared"));

    /// <summary>The path of a file or folder of the repository.</summary>
    /// <param name="path">Relative to the root, with forward slashes.</param>
    public static string InRepository(string path) => Path.Combine(Repository, path);

    /// <summary>The demo model's folder.</summary>
    public static string Demo => InRepository("models/demo");

    /// <summary>The path of a file or folder of the shared reference data; skips the test where it is absent.</summary>
    /// <param name="path">Relative to the shared folder, such as <c>goldens/hf/llama-gqa</c>.</param>
    public static string Shared(string path)
    {
        string full = Path.Combine(SharedRoot, path);
        Assert.SkipUnless(Path.Exists(full), $"skipped: no reference data at {full}");
        return full;
    }

    /// <summary>The names of the folders in a folder of the shared reference data; none where it is absent.</summary>
    /// <param name="path">Relative to the shared folder.</param>
    public static IEnumerable<string> SharedFolders(string path)
    {
        string full = Path.Combine(SharedRoot, path);
        return Directory.Exists(full) ? Directory.GetDirectories(full).Select(d => Path.GetFileName(d)).Order() : [];
    }

    /// <summary>The names of checkpoints with recorded results: those kept in the repository and those beside it.</summary>
    public static IEnumerable<string> Checkpoints =>
        SharedFolders("goldens/hf").Concat(Directory.GetDirectories(InRepository("tests/Data/hf")).Select(d => Path.GetFileName(d)))
            .Distinct().Order(StringComparer.Ordinal);

    /// <summary>The folder of one of <see cref="Checkpoints"/>.</summary>
    public static string Checkpoint(string name) =>
        InRepository($"tests/Data/hf/{name}") is var kept && Directory.Exists(kept) ? kept : Shared($"goldens/hf/{name}");

    private static string FindRepository()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "Runtime.sln")))
                return d.FullName;
        }

        throw new InvalidOperationException($"no Runtime.sln above {AppContext.BaseDirectory}");
    }
}
