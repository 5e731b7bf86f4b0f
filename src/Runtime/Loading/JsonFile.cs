using System.Text.Json;

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
        try
        {
            using FileStream stream = File.OpenRead(path);
            return JsonDocument.Parse(stream, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)   // the latter: a lone surrogate
        {
            throw new ModelFormatException(
                $"{name}: the file is not valid JSON ({Quoted.Line(e.Message).TrimEnd('.')}), but a JSON object was "
                + "expected. Download it again.", inner: e);
        }
    }
}
