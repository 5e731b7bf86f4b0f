using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Puna.Runtime.Loading;

/// <summary>A tensor of a checkpoint and the file that holds it.</summary>
/// <param name="File">The file.</param>
/// <param name="Entry">What its header says of the tensor.</param>
public sealed record CheckpointTensor(SafetensorsFile File, SafetensorsEntry Entry);

/// <summary>
/// The weights of a model folder: one safetensors file, or an index and its shards. Only headers are read, so a
/// folder of 140 GB opens as fast as a small one.
/// </summary>
public sealed class Checkpoint
{
    internal const string SingleName = "model.safetensors";
    internal const string IndexName = "model.safetensors.index.json";

    private Checkpoint(
        string folder, ImmutableArray<SafetensorsFile> files, ImmutableArray<string> warnings, string source)
    {
        Folder = folder;
        Files = files;
        Source = source;
        Tensors = files
            .SelectMany(f => f.Table.Entries.Select(e => new CheckpointTensor(f, e)))
            .ToFrozenDictionary(t => t.Entry.Name, StringComparer.Ordinal);
        Warnings = [.. warnings, .. files.SelectMany(f => f.Table.Warnings).Select(w => w.Message)];
    }

    /// <summary>Full path of the folder.</summary>
    public string Folder { get; }

    /// <summary>The file that lists the tensors, as messages name it: the index, or the single file.</summary>
    public string Source { get; }

    /// <summary>The safetensors files that are used.</summary>
    public ImmutableArray<SafetensorsFile> Files { get; }

    /// <summary>Every tensor by its name.</summary>
    public IReadOnlyDictionary<string, CheckpointTensor> Tensors { get; }

    /// <summary>Remarks on what was accepted.</summary>
    public ImmutableArray<string> Warnings { get; }

    /// <summary>Reads and checks the headers of a folder's weights.</summary>
    /// <param name="folder">A folder with <c>model.safetensors</c>, or with an index and its shards.</param>
    /// <param name="mode">How closely the format's text is followed.</param>
    /// <exception cref="ModelFormatException">Weights are missing, damaged, or disagree with their index.</exception>
    public static Checkpoint Open(string folder, SafetensorsMode mode = SafetensorsMode.Strict)
    {
        folder = Path.GetFullPath(folder);
        string single = Path.Combine(folder, SingleName), index = Path.Combine(folder, IndexName);
        if (!Exists(index))
        {
            if (!Exists(single))
                throw MissingWeights.Explain(folder);
            return new Checkpoint(folder, [SafetensorsFile.Open(single, mode)], [], SingleName);
        }

        ShardIndex shards = ShardIndex.Read(index);
        string[] missing = [.. shards.Files.Where(f => !Exists(Path.Combine(folder, f)))];
        bool hasBoth = Exists(single) && !shards.Files.Contains(SingleName);
        if (missing.Length > 0 && hasBoth)
        {
            return new Checkpoint(folder, [SafetensorsFile.Open(single, mode)],
                [$"{IndexName}: the shard {Quoted.Name(missing[0])}{Quoted.AndMore(missing.Length)} is missing; "
                    + $"{SingleName} is used instead of the index."],
                SingleName);
        }

        if (missing.Length > 0)
        {
            throw new ModelFormatException(
                $"{IndexName}: the shard {Quoted.Name(missing[0])}{Quoted.AndMore(missing.Length)} is missing, but "
                + $"the index names {shards.Files.Length} shards. Download it again, or finish the download.");
        }

        ImmutableArray<string> warnings = hasBoth
            ? [$"{SingleName}: the folder also holds {IndexName}, and all its {shards.Files.Length} shards; the "
                + "shards are used."]
            : [];
        return OpenShards(folder, shards, mode, warnings);
    }

    /// <summary>The tensor with this name.</summary>
    /// <exception cref="ModelFormatException">The checkpoint has no such tensor.</exception>
    public CheckpointTensor Find(string tensor) => Tensors.TryGetValue(tensor, out CheckpointTensor? found)
        ? found
        : throw new ModelFormatException(
            $"{Source}: tensor {Quoted.Name(tensor)} was asked for, but the checkpoint does not hold it. It holds "
            + $"{Tensors.Count} other tensors.");

    /// <inheritdoc cref="SafetensorsFile.ReadF32"/>
    public float[] ReadF32(string tensor) => Find(tensor).File.ReadF32(tensor);

    /// <inheritdoc cref="SafetensorsFile.ReadI64"/>
    public long[] ReadI64(string tensor) => Find(tensor).File.ReadI64(tensor);

    /// <inheritdoc cref="SafetensorsFile.ReadI32"/>
    public int[] ReadI32(string tensor) => Find(tensor).File.ReadI32(tensor);

    // A link whose target is gone, as an unfinished download leaves it, is no file.
    private static bool Exists(string path) => RealPath.File(path).Exists;

    private static Checkpoint OpenShards(
        string folder, ShardIndex index, SafetensorsMode mode, ImmutableArray<string> warnings)
    {
        RefuseNamesThatDifferByCase(index);
        foreach (string file in index.Files)
        {
            if (!RealPath.IsInside(Path.Combine(folder, file), folder))
            {
                throw new ModelFormatException(
                    $"{index.Name}: the shard {Quoted.Name(file)} is a link to a place outside the model's folder, "
                    + "but shards must lie in it. Copy the file into the folder if you trust it.");
            }
        }

        ImmutableArray<SafetensorsFile> files =
            [.. index.Files.Select(f => SafetensorsFile.Open(Path.Combine(folder, f), mode))];
        CompareWithIndex(index, files);
        long bytes = files.Sum(f => f.Table.Entries.Sum(e => e.Bytes));
        if (index.TotalBytes is { } total && total != bytes)
            warnings = warnings.Add($"{index.Name}: total_size is {total}, but the tensors have {bytes} bytes.");
        return new Checkpoint(folder, files, warnings, index.Name);
    }

    private static void RefuseNamesThatDifferByCase(ShardIndex index)
    {
        foreach (IGrouping<string, string> group in index.Files.GroupBy(f => f, StringComparer.OrdinalIgnoreCase))
        {
            if (group.ElementAtOrDefault(1) is { } second)
            {
                throw new ModelFormatException(
                    $"{index.Name}: the shards {Quoted.Name(group.First())} and {Quoted.Name(second)} differ only "
                    + "in upper and lower case, but on some systems these are one file. Rename one, in the index "
                    + "too.");
            }
        }
    }

    private static void CompareWithIndex(ShardIndex index, ImmutableArray<SafetensorsFile> files)
    {
        var seen = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        foreach (SafetensorsFile file in files)
        {
            foreach (SafetensorsEntry entry in file.Table.Entries)
            {
                string tensor = $"tensor {Quoted.Name(entry.Name)}";
                if (!seen.TryAdd(entry.Name, file))
                {
                    throw new ModelFormatException(
                        $"{file.Name}: {tensor} is also in {seen[entry.Name].Name}, but a tensor lies in one shard. "
                        + "Download the shards again.");
                }

                if (!index.Map.ContainsKey(entry.Name))
                {
                    throw new ModelFormatException(
                        $"{file.Name}: {tensor} is not in {index.Name}, but the index must name every tensor of its "
                        + "shards. Do the index and the shards belong to the same model?");
                }
            }
        }

        foreach ((string tensor, string file) in index.Map)
        {
            if (!seen.TryGetValue(tensor, out SafetensorsFile? holder) || holder.Name != file)
            {
                string found = holder is null ? "no shard holds it" : $"it is in {Quoted.Name(holder.Name)}";
                throw new ModelFormatException(
                    $"{index.Name}: tensor {Quoted.Name(tensor)} is said to be in {Quoted.Name(file)}, but {found}. "
                    + "Do the index and the shards belong to the same model?");
            }
        }
    }
}
