using System.Text.Json;
using Puna.Kernels.Gpu;

namespace Puna.Tools.KernelChecks;

/// <summary>The fields of a JSON object of a manifest, read with a sentence for what is wrong.</summary>
/// <param name="element">The object.</param>
/// <param name="where">The file's name, and what in it the object is.</param>
internal sealed class ManifestFields(JsonElement element, string where)
{
    /// <summary>The file's name, and what in it the object is.</summary>
    public string Where => where;

    /// <summary>A text that has to be there.</summary>
    public string Text(string key)
    {
        JsonElement value = Required(key, "a string");
        return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw Unexpected(key, value, "a string");
    }

    /// <summary>An array of objects that has to be there.</summary>
    public IEnumerable<JsonElement> Array(string key)
    {
        JsonElement value = Required(key, "an array");
        return value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : throw Unexpected(key, value, "an array");
    }

    /// <summary>A whole number of at least 0; 0 where it is absent.</summary>
    public int Count(string key)
    {
        if (Find(key) is not { } value)
            return 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count >= 0
            ? count
            : throw Unexpected(key, value, "a whole number of at least 0");
    }

    /// <summary>A tolerance of at least 0; 0 where it is absent.</summary>
    public double Tolerance(string key)
    {
        if (Find(key) is not { } value)
            return 0;
        return value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= 0 and <= double.MaxValue and var number
            ? number
            : throw Unexpected(key, value, "a number of at least 0");
    }

    /// <summary>An extent of one to three dimensions, or null.</summary>
    public GpuDim? FindDim(string key)
    {
        if (Find(key) is not { } value)
            return null;
        int[] sizes = value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out int s) ? s : -1)]
            : [];
        return sizes.Length is >= 1 and <= 3 && sizes.All(s => s >= 0)
            ? new GpuDim(sizes[0], sizes.Length > 1 ? sizes[1] : 1, sizes.Length > 2 ? sizes[2] : 1)
            : throw Unexpected(key, value, "an array of one to three sizes");
    }

    /// <summary>An extent that has to be there.</summary>
    public GpuDim Dim(string key) => FindDim(key) ?? throw Missing(key, "an array of one to three sizes");

    /// <summary>A value that has to be there, whatever it is.</summary>
    public JsonElement Required(string key, string expected) => Find(key) ?? throw Missing(key, expected);

    /// <summary>Says that a field holds something else than was expected.</summary>
    public InvalidDataException Unexpected(string key, JsonElement value, string expected) =>
        new($"{where}: {key} is {Show(value)}, but {expected} was expected.");

    private JsonElement? Find(string key)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{where} is {Show(element)}, but an object was expected.");
        return element.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private InvalidDataException Missing(string key, string expected) =>
        new($"{where}: {key} is missing, but {expected} was expected.");

    private static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array when value.GetArrayLength() > 8 => "an array",
        _ => value.GetRawText().ReplaceLineEndings(" ") is { Length: > 80 } raw ? raw[..80] + "…" : value.GetRawText().ReplaceLineEndings(" "),
    };
}
