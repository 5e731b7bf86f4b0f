using System.Collections.Immutable;
using System.Text.Json;

namespace Puna.Runtime.Loading;

/// <summary>
/// Sampling defaults of a model, as <c>generation_config.json</c> gives them; null where it gives none.
/// </summary>
public sealed record GenerationConfig
{
    // Keys that would change the answer and are not implemented, each with the values that change nothing.
    private static readonly (string Key, double[] Neutral)[] UnsupportedKeys =
    [
        ("num_beams", [1]), ("num_beam_groups", [1]), ("no_repeat_ngram_size", [0]),
        ("encoder_no_repeat_ngram_size", [0]), ("typical_p", [1]), ("epsilon_cutoff", [0]), ("eta_cutoff", [0]),
        ("penalty_alpha", [0]), ("length_penalty", [1]), ("diversity_penalty", [0]), ("min_length", [0]),
        ("guidance_scale", [1]),
    ];

    /// <summary><c>bos_token_id</c>.</summary>
    public int? BosId { get; init; }

    /// <summary><c>eos_token_id</c>, one or several: the ids that end an answer; none when the key is absent.</summary>
    public ImmutableArray<int> EosIds { get; init; } = [];

    /// <summary><c>do_sample</c>: false means greedy.</summary>
    public bool? DoSample { get; init; }

    /// <summary><c>temperature</c>, 0 or more.</summary>
    public double? Temperature { get; init; }

    /// <summary><c>top_p</c>, 0 to 1.</summary>
    public double? TopP { get; init; }

    /// <summary><c>top_k</c>, in tokens; 0 for all.</summary>
    public int? TopK { get; init; }

    /// <summary><c>min_p</c>, 0 to 1.</summary>
    public double? MinP { get; init; }

    /// <summary><c>repetition_penalty</c>, above 0; 1 for none.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary><c>max_length</c>, in tokens, prompt and answer together.</summary>
    public int? MaxLength { get; init; }

    /// <summary><c>max_new_tokens</c>, in tokens.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Reads the file.</summary>
    /// <param name="path">Path of a <c>generation_config.json</c>.</param>
    /// <param name="vocabSize">What token ids must stay below.</param>
    /// <param name="warnings">Takes remarks on what was accepted, or nothing.</param>
    /// <exception cref="ModelFormatException">A value is wrong.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static GenerationConfig Read(string path, int vocabSize, ICollection<string>? warnings = null)
    {
        using JsonDocument document = JsonFile.Read(path);
        return Read(document.RootElement, vocabSize, Path.GetFileName(path), warnings);
    }

    /// <summary>Reads an object of the same form.</summary>
    /// <param name="config">The object.</param>
    /// <param name="vocabSize">What token ids must stay below.</param>
    /// <param name="where">The file's name, for messages.</param>
    /// <param name="warnings">Takes remarks on what was accepted, or nothing.</param>
    /// <exception cref="ModelFormatException">A value is wrong.</exception>
    public static GenerationConfig Read(
        JsonElement config, int vocabSize, string where = "generation_config.json",
        ICollection<string>? warnings = null)
    {
        var fields = new JsonFields(config, where);
        foreach ((string key, double[] neutral) in UnsupportedKeys)
        {
            if (fields.Find(key) is not { } value)
                continue;
            bool isNeutral = value.ValueKind == JsonValueKind.Number && neutral.Contains(value.GetDouble());
            if (!isNeutral)
                warnings?.Add($"{where}: {key} is {JsonFields.Show(value)}; it is not supported and was not used.");
        }

        return new GenerationConfig
        {
            BosId = TokenIds.Read(fields, "bos_token_id", vocabSize) is [int first, ..] ? first : null,
            EosIds = TokenIds.Read(fields, "eos_token_id", vocabSize),
            DoSample = fields.Bool("do_sample"),
            Temperature = fields.Number("temperature", t => t >= 0, "a number of at least 0"),
            TopP = fields.Number("top_p", p => p is >= 0 and <= 1, "a number from 0 to 1"),
            TopK = fields.Int("top_k", least: 0),
            MinP = fields.Number("min_p", p => p is >= 0 and <= 1, "a number from 0 to 1"),
            RepetitionPenalty = fields.Number("repetition_penalty", p => p > 0, "a positive number"),
            MaxLength = fields.Int("max_length", least: 0),
            MaxNewTokens = fields.Int("max_new_tokens", least: 0),
        };
    }
}
