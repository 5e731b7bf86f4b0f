using System.Text.Json;
using System.Text.Unicode;

namespace Puna.Runtime.Loading;

/// <summary>Reads the JSON files of a model folder.</summary>
internal static class JsonFile
{
    private const long MaxBytes = 256L << 20;   // far above any index; a tokenizer is not read here

    /// <summary>Reads a file that holds one JSON object; the caller disposes the document.</summary>
    /// <exception cref="ModelFormatException">The file is empty, too large, not JSON, or has a key twice.</exception>
    public static JsonDocument Read(string path)
    {
        string name = Path.GetFileName(path);
        long length = RealPath.File(path).Length;
        if (length == 0)
        {
            throw new ModelFormatException(
                $"{name}: the file is empty (0 bytes), but a JSON object was expected. Download it again.");
        }

        if (length > MaxBytes)
            throw new ModelFormatException($"{name}: the file has {length} bytes, but at most {MaxBytes} were "
                + "expected.");

        JsonDocument document = Parse(path, name);
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        using (document)
        {
            throw new ModelFormatException(
                $"{name}: the file holds {JsonFields.Show(document.RootElement)}, but a JSON object was expected. "
                + "Download it again.");
        }
    }

    private static JsonDocument Parse(string path, string name)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (!Utf8.IsValid(bytes))
            throw NotJson(name, "it is not UTF-8", null);
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
            CheckText(document.RootElement);
            return document;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // the latter: a lone surrogate
        {
            document?.Dispose();
            throw NotJson(name, Quoted.Line(e.Message).TrimEnd('.'), e);
        }
    }

    // Names and strings are decoded when they are read, and half a surrogate pair shows only then: read them once here.
    private static void CheckText(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    _ = property.Name;
                    CheckText(property.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                    CheckText(item);
                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            default:
                break;
        }
    }

    private static ModelFormatException NotJson(string name, string why, Exception? inner) => new(
        $"{name}: the file is not valid JSON ({why}), but a JSON object was expected. Download it again.",
        inner: inner);
}
