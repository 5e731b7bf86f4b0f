using System.Text.Json;
using Puna.Runtime.Loading.Families;

namespace Puna.Runtime.Loading;

/// <summary>Reads the sliding window of a configuration; all layers must have the same.</summary>
internal static class WindowReader
{
    /// <summary>The window in tokens, or null when every token sees all before it.</summary>
    public static int? Read(JsonFields fields, Family family, int layerCount, ICollection<string> warnings)
    {
        int? window = fields.Has("sliding_window") ? fields.Int("sliding_window") : family.DefaultWindow;
        int? used = family.Window switch
        {
            WindowRule.Always => window,
            WindowRule.WhenUsed when fields.Bool("use_sliding_window") ?? false => WhenUsed(fields, window, layerCount),
            _ => null,
        };
        if (family.Window == WindowRule.Never && window is not null)
            warnings.Add($"{fields.Where}: sliding_window is {window}; {family.Architecture} has no window, so it "
                + "was not used.");
        CheckLayerTypes(fields, used);
        return used;
    }

    private static int? WhenUsed(JsonFields fields, int? window, int layerCount)
    {
        // As in the reference: layers before this one see everything.
        int first = fields.Int("max_window_layers", least: 0) ?? 28;
        if (window is null || first >= layerCount)
            return null;
        return first == 0 ? window : throw new ModelFormatException(
            $"{fields.Where}: use_sliding_window is true from layer {first} of {layerCount} on (max_window_layers), "
            + "but a window that only some layers have is not supported. Use a model whose layers are alike.");
    }

    private static void CheckLayerTypes(JsonFields fields, int? window)
    {
        if (fields.Find("layer_types") is not { } types)
            return;
        string expected = window is null ? "full_attention" : "sliding_attention";
        if (types.ValueKind != JsonValueKind.Array)
            throw fields.Unexpected("layer_types", types, "a list of names");
        foreach (JsonElement type in types.EnumerateArray())
        {
            if (type.ValueKind != JsonValueKind.String || !type.ValueEquals(expected))
            {
                throw new ModelFormatException(
                    $"{fields.Where}: layer_types holds {JsonFields.Show(type)}, but sliding_window and the keys "
                    + $"beside it imply '{expected}' for every layer (other layers are not supported). Use a model "
                    + "whose layers are alike.");
            }
        }
    }
}
