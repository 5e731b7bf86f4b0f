using System.Collections.Immutable;
using System.Text.Json;
using Puna.Runtime.Loading.Families;
using Puna.Runtime.Models;

namespace Puna.Runtime.Loading;

/// <summary>
/// A model folder after every check that needs no weights: the configuration is understood, and the headers of the
/// weights hold exactly the tensors it implies.
/// </summary>
public sealed class ModelFolder
{
    private static readonly string[] TokenizerNames = ["tokenizer.json", "tokenizer.model"];

    private ModelFolder(string path, Family family, ModelConfig config, Checkpoint checkpoint, TensorPlan plan)
    {
        Path = path;
        Family = family;
        Config = config;
        Checkpoint = checkpoint;
        Plan = plan;
        HasTokenizer = TokenizerNames.Any(n => File.Exists(System.IO.Path.Combine(path, n)));
        StopIds = config.EosIds;
    }

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>The model's family.</summary>
    public Family Family { get; }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>What <c>generation_config.json</c> says; null without that file.</summary>
    public GenerationConfig? GenerationDefaults { get; private init; }

    /// <summary>The headers of the weights.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>
    /// The ids that end an answer: those of <c>generation_config.json</c>, else of <c>config.json</c>. None when
    /// neither says; then the tokenizer's end-of-text token is left.
    /// </summary>
    public ImmutableArray<int> StopIds { get; private init; }

    /// <summary>Whether the folder holds a <c>tokenizer.json</c> or <c>tokenizer.model</c>; neither was read.</summary>
    public bool HasTokenizer { get; }

    /// <summary>Remarks on what was accepted.</summary>
    public ImmutableArray<string> Warnings { get; private init; } = [];

    internal TensorPlan Plan { get; }

    /// <summary>Opens a folder; reads headers and small files only.</summary>
    /// <param name="path">A folder with <c>config.json</c> and safetensors weights.</param>
    /// <param name="mode">How closely the safetensors format's text is followed.</param>
    /// <exception cref="ModelFormatException">
    /// It is not a model, or not one that can be run; the message says why.
    /// </exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static ModelFolder Open(string path, SafetensorsMode mode = SafetensorsMode.Strict)
    {
        string configPath = FindConfig(path);
        path = System.IO.Path.GetFullPath(path);
        List<string> warnings = [];
        using JsonDocument document = JsonFile.Read(configPath);
        ModelConfig config = ConfigReader.Read(document.RootElement, warnings: warnings);
        Family family = FamilyTable.Find(config.Architecture)
            ?? throw new InvalidOperationException(config.Architecture);

        string modelOpt = System.IO.Path.Combine(path, "hf_quant_config.json");
        if (File.Exists(modelOpt))
            QuantizedCheckpoints.RefuseModelOpt(modelOpt);
        string generation = System.IO.Path.Combine(path, "generation_config.json");
        GenerationConfig? defaults =
            File.Exists(generation) ? GenerationConfig.Read(generation, config.VocabSize, warnings) : null;

        Checkpoint checkpoint = Checkpoint.Open(path, mode);
        warnings.AddRange(checkpoint.Warnings);
        QuantizedCheckpoints.RefuseTensors(checkpoint);
        TensorPlan plan = TensorPlan.Make(family, config);
        PlanCheck.Run(plan, checkpoint, family, config, warnings);
        WarnOfDType(document.RootElement, plan, checkpoint, warnings);
        return new ModelFolder(path, family, config, checkpoint, plan)
        {
            GenerationDefaults = defaults,
            StopIds = defaults is { EosIds.Length: > 0 } ? defaults.EosIds : config.EosIds,
            Warnings = [.. warnings],
        };
    }

    private static string FindConfig(string path)
    {
        const string Expected = "a model folder with config.json and model.safetensors was expected";
        if (File.Exists(path))
            throw new ModelFormatException($"{Quoted.Line(path)}: this is a file, but {Expected}. Give the folder "
                + "that holds the model.");
        if (!Directory.Exists(path))
            throw new ModelFormatException($"{Quoted.Line(path)}: there is no such folder, but {Expected}. Check the "
                + "path.");
        string config = System.IO.Path.Combine(path, "config.json");
        if (File.Exists(config))
            return config;

        string[] files = [.. Directory.GetFiles(path).Select(f => System.IO.Path.GetFileName(f))];
        if (files.Any(MissingWeights.IsMeta))
            throw MissingWeights.Explain(System.IO.Path.GetFullPath(path));
        bool hasWeights = files.Any(f =>
            f.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) && !MissingWeights.IsPacked(f));
        throw new ModelFormatException(hasWeights
            ? $"{Quoted.Line(path)}: the folder holds weights and no config.json, but {Expected} (it gives the "
                + "model's shape). Download config.json too."
            : $"{Quoted.Line(path)}: the folder holds no config.json, but {Expected}. Give the folder that holds the "
                + "model.");
    }

    private static void WarnOfDType(JsonElement config, TensorPlan plan, Checkpoint checkpoint, List<string> warnings)
    {
        if (ConfigReader.DeclaredDType(new JsonFields(config, "config.json")) is not { } declared)
            return;
        SafetensorsDType most = plan.Tensors
            .GroupBy(t => checkpoint.Tensors[t.Name].Entry.DType, t => checkpoint.Tensors[t.Name].Entry.Bytes)
            .MaxBy(g => g.Sum())!.Key;   // not null: a plan is never empty
        string actual = most switch
        {
            SafetensorsDType.F32 => "float32",
            SafetensorsDType.F16 => "float16",
            _ => "bfloat16",
        };
        if (declared != actual && declared != "torch." + actual)
            warnings.Add($"config.json: dtype is {Quoted.Name(declared)}, but the tensors are {most.Name()}, which "
                + "is used.");
    }
}
