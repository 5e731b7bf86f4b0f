using System.Collections.Immutable;
using System.Globalization;
using Puna.Kernels;
using Puna.Runtime.Loading.Families;
using Puna.Runtime.Models;

namespace Puna.Runtime.Loading;

/// <summary>A tensor that a model needs.</summary>
/// <param name="Role">What it is.</param>
/// <param name="IsBias">Whether it is the bias of what <paramref name="Role"/> names.</param>
/// <param name="Layer">Its layer; −1 outside the layers.</param>
/// <param name="Name">Its name in the checkpoint.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Why">The values of <c>config.json</c> that give the shape, in words.</param>
internal sealed record PlannedTensor(
    TensorRole Role, bool IsBias, int Layer, string Name, ImmutableArray<long> Shape, string Why)
{
    /// <summary>Whether it is used in F32, whatever it is stored in: gains and biases.</summary>
    public bool IsVector => Shape.Length == 1;
}

/// <summary>Every tensor that a configuration implies, with its name and shape.</summary>
internal sealed class TensorPlan
{
    private const int NoLayer = -1;
    private readonly Dictionary<(TensorRole Role, bool IsBias, int Layer), PlannedTensor> _byRole;

    private TensorPlan(ImmutableArray<PlannedTensor> tensors)
    {
        Tensors = tensors;
        _byRole = tensors.ToDictionary(t => (t.Role, t.IsBias, t.Layer));
    }

    /// <summary>The tensors, layer by layer.</summary>
    public ImmutableArray<PlannedTensor> Tensors { get; }

    /// <summary>The tensor of a role, or null when the model has none.</summary>
    public PlannedTensor? Find(TensorRole role, bool isBias = false, int layer = NoLayer) =>
        _byRole.GetValueOrDefault((role, isBias, layer));

    /// <summary>Lists the tensors of a model; the LM head only when it is not the embedding.</summary>
    public static TensorPlan Make(Family family, ModelConfig config)
    {
        var tensors = ImmutableArray.CreateBuilder<PlannedTensor>();
        foreach (TensorName name in family.Names)
        {
            if (!name.IsPerLayer && (name.Role != TensorRole.LmHead || !config.IsTied))
                Add(tensors, config, name, NoLayer);
        }

        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            foreach (TensorName name in family.Names.Where(n => n.IsPerLayer))
                Add(tensors, config, name, layer);
        }

        return new TensorPlan(tensors.ToImmutable());
    }

    private static void Add(
        ImmutableArray<PlannedTensor>.Builder tensors, ModelConfig config, TensorName name, int layer)
    {
        string number = layer.ToString(CultureInfo.InvariantCulture);
        string full = name.Template.Replace("{i}", number, StringComparison.Ordinal);
        ((long Size, string Why) rows, (long Size, string Why)? cols) = Shape(name.Role, config);
        tensors.Add(cols is { } c
            ? new PlannedTensor(name.Role, false, layer, full, [rows.Size, c.Size], $"{rows.Why}, {c.Why}")
            : new PlannedTensor(name.Role, false, layer, full, [rows.Size], rows.Why));
        if (HasBias(name.Role, config.Biases))
        {
            string bias = full[..^".weight".Length] + ".bias";
            tensors.Add(new PlannedTensor(name.Role, true, layer, bias, [rows.Size], rows.Why));
        }
    }

    private static bool HasBias(TensorRole role, Biases biases) => role switch
    {
        TensorRole.Query or TensorRole.Key or TensorRole.Value => biases.HasFlag(Biases.QueryKeyValue),
        TensorRole.Output => biases.HasFlag(Biases.Output),
        TensorRole.Gate or TensorRole.Up or TensorRole.Down => biases.HasFlag(Biases.Mlp),
        _ => false,
    };

    private static ((long Size, string Why) Rows, (long Size, string Why)? Cols) Shape(
        TensorRole role, ModelConfig config)
    {
        HeadLayout h = config.Heads;
        (long, string) hidden = (config.HiddenSize, $"hidden_size {config.HiddenSize}");
        (long, string) mlp = (config.IntermediateSize, $"intermediate_size {config.IntermediateSize}");
        (long, string) vocabulary = (config.VocabSize, $"vocab_size {config.VocabSize}");
        (long, string) query = (h.QuerySize, $"num_attention_heads {h.HeadCount} × head_dim {h.HeadDim}");
        (long, string) keyValue = (h.KvSize, $"num_key_value_heads {h.KvHeadCount} × head_dim {h.HeadDim}");
        return role switch
        {
            TensorRole.Embedding or TensorRole.LmHead => (vocabulary, hidden),
            TensorRole.AttentionNorm or TensorRole.MlpNorm or TensorRole.FinalNorm => (hidden, null),
            TensorRole.Query => (query, hidden),
            TensorRole.Key or TensorRole.Value => (keyValue, hidden),
            TensorRole.Output => (hidden, query),
            TensorRole.Gate or TensorRole.Up => (mlp, hidden),
            TensorRole.Down => (hidden, mlp),
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, null),
        };
    }
}
