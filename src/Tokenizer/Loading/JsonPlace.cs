using System.Text.Json;

namespace Puna.Tokenizer.Loading;

/// <summary>A value of a JSON file and the way to it, so that what is refused can be named.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Path">The keys that lead to the value, such as <c>model.vocab</c>; empty for the root.</param>
/// <param name="Value">The value; undefined where the key is missing.</param>
internal readonly record struct JsonPlace(string File, string Path, JsonElement Value)
{
    private const int ShownCharacters = 80;

    /// <summary>Whether the key is missing or its value null.</summary>
    public bool IsAbsent => Value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    /// <summary>The value of a key, perhaps undefined.</summary>
    public JsonPlace this[string key]
    {
        get
        {
            Require(JsonValueKind.Object, "an object");
            return new(File, Below(key), Value.TryGetProperty(key, out JsonElement value) ? value : default);
        }
    }

    /// <summary>The elements of an array.</summary>
    public IEnumerable<JsonPlace> Elements()
    {
        Require(JsonValueKind.Array, "an array");
        JsonPlace self = this;
        return Value.EnumerateArray().Select((element, i) => new JsonPlace(self.File, $"{self.Path}[{i}]", element));
    }

    /// <summary>The value as a string.</summary>
    public string Text()
    {
        Require(JsonValueKind.String, "a string");
        return Value.GetString() ?? "";
    }

    /// <summary>The value as a token id.</summary>
    public int Number() => IsNumber(Value, out int number) ? number : throw Damaged("a whole number from 0");

    /// <summary>Whether a value can be a token id.</summary>
    public static bool IsNumber(JsonElement value, out int number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out number) && number >= 0;
    }

    /// <summary>Refuses keys that are not known: they may change ids.</summary>
    public void RequireKeys(params ReadOnlySpan<string> known)
    {
        Require(JsonValueKind.Object, "an object");
        foreach (JsonProperty property in Value.EnumerateObject())
        {
            if (!known.Contains(property.Name))
                throw new JsonPlace(File, Below(property.Name), property.Value).Refused(
                    $"a key of {string.Join(", ", known.ToArray())}");
        }
    }

    /// <summary>Refuses all but null.</summary>
    public void RequireNull()
    {
        if (!IsAbsent)
            throw Refused("null");
    }

    /// <summary>Refuses all but null and the empty string.</summary>
    public void RequireEmpty()
    {
        if (!IsAbsent && !(Value.ValueKind == JsonValueKind.String && Value.GetString() is ""))
            throw Refused("null");
    }

    /// <summary>Refuses all but one value; a missing key has the value that the format gives it.</summary>
    public void RequireFlag(bool supported, bool whenMissing)
    {
        if (Flag(whenMissing) != supported)
            throw Refused(supported ? "true" : "false");
    }

    /// <summary>The value of a flag; a missing key has the value that the format gives it.</summary>
    public bool Flag(bool whenMissing) => Value.ValueKind switch
    {
        JsonValueKind.Undefined => whenMissing,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Damaged("true or false"),
    };

    /// <summary>Refuses all but one string.</summary>
    public void RequireText(string supported)
    {
        if (Value.ValueKind != JsonValueKind.String || Value.GetString() != supported)
            throw Refused($"\"{supported}\"");
    }

    /// <summary>The error of a value that has a meaning, which is not implemented.</summary>
    public TokenizerFormatException Refused(string supported) => new(
        $"{File}: {Path} is {Shown()}, but only {supported} is implemented (another value gives other ids). "
        + "Use a tokenizer of the Llama 3 family.");

    /// <summary>The error of a value that has no meaning.</summary>
    public TokenizerFormatException Damaged(string expected) => new(
        $"{File}: {Path} is {Shown()}, but {expected} was expected. Is the file complete? Download it again.");

    private void Require(JsonValueKind kind, string expected)
    {
        if (Value.ValueKind != kind)
            throw Damaged(expected);
    }

    private string Below(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    private string Shown()
    {
        if (Value.ValueKind == JsonValueKind.Undefined)
            return "missing";
        string text = Value.GetRawText();
        return text.Length <= ShownCharacters ? text : text[..ShownCharacters] + "…";
    }
}
