using System.Globalization;
using Puna.Runtime.Loading.Families;
using Puna.Runtime.Models;

namespace Puna.Runtime.Loading;

/// <summary>
/// Compares what a checkpoint holds with what its configuration implies: nothing missing, nothing left over, each of
/// its shape and of a type that is computed with.
/// </summary>
internal static class PlanCheck
{
    /// <summary>Refuses a checkpoint that is not the model that <paramref name="config"/> describes.</summary>
    public static void Run(
        TensorPlan plan, Checkpoint checkpoint, Family family, ModelConfig config, ICollection<string> warnings)
    {
        RefuseMetaNames(checkpoint);
        RefuseMissing(plan, checkpoint, config);
        foreach (PlannedTensor planned in plan.Tensors)
            CheckTensor(planned, checkpoint.Tensors[planned.Name]);
        string? tiedHead = CheckTiedHead(plan, checkpoint, family, config, warnings);
        RefuseUnread(plan, checkpoint, family, config, tiedHead);
    }

    private static void RefuseMetaNames(Checkpoint checkpoint)
    {
        foreach (string name in (ReadOnlySpan<string>)["tok_embeddings.weight", "layers.0.attention.wq.weight"])
        {
            if (checkpoint.Tensors.TryGetValue(name, out CheckpointTensor? tensor))
            {
                throw new ModelFormatException(
                    $"{tensor.File.Name}: tensor {Quoted.Name(name)} has a name of Meta's own layout, but the "
                    + "layout of Hugging Face was expected (rows of q and k are ordered differently). "
                    + $"{MissingWeights.MetaAdvice}");
            }
        }
    }

    private static void RefuseMissing(TensorPlan plan, Checkpoint checkpoint, ModelConfig config)
    {
        PlannedTensor[] missing = [.. plan.Tensors.Where(t => !checkpoint.Tensors.ContainsKey(t.Name))];
        if (missing.Length == 0)
            return;
        PlannedTensor first = missing[0];
        string reason = (first.Role, first.IsBias) switch
        {
            (TensorRole.LmHead, _) => "tie_word_embeddings is false",
            (_, true) => $"{config.Architecture} with these flags has biases there",
            _ when first.Layer >= 0 => $"num_hidden_layers {config.LayerCount}",
            _ => first.Why,
        };
        throw new ModelFormatException(
            $"{checkpoint.Source}: tensor {Quoted.Name(first.Name)}{Quoted.AndMore(missing.Length)} is missing, but "
            + $"config.json implies it ({reason}). Do the weights and config.json belong to the same model?");
    }

    private static void CheckTensor(PlannedTensor planned, CheckpointTensor tensor)
    {
        string where = $"{tensor.File.Name}: tensor {Quoted.Name(planned.Name)}";
        if (!tensor.Entry.Shape.AsSpan().SequenceEqual(planned.Shape.AsSpan()))
        {
            throw new ModelFormatException(
                $"{where} is {Quoted.Shape(tensor.Entry.Shape)}, but config.json implies "
                + $"{Quoted.Shape(planned.Shape)} ({planned.Why}). Do the weights and config.json belong to the same "
                + "model?");
        }

        if (tensor.Entry.DType is not (SafetensorsDType.F32 or SafetensorsDType.BF16 or SafetensorsDType.F16))
        {
            throw new ModelFormatException(
                $"{where} is {tensor.Entry.DType.Name()}, but weights in F32, BF16 or F16 were expected (no other "
                + "type is computed with yet). Use a checkpoint in one of these.");
        }
    }

    // The bytes are compared when they are loaded; here only the header is known.
    private static string? CheckTiedHead(
        TensorPlan plan, Checkpoint checkpoint, Family family, ModelConfig config, ICollection<string> warnings)
    {
        if (!config.IsTied || TiedHead(checkpoint, family) is not { } head
            || plan.Find(TensorRole.Embedding) is not { } embedding)
            return null;
        CheckpointTensor table = checkpoint.Tensors[embedding.Name];
        if (head.Entry.DType != table.Entry.DType || !head.Entry.Shape.SequenceEqual(table.Entry.Shape))
            throw TiedHeadDiffers(head, table);
        warnings.Add(
            $"{head.File.Name}: tensor {Quoted.Name(head.Entry.Name)} is present although tie_word_embeddings is "
            + "true; its bytes must be those of the embedding, which is used.");
        return head.Entry.Name;
    }

    /// <summary>The LM head that a checkpoint holds, whether or not the configuration asks for one.</summary>
    public static CheckpointTensor? TiedHead(Checkpoint checkpoint, Family family) =>
        checkpoint.Tensors.GetValueOrDefault(family.Names.First(n => n.Role == TensorRole.LmHead).Template);

    /// <summary>Says that a tied LM head is not the embedding.</summary>
    public static ModelFormatException TiedHeadDiffers(CheckpointTensor head, CheckpointTensor embedding) => new(
        $"{head.File.Name}: tensor {Quoted.Name(head.Entry.Name)} differs from {Quoted.Name(embedding.Entry.Name)}, "
        + "but tie_word_embeddings is true (then they are one). Set it to false in config.json if the model has a "
        + "head of its own.");

    private static void RefuseUnread(
        TensorPlan plan, Checkpoint checkpoint, Family family, ModelConfig config, string? tiedHead)
    {
        HashSet<string> read = [.. plan.Tensors.Select(t => t.Name)];
        string[] unread = [.. checkpoint.Tensors.Keys
            .Where(n => !read.Contains(n) && n != tiedHead)
            .Where(n => !family.IgnoredSuffixes.Any(s => n.EndsWith(s, StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)];
        if (unread.Length == 0)
            return;
        string first = unread[0];
        throw new ModelFormatException(
            $"{checkpoint.Tensors[first].File.Name}: tensor {Quoted.Name(first)}{Quoted.AndMore(unread.Length)} is "
            + $"not read by {config.Architecture}{Hint(first, config)}, but every tensor of a checkpoint must be "
            + "(what is left out changes the answer). Do the weights and config.json belong to the same model?");
    }

    private static string Hint(string name, ModelConfig config)
    {
        if (LayerOf(name) is { } layer && layer >= config.LayerCount)
            return $" with num_hidden_layers {config.LayerCount}";
        return name.EndsWith(".bias", StringComparison.Ordinal)
            ? " without biases there (attention_bias, mlp_bias)" : "";
    }

    private static int? LayerOf(string name)
    {
        string[] parts = name.Split('.');
        int at = Array.IndexOf(parts, "layers");
        return at >= 0 && at + 1 < parts.Length
            && int.TryParse(parts[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out int layer)
                ? layer : null;
    }
}
