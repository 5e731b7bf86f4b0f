using System.Text.Json;

namespace Puna.Runtime.Loading;

/// <summary>
/// The fields of a JSON object, read with a sentence for what is wrong. A null field counts as absent.
/// </summary>
/// <param name="element">The object.</param>
/// <param name="where">The file's name, and what in it the object is.</param>
internal sealed class JsonFields(JsonElement element, string where)
{
    /// <summary>The file's name, and what in it the object is.</summary>
    public string Where => where;

    /// <summary>Names of the fields that are not null.</summary>
    public IEnumerable<string> Names =>
        element.EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null).Select(p => p.Name);

    /// <summary>The field's value, or null when it is absent or null.</summary>
    public JsonElement? Find(string key) =>
        element.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Whether the field is there, be it null.</summary>
    public bool Has(string key) => element.TryGetProperty(key, out _);

    /// <summary>An object among the fields, or null.</summary>
    public JsonFields? Object(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new JsonFields(value, $"{where}: {key}"),
        { } value => throw Unexpected(key, value, "an object"),
    };

    /// <summary>A text, or null.</summary>
    public string? Text(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => Decode(key, value),
        { } value => throw Unexpected(key, value, "a string"),
    };

    /// <summary>True or false, or null.</summary>
    public bool? Bool(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Unexpected(key, value, "true or false"),
    };

    /// <summary>An integer of at least <paramref name="least"/>, or null.</summary>
    public int? Int(string key, int least = 1)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least
            ? number
            : throw Unexpected(key, value, $"an integer from {least} to {int.MaxValue}");
    }

    /// <summary>A finite number, or null.</summary>
    /// <param name="key">The field.</param>
    /// <param name="isAllowed">Which numbers may stand there.</param>
    /// <param name="expected">The same in words.</param>
    public double? Number(string key, Func<double, bool> isAllowed, string expected)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)
            && double.IsFinite(number) && isAllowed(number)
            ? number
            : throw Unexpected(key, value, expected);
    }

    /// <summary>Says that a field without which nothing works is absent.</summary>
    public ModelFormatException Missing(string key, string why) => new(
        $"{where}: {key} is missing, but it is needed ({why}). Use the config.json that came with the weights.");

    /// <summary>Says that a field holds something else than was expected.</summary>
    public ModelFormatException Unexpected(string key, JsonElement value, string expected) => new(
        $"{where}: {key} is {Show(value)}, but {expected} was expected. Use the file that came with the weights.");

    /// <summary>A value as JSON text on one line, cut when it is long.</summary>
    public static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        _ => Quoted.Line(value.GetRawText()),
    };

    private string Decode(string key, JsonElement value)
    {
        try
        {
            return value.GetString()!;   // not null: it is a string
        }
        catch (InvalidOperationException e)   // a lone surrogate
        {
            throw new ModelFormatException(
                $"{where}: {key} is {Show(value)}, but a string of valid Unicode was expected. "
                + "Use the file that came with the weights.", inner: e);
        }
    }
}
