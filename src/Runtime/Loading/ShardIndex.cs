using System.Collections.Immutable;
using System.Text.Json;

namespace Puna.Runtime.Loading;

/// <summary>Which shard holds which tensor: <c>model.safetensors.index.json</c>.</summary>
/// <param name="Name">The index's file name.</param>
/// <param name="Map">Tensor name to file name.</param>
/// <param name="Files">The shards, each once, in the order of their names.</param>
/// <param name="TotalBytes"><c>metadata.total_size</c>, or null when it is absent or not a number.</param>
internal sealed record ShardIndex(
    string Name, IReadOnlyDictionary<string, string> Map, ImmutableArray<string> Files, long? TotalBytes)
{
    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];

    /// <summary>Reads an index and checks the names of its files; whether they exist is another question.</summary>
    public static ShardIndex Read(string path)
    {
        using JsonDocument document = JsonFile.Read(path);
        string name = Path.GetFileName(path);
        if (!document.RootElement.TryGetProperty("weight_map", out JsonElement map)
            || map.ValueKind != JsonValueKind.Object)
        {
            throw new ModelFormatException(
                $"{name}: weight_map is missing or not an object, but it must say which file holds which tensor. "
                + "Download it again.");
        }

        var byTensor = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonProperty property in map.EnumerateObject())
            byTensor[property.Name] = FileName(name, property);
        if (byTensor.Count == 0)
            throw new ModelFormatException($"{name}: weight_map is empty, but it must name the model's tensors. "
                + "Download it again.");
        string[] files = [.. byTensor.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return new ShardIndex(name, byTensor, [.. files], TotalSize(document.RootElement));
    }

    private static string FileName(string index, JsonProperty property)
    {
        string tensor = Quoted.Name(property.Name);
        if (property.Value.ValueKind != JsonValueKind.String)
        {
            throw new ModelFormatException(
                $"{index}: tensor {tensor} has {JsonFields.Show(property.Value)}, but the name of its file was "
                + "expected. Download it again.");
        }

        string file = property.Value.GetString()!;   // not null: it is a string
        return IsPlainName(file) ? file : throw new ModelFormatException(
            $"{index}: tensor {tensor} is said to be in {Quoted.Name(file)}, but the name of a file in the model's "
            + "folder was expected (no path, no device). Do not use this checkpoint.");
    }

    // The same rules on every system, so that a checkpoint that works on one works on the others.
    private static bool IsPlainName(string file)
    {
        bool isPath = file is "." or ".." || file.AsSpan().ContainsAny("/\\:");
        if (isPath || file.Length is 0 or > 255 || file.Any(char.IsControl))
            return false;
        string stem = file.Split('.')[0].TrimEnd(' ');
        bool isPort = stem.Length == 4 && char.IsAsciiDigit(stem[3])
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase)
                || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase));
        return !isPort && !Devices.Contains(stem, StringComparer.OrdinalIgnoreCase);
    }

    private static long? TotalSize(JsonElement root)
    {
        if (!root.TryGetProperty("metadata", out JsonElement metadata) || metadata.ValueKind != JsonValueKind.Object
            || !metadata.TryGetProperty("total_size", out JsonElement size) || size.ValueKind != JsonValueKind.Number)
            return null;
        if (size.TryGetInt64(out long bytes))
            return bytes;
        return size.TryGetDouble(out double number) && number is >= 0 and < 9e18 ? (long)number : null;
    }
}
