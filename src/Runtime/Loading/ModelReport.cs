using System.Collections.Immutable;
using System.Text.Json;
using Puna.Kernels;
using Puna.Runtime.Models;

namespace Puna.Runtime.Loading;

/// <summary>Tensors of one kind, shape and type.</summary>
/// <param name="Kind">The module, such as <c>q_proj</c>, or <c>q_proj.bias</c>.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Shape">Dimensions of each.</param>
/// <param name="DType">Type of the elements as the file names it.</param>
/// <param name="Parameters">Elements of all of them.</param>
/// <param name="Bytes">Bytes of all of them in the file.</param>
public sealed record ModuleReport(
    string Kind, int Count, ImmutableArray<long> Shape, string DType, long Parameters, long Bytes);

/// <summary>Memory that running a model needs, in bytes.</summary>
/// <param name="Mode">In what the numbers are kept and met.</param>
/// <param name="ContextTokens">Tokens of all sequences together.</param>
/// <param name="WeightBytes">The weights.</param>
/// <param name="KvBytes">Keys and values of the tokens.</param>
/// <param name="ScratchBytes">Activations of the rows of one step.</param>
/// <param name="TotalBytes">The three together.</param>
public sealed record MemoryEstimate(
    ModelMode Mode, int ContextTokens, long WeightBytes, long KvBytes, long ScratchBytes, long TotalBytes);

/// <summary>
/// What a model folder holds, from headers and small files alone: plain values, for people and for JSON.
/// </summary>
public sealed record ModelReport
{
    /// <summary>Full path of the folder.</summary>
    public required string Path { get; init; }

    /// <summary><c>architectures[0]</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The tensors by kind, in the order of the forward pass.</summary>
    public required ImmutableArray<ModuleReport> Modules { get; init; }

    /// <summary>Names of the weights' files.</summary>
    public required ImmutableArray<string> Files { get; init; }

    /// <summary>Elements of all tensors; a tied LM head counts once.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>Bytes of all tensors in the files.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes of memory that the loaded weights take: gains and biases are widened to F32.</summary>
    public required long LoadedBytes { get; init; }

    /// <summary>Number of layers.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the MLP.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Query heads.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key/value heads.</summary>
    public required int KvHeadCount { get; init; }

    /// <summary>Elements per head.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Entries of the vocabulary.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Longest context, in tokens.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Sliding window in tokens, or null.</summary>
    public required int? SlidingWindow { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public required double RopeTheta { get; init; }

    /// <summary>The scaling of the rotary frequencies in words.</summary>
    public required string RopeScaling { get; init; }

    /// <summary>Whether the LM head is the embedding.</summary>
    public required bool IsTied { get; init; }

    /// <summary>Bytes of keys and values per token, in F32.</summary>
    public required long KvBytesPerTokenF32 { get; init; }

    /// <summary>Bytes of keys and values per token, in BF16.</summary>
    public required long KvBytesPerTokenBF16 { get; init; }

    /// <summary>The id that starts a text, or null.</summary>
    public required int? BosId { get; init; }

    /// <summary>The ids that end an answer.</summary>
    public required ImmutableArray<int> StopIds { get; init; }

    /// <summary>Sampling defaults, or null.</summary>
    public required GenerationConfig? GenerationDefaults { get; init; }

    /// <summary>Whether the folder holds a tokenizer.</summary>
    public required bool HasTokenizer { get; init; }

    /// <summary>Where the chat template is: a file of the folder; null when there is none.</summary>
    public required string? ChatTemplate { get; init; }

    /// <summary>Remarks on what was accepted.</summary>
    public required ImmutableArray<string> Warnings { get; init; }

    /// <summary>Describes a folder that was opened; reads no weights.</summary>
    /// <exception cref="ModelFormatException"><c>tokenizer_config.json</c> is damaged.</exception>
    public static ModelReport Describe(ModelFolder folder)
    {
        ModelConfig config = folder.Config;
        ImmutableArray<ModuleReport> modules = Group(folder);
        return new ModelReport
        {
            Path = folder.Path,
            Architecture = config.Architecture,
            Modules = modules,
            Files = [.. folder.Checkpoint.Files.Select(f => f.Name)],
            ParameterCount = modules.Sum(m => m.Parameters),
            WeightBytes = modules.Sum(m => m.Bytes),
            LoadedBytes = modules.Sum(m => m.Shape.Length == 1 ? m.Parameters * sizeof(float) : m.Bytes),
            LayerCount = config.LayerCount,
            HiddenSize = config.HiddenSize,
            IntermediateSize = config.IntermediateSize,
            HeadCount = config.Heads.HeadCount,
            KvHeadCount = config.Heads.KvHeadCount,
            HeadDim = config.Heads.HeadDim,
            VocabSize = config.VocabSize,
            ContextLength = config.ContextLength,
            SlidingWindow = config.SlidingWindow,
            RopeTheta = config.Rope.Theta,
            RopeScaling = RopeReader.Describe(config.Rope),
            IsTied = config.IsTied,
            KvBytesPerTokenF32 = config.KvBytesPerToken(DType.F32),
            KvBytesPerTokenBF16 = config.KvBytesPerToken(DType.BF16),
            BosId = folder.GenerationDefaults?.BosId ?? config.BosId,
            StopIds = folder.StopIds,
            GenerationDefaults = folder.GenerationDefaults,
            HasTokenizer = folder.HasTokenizer,
            ChatTemplate = FindTemplate(folder.Path),
            Warnings = folder.Warnings,
        };
    }

    /// <summary>Memory that running needs when nothing is shared with other programs.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="mode">In what its numbers are kept and met.</param>
    /// <param name="ops">What will execute it.</param>
    /// <param name="contextTokens">Tokens of all sequences together.</param>
    /// <param name="rows">Rows of the largest step: the tokens of a prompt that are computed at a time.</param>
    /// <param name="logitRows">Rows of the largest step whose logits are wanted.</param>
    public static MemoryEstimate EstimateMemory(
        ModelFolder folder, ModelMode mode, IBackend ops, int contextTokens, int rows = 256, int logitRows = 1)
    {
        ModelConfig config = folder.Config;
        long weights = new WeightFormats(folder, mode, ops.LayoutOf, inPlace: false).LoadedBytes;
        long kv = config.KvBytesPerToken(mode.CacheType) * contextTokens;
        long scratch = Scratch.RequiredBytes(config, rows, logitRows) + (long)logitRows * config.VocabSize * sizeof(float);
        return new MemoryEstimate(mode, contextTokens, weights, kv, scratch, weights + kv + scratch);
    }

    private static ImmutableArray<ModuleReport> Group(ModelFolder folder) =>
    [
        .. folder.Plan.Tensors
            .Select(t => (Planned: t, Kind: Kind(t), folder.Checkpoint.Tensors[t.Name].Entry))
            .GroupBy(t => (t.Planned.Role, t.Planned.IsBias, t.Kind, t.Entry.DType))
            .OrderBy(g => g.Key.Role).ThenBy(g => g.Key.IsBias).ThenBy(g => g.Key.DType)
            .Select(g => new ModuleReport(
                g.Key.Kind, g.Count(), g.First().Planned.Shape, g.Key.DType.Name(),
                g.Sum(t => t.Entry.Length), g.Sum(t => t.Entry.Bytes))),
    ];

    // The last word of a name before '.weight': model.layers.3.self_attn.q_proj.weight is a q_proj.
    private static string Kind(PlannedTensor planned)
    {
        string[] parts = planned.Name.Split('.');
        return planned.IsBias ? $"{parts[^2]}.bias" : parts[^2];
    }

    private static string? FindTemplate(string folder)
    {
        const string TokenizerConfig = "tokenizer_config.json";
        foreach (string name in (ReadOnlySpan<string>)["chat_template.jinja", "chat_template.json"])
        {
            if (File.Exists(System.IO.Path.Combine(folder, name)))
                return name;
        }

        string path = System.IO.Path.Combine(folder, TokenizerConfig);
        if (!File.Exists(path))
            return null;
        using JsonDocument document = JsonFile.Read(path);
        var fields = new JsonFields(document.RootElement, TokenizerConfig);
        return fields.Find("chat_template") is null ? null : TokenizerConfig;
    }
}
