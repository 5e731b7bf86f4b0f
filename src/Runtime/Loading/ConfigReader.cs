using System.Globalization;
using System.Text.Json;
using Puna.Kernels;
using Puna.Runtime.Loading.Families;
using Puna.Runtime.Models;

namespace Puna.Runtime.Loading;

/// <summary>
/// Reads <c>config.json</c> in the old and the new spelling. What would change numbers and is not understood is
/// refused.
/// </summary>
public static class ConfigReader
{
    private const int MaxLayerCount = 10_000;

    // Keys that would change numbers, each with the only value that changes none.
    private static readonly (string Key, double Neutral)[] NeutralKeys =
    [
        ("partial_rotary_factor", 1), ("embedding_multiplier", 1), ("residual_multiplier", 1), ("logits_scaling", 1),
        ("logit_scale", 1), ("attn_logit_softcapping", 0), ("final_logit_softcapping", 0),
    ];

    private static readonly string[] KnownRopeAndQuantKeys =
        ["rope_theta", "rope_scaling", "rope_parameters", "quantization_config"];

    /// <summary>Reads the file.</summary>
    /// <param name="path">Path of a <c>config.json</c>.</param>
    /// <param name="warnings">Takes remarks on what was accepted, or nothing.</param>
    /// <exception cref="ModelFormatException">A value is missing, wrong, in conflict or not supported.</exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static ModelConfig Read(string path, ICollection<string>? warnings = null)
    {
        using JsonDocument document = JsonFile.Read(path);
        return Read(document.RootElement, Path.GetFileName(path), warnings);
    }

    /// <summary>Reads an object of the same form.</summary>
    /// <param name="config">The object.</param>
    /// <param name="where">The file's name, for messages.</param>
    /// <param name="warnings">Takes remarks on what was accepted, or nothing.</param>
    /// <exception cref="ModelFormatException">A value is missing, wrong, in conflict or not supported.</exception>
    public static ModelConfig Read(
        JsonElement config, string where = "config.json", ICollection<string>? warnings = null)
    {
        var fields = new JsonFields(config, where);
        warnings ??= [];
        Family family = FindFamily(fields);
        QuantizedCheckpoints.RefuseConfig(fields);
        RefuseUnsupported(fields);

        int hiddenSize = fields.Int("hidden_size") ?? throw fields.Missing("hidden_size", "the width of the model");
        int vocabSize = fields.Int("vocab_size") ?? throw fields.Missing("vocab_size", "the rows of the embedding");
        int contextLength = fields.Int("max_position_embeddings") ?? family.DefaultContextLength;
        int layerCount = LayerCount(fields);
        ModelConfig model = new()
        {
            Architecture = family.Architecture,
            VocabSize = vocabSize,
            HiddenSize = hiddenSize,
            IntermediateSize = IntermediateSize(fields),
            LayerCount = layerCount,
            Heads = Heads(fields, hiddenSize),
            ContextLength = contextLength,
            NormEpsilon = NormEpsilon(fields),
            Rope = RopeReader.Read(fields, warnings),
            IsTied = fields.Bool("tie_word_embeddings") ?? false,
            Biases = ReadBiases(fields, family),
            SlidingWindow = WindowReader.Read(fields, family, layerCount, warnings),
            BosId = BosId(fields, vocabSize),
            EosIds = TokenIds.Read(fields, "eos_token_id", vocabSize),
        };
        Warn(fields, warnings);
        return model;
    }

    /// <summary>
    /// What <c>dtype</c> or <c>torch_dtype</c> says, such as <c>bfloat16</c>; the tensors themselves decide.
    /// </summary>
    internal static string? DeclaredDType(JsonFields fields) => fields.Text("dtype") ?? fields.Text("torch_dtype");

    private static Family FindFamily(JsonFields fields)
    {
        string supported = string.Join(", ", FamilyTable.All.Select(f => f.Architecture));
        string advice = $"Supported are {supported}.";
        if (fields.Find("architectures") is not { } architectures)
        {
            throw new ModelFormatException(
                $"{fields.Where}: architectures is missing, but it must name the model's architecture. {advice}");
        }

        if (architectures.ValueKind != JsonValueKind.Array || architectures.GetArrayLength() != 1
            || architectures[0].ValueKind != JsonValueKind.String)
        {
            string shown = Quoted.Line(architectures.GetRawText());
            throw new ModelFormatException(
                $"{fields.Where}: architectures is {shown}, but a list of one name was expected. {advice}");
        }

        string raw = architectures[0].GetRawText().Trim('"');
        Family family = FamilyTable.Find(raw) ?? throw new ModelFormatException(
            $"{fields.Where}: architectures names {Quoted.Name(raw)}, but this architecture is not supported. "
            + $"{advice}");
        if (fields.Text("model_type") is { } type && type != family.ModelType)
        {
            throw new ModelFormatException(
                $"{fields.Where}: model_type is {Quoted.Name(type)}, but {family.Architecture} implies "
                + $"'{family.ModelType}'. Use the config.json that came with the weights.");
        }

        return family;
    }

    private static void RefuseUnsupported(JsonFields fields)
    {
        if (fields.Text("hidden_act") is { } activation && activation != "silu")
        {
            throw new ModelFormatException(
                $"{fields.Where}: hidden_act is {Quoted.Name(activation)}, but only 'silu' is supported (another "
                + "activation gives other numbers). Use a model with silu.");
        }

        foreach ((string key, double neutral) in NeutralKeys)
        {
            if (fields.Find(key) is not { } value)
                continue;
            if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number) || number != neutral)
            {
                throw new ModelFormatException(
                    $"{fields.Where}: {key} is {JsonFields.Show(value)}, but it is not supported (it changes the "
                    + "model's numbers). Use a model without it.");
            }
        }
    }

    private static float NormEpsilon(JsonFields fields) =>
        (float)(fields.Number("rms_norm_eps", e => e is >= 0 and < 1, "a number from 0 to below 1") ?? 1e-6);

    private static int LayerCount(JsonFields fields)
    {
        int count = fields.Int("num_hidden_layers")
            ?? throw fields.Missing("num_hidden_layers", "the number of layers");
        return count <= MaxLayerCount ? count : throw new ModelFormatException(
            $"{fields.Where}: num_hidden_layers is {count}, but at most {MaxLayerCount} are supported. Use the "
            + "config.json that came with the weights.");
    }

    private static int IntermediateSize(JsonFields fields)
    {
        int size = fields.Int("intermediate_size") ?? throw fields.Missing("intermediate_size", "the width of the MLP");
        return size <= int.MaxValue / 2 ? size : throw new ModelFormatException(
            $"{fields.Where}: intermediate_size is {size}, but at most {int.MaxValue / 2} is supported (gate and up "
            + "lie in one row). Use the config.json that came with the weights.");
    }

    private static HeadLayout Heads(JsonFields fields, int hiddenSize)
    {
        const string Advice = "Use the config.json that came with the weights.";
        int heads = fields.Int("num_attention_heads")
            ?? throw fields.Missing("num_attention_heads", "the number of query heads");
        int kvHeads = fields.Int("num_key_value_heads") ?? heads;
        if (heads % kvHeads != 0)
        {
            throw new ModelFormatException(
                $"{fields.Where}: num_key_value_heads is {kvHeads}, but it must divide num_attention_heads {heads} "
                + $"(each key/value head serves the same number of query heads). {Advice}");
        }

        int? given = fields.Int("head_dim");
        if (given is null && hiddenSize % heads != 0)
        {
            throw new ModelFormatException(
                $"{fields.Where}: hidden_size is {hiddenSize}, but without head_dim it must be a multiple of "
                + $"num_attention_heads {heads}. {Advice}");
        }

        int headDim = given ?? hiddenSize / heads;
        if (headDim % 2 != 0)
        {
            string origin = given is null ? $" (hidden_size {hiddenSize} / num_attention_heads {heads})" : "";
            throw new ModelFormatException(
                $"{fields.Where}: head_dim is {headDim}{origin}, but it must be even "
                + $"(rotary positions turn pairs). {Advice}");
        }

        if ((heads + 2L * kvHeads) * headDim > int.MaxValue)
        {
            throw new ModelFormatException(
                $"{fields.Where}: num_attention_heads {heads}, num_key_value_heads {kvHeads} and head_dim {headDim} "
                + $"give rows of {(heads + 2L * kvHeads) * headDim} elements, but at most {int.MaxValue} are "
                + $"supported. {Advice}");
        }

        return new HeadLayout(heads, kvHeads, headDim);
    }

    private static Biases ReadBiases(JsonFields fields, Family family)
    {
        return Of(family.QueryKeyValueBias, Biases.QueryKeyValue)
            | Of(family.OutputBias, Biases.Output)
            | Of(family.MlpBias, Biases.Mlp);

        Biases Of(BiasRule rule, Biases biases) =>
            (rule.Key is null ? null : fields.Bool(rule.Key)) ?? rule.Otherwise ? biases : Biases.None;
    }

    private static int? BosId(JsonFields fields, int vocabSize) =>
        TokenIds.Read(fields, "bos_token_id", vocabSize) is [int first, ..] ? first : null;

    private static void Warn(JsonFields fields, ICollection<string> warnings)
    {
        foreach (string key in fields.Names)
        {
            bool isRelated = key.StartsWith("rope", StringComparison.Ordinal)
                || key.StartsWith("quant", StringComparison.Ordinal);
            if (isRelated && !KnownRopeAndQuantKeys.Contains(key))
                warnings.Add($"{fields.Where}: the key {Quoted.Name(key)} is unknown and was not used.");
        }

        if (fields.Int("pretraining_tp") is { } split && split != 1)
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture,
                $"{fields.Where}: pretraining_tp is {split}; products are not split as in pre-training, which "
                + $"changes rounding only."));
        }
    }
}
