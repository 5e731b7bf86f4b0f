using System.Globalization;
using Puna.Runtime.Models;

namespace Puna.Runtime.Loading;

/// <summary>
/// Reads rotary positions: <c>rope_theta</c> with <c>rope_scaling</c>, or <c>rope_parameters</c>, which holds both.
/// </summary>
internal static class RopeReader
{
    private const double DefaultTheta = 10000;

    private static readonly string[] KnownKeys =
    [
        "rope_type", "type", "rope_theta", "factor", "low_freq_factor", "high_freq_factor",
        "original_max_position_embeddings", "partial_rotary_factor",
    ];

    /// <summary>Reads the rotary positions of a configuration.</summary>
    public static RopeConfig Read(JsonFields config, ICollection<string> warnings)
    {
        JsonFields? old = Scaling(config, "rope_scaling"), current = Scaling(config, "rope_parameters");
        double theta = Agree(config, Theta(config), Theta(old), Theta(current)) ?? DefaultTheta;
        RopeConfig? fromOld = old is null ? null : ReadScaling(config, old, theta, mayLackType: false, warnings);
        RopeConfig? fromCurrent =
            current is null ? null : ReadScaling(config, current, theta, mayLackType: true, warnings);
        if (fromOld is not null && fromCurrent is not null && fromOld != fromCurrent)
        {
            throw new ModelFormatException(
                $"{config.Where}: rope_scaling gives {Describe(fromOld)} and rope_parameters gives "
                + $"{Describe(fromCurrent)}, but they must agree. Remove the wrong one.");
        }

        return fromCurrent ?? fromOld ?? new RopeConfig(theta);
    }

    /// <summary>The scaling in words, such as <c>llama3 (factor 8, low 1, high 4, original context 8192)</c>.</summary>
    public static string Describe(RopeConfig rope) => rope.Type switch
    {
        RopeType.Linear => string.Create(CultureInfo.InvariantCulture, $"linear (factor {rope.Factor})"),
        RopeType.Llama3 => string.Create(CultureInfo.InvariantCulture,
            $"llama3 (factor {rope.Factor}, low {rope.LowFrequencyFactor}, high {rope.HighFrequencyFactor}, "
            + $"original context {rope.OriginalContextLength})"),
        _ => "default",
    };

    private static JsonFields? Scaling(JsonFields config, string key) =>
        config.Object(key) is { } fields && fields.Names.Any() ? fields : null;

    private static double? Theta(JsonFields? fields) =>
        fields?.Number("rope_theta", t => t > 0, "a positive number");

    private static double? Agree(JsonFields config, params ReadOnlySpan<double?> thetas)
    {
        double? agreed = null;
        foreach (double? theta in thetas)
        {
            if (theta is not null && agreed is not null && theta != agreed)
            {
                throw new ModelFormatException(string.Create(CultureInfo.InvariantCulture,
                    $"{config.Where}: rope_theta is {agreed} in one place and {theta} in another, but they must "
                    + $"agree. Remove the wrong one."));
            }

            agreed ??= theta;
        }

        return agreed;
    }

    private static RopeConfig ReadScaling(
        JsonFields config, JsonFields fields, double theta, bool mayLackType, ICollection<string> warnings)
    {
        RefuseUnknown(fields);
        string type = TypeName(fields, mayLackType);
        (RopeConfig rope, string[] used) = type switch
        {
            "default" => (new RopeConfig(theta), Array.Empty<string>()),
            "linear" => (new RopeConfig(theta, RopeType.Linear, Factor(fields, type)), ["factor"]),
            "llama3" => (ReadLlama3(config, fields, theta),
                ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"]),
            _ => throw new ModelFormatException(
                $"{fields.Where}: rope_type is {Quoted.Name(type)}, but only 'default', 'linear' and 'llama3' are "
                + "supported (another scaling gives other numbers). Use a model with one of these."),
        };
        string[] unused =
            [.. fields.Names.Except(["rope_type", "type", "rope_theta", "partial_rotary_factor", .. used])];
        if (unused.Length > 0)
            warnings.Add($"{fields.Where}: {string.Join(", ", unused)} means nothing to rope_type '{type}' and was "
                + "not used.");
        return rope;
    }

    private static void RefuseUnknown(JsonFields fields)
    {
        foreach (string key in fields.Names)
        {
            if (!KnownKeys.Contains(key))
            {
                throw new ModelFormatException(
                    $"{fields.Where}: the key {Quoted.Name(key)} is not supported (it may change positions). Known "
                    + $"are {string.Join(", ", KnownKeys)}.");
            }
        }

        if (fields.Number("partial_rotary_factor", _ => true, "a number") is { } part && part != 1)
        {
            throw new ModelFormatException(string.Create(CultureInfo.InvariantCulture,
                $"{fields.Where}: partial_rotary_factor is {part}, but it is not supported (it changes the model's "
                + $"numbers). Use a model without it."));
        }
    }

    private static string TypeName(JsonFields fields, bool mayLackType)
    {
        string? current = fields.Text("rope_type"), old = fields.Text("type");
        if (current is not null && old is not null && current != old)
        {
            throw new ModelFormatException(
                $"{fields.Where}: rope_type is {Quoted.Name(current)} and type is {Quoted.Name(old)}, but they must "
                + "agree. Remove the wrong one.");
        }

        bool hasOnlyTheta = fields.Names.All(k => k is "rope_theta" or "partial_rotary_factor");
        return current ?? old ?? (mayLackType && hasOnlyTheta ? "default" : throw new ModelFormatException(
            $"{fields.Where}: rope_type is missing, but it must say how {string.Join(", ", fields.Names)} is meant. "
            + "Use the config.json that came with the weights."));
    }

    private static RopeConfig ReadLlama3(JsonFields config, JsonFields fields, double theta)
    {
        double factor = Factor(fields, "llama3");
        double low = Positive(fields, "low_freq_factor"), high = Positive(fields, "high_freq_factor");
        if (high <= low)
        {
            throw new ModelFormatException(string.Create(CultureInfo.InvariantCulture,
                $"{fields.Where}: high_freq_factor is {high}, but it must be above low_freq_factor {low} (between "
                + $"them frequencies are blended). Use the config.json that came with the weights."));
        }

        const string Key = "original_max_position_embeddings";
        int? inside = fields.Int(Key), outside = config.Int(Key);
        if (inside is not null && outside is not null && inside != outside)
        {
            throw new ModelFormatException(
                $"{fields.Where}: {Key} is {inside}, but {outside} at the top of {config.Where}; they must agree. "
                + "Remove the wrong one.");
        }

        int original = inside ?? outside ?? throw fields.Missing(Key, "rope_type 'llama3'");
        return new RopeConfig(theta, RopeType.Llama3, factor, low, high, original);
    }

    private static double Factor(JsonFields fields, string type) =>
        fields.Number("factor", f => f >= 1, "a number of at least 1")
            ?? throw fields.Missing("factor", $"rope_type '{type}'");

    private static double Positive(JsonFields fields, string key) =>
        fields.Number(key, f => f > 0, "a positive number") ?? throw fields.Missing(key, "rope_type 'llama3'");
}
