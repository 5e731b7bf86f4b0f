using System.Text.Json;

namespace Puna.Runtime.Loading;

/// <summary>Names of special tokens that chat templates are given, as <c>tokenizer_config.json</c> has them.</summary>
/// <param name="Bos"><c>bos_token</c>; null where the file gives none.</param>
/// <param name="Eos"><c>eos_token</c>; null where the file gives none.</param>
public sealed record TokenNames(string? Bos, string? Eos)
{
    private const string FileName = "tokenizer_config.json";

    /// <summary>Reads the names of a folder; none where it has no such file.</summary>
    /// <param name="folder">A folder.</param>
    /// <exception cref="ModelFormatException">
    /// The file is damaged, or a name is neither text nor an object with one.
    /// </exception>
    public static TokenNames Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return new TokenNames(null, null);
        using JsonDocument document = JsonFile.Read(path);
        var fields = new JsonFields(document.RootElement, FileName);
        return new TokenNames(Name(fields, "bos_token"), Name(fields, "eos_token"));
    }

    // Older files hold the token as an object: {"__type": "AddedToken", "content": "<s>", …}.
    private static string? Name(JsonFields fields, string key) =>
        fields.Find(key) is { ValueKind: JsonValueKind.Object }
        ? fields.Object(key)?.Text("content")
        : fields.Text(key);
}
