using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Puna.Tools;

/// <summary>Reads JSON with sentences for its faults, and writes it for machines: one line, UTF-8 as it is.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Parses a text; the value stays valid.</summary>
    /// <param name="text">One JSON value.</param>
    /// <param name="where">What messages call it.</param>
    /// <param name="expected">What it should be.</param>
    /// <param name="line">
    /// One-based line of the file where the text begins, for a text that is one line of several.
    /// </param>
    public static JsonElement Parse(string text, string where, string expected, long line = 1)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw CommandException.BadInput($"{where}: it is empty, but {expected} was expected.");
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            long at = line + (e.LineNumber ?? 0);
            string problem = e.Message.Split(". ")[0].Split(" LineNumber:")[0].TrimEnd('.').ReplaceLineEndings(" ");
            throw CommandException.BadInput($"{where}, line {at}: this is not JSON ({problem}), but {expected} was "
                + "expected.", e);
        }
    }

    /// <summary>Token ids of a JSON array.</summary>
    /// <param name="array">The array.</param>
    /// <param name="where">What messages call it.</param>
    public static ImmutableArray<int> Ids(JsonElement array, string where)
    {
        ImmutableArray<int>.Builder ids = ImmutableArray.CreateBuilder<int>(array.GetArrayLength());
        foreach (JsonElement element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt32(out int id) || id < 0)
            {
                throw CommandException.BadInput($"{where}: element {ids.Count} of the array is {Kind(element)}, "
                    + "but a token id was expected (a whole number of at least 0).");
            }

            ids.Add(id);
        }

        return ids.DrainToImmutable();
    }

    /// <summary>A property of an object that a line of a file holds.</summary>
    /// <param name="value">The object.</param>
    /// <param name="name">The property.</param>
    /// <param name="kind">What it should be.</param>
    /// <param name="where">What messages call the object.</param>
    public static JsonElement Field(JsonElement value, string name, JsonValueKind kind, string where)
    {
        string expected = kind == JsonValueKind.Array ? "an array" : "a string";
        if (value.ValueKind != JsonValueKind.Object)
            throw CommandException.BadInput($"{where}: this is {Kind(value)}, but an object with \"{name}\" was "
                + "expected.");
        if (!value.TryGetProperty(name, out JsonElement field))
            throw CommandException.BadInput($"{where}: the object has no \"{name}\", but {expected} of that name was "
                + "expected.");
        return field.ValueKind == kind
            ? field
            : throw CommandException.BadInput($"{where}: \"{name}\" is {Kind(field)}, but {expected} was expected.");
    }

    /// <summary>A string's text; half of a surrogate pair becomes U+FFFD.</summary>
    public static string String(JsonElement value)
    {
        try
        {
            return value.GetString() ?? "";
        }
        catch (InvalidOperationException)   // what the framework says to an escape of half a pair
        {
            return Unescape(value.GetRawText().AsSpan()[1..^1]);
        }
    }

    /// <summary>What a value is, for messages.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => $"the number {value.GetRawText()}",
        JsonValueKind.Null => "null",
        _ => value.ValueKind == JsonValueKind.True ? "true" : "false",
    };

    /// <summary>One JSON value as text.</summary>
    public static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Relaxed))
            write(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Writes an array of ids under a name.</summary>
    public static void WriteIds(this Utf8JsonWriter writer, string name, ReadOnlySpan<int> ids)
    {
        writer.WriteStartArray(name);
        foreach (int id in ids)
            writer.WriteNumberValue(id);
        writer.WriteEndArray();
    }

    private static char Control(char escaped) => escaped switch
    {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\b',
        'f' => '\f',
        _ => escaped,
    };

    private static string Unescape(ReadOnlySpan<char> raw)
    {
        var text = new StringBuilder(raw.Length);
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            char escaped = raw[++i];
            if (escaped == 'u')
                text.Append((char)int.Parse(raw.Slice(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            else
                text.Append(Control(escaped));
            i += escaped == 'u' ? 4 : 0;
        }

        // Encoding replaces what has no partner.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
