using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Runtime.Loading.Families;
using Puna.Runtime.Models;

namespace Puna.Runtime.Loading;

/// <summary>What a product's weight becomes in memory.</summary>
/// <param name="Tensor">The tensor of the file.</param>
/// <param name="Stored">What the file holds it in.</param>
/// <param name="Format">What it is kept in.</param>
/// <param name="Layout">How its rows lie.</param>
internal sealed record PlannedPart(PlannedTensor Tensor, DType Stored, PartFormat Format, WeightLayout Layout)
{
    /// <summary>Whether its bytes are those of the file.</summary>
    public bool IsAsStored => Format.DType == Stored && Layout == WeightLayout.Rows;

    /// <summary>Bytes that it takes in memory.</summary>
    public long Bytes => Part.ByteSize(Format, Layout, Tensor.Shape[0], Tensor.Shape[1]);
}

/// <summary>What every tensor of a model becomes in memory, known before a weight is read.</summary>
internal sealed class WeightFormats
{
    private readonly ModelFolder _folder;
    private readonly Dictionary<PlannedTensor, PlannedPart> _parts;

    /// <summary>Decides formats and layouts.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="mode">In what its numbers are kept.</param>
    /// <param name="layoutOf">How weights of a format should lie.</param>
    /// <param name="inPlace">Whether what the files hold in the right format is used where it is.</param>
    public WeightFormats(ModelFolder folder, ModelMode mode, Func<PartFormat, WeightLayout> layoutOf, bool inPlace)
    {
        _folder = folder;
        Mode = mode;
        PlannedTensor embedding = folder.Plan.Find(TensorRole.Embedding)
            ?? throw new InvalidOperationException("WeightFormats: a plan without an embedding.");
        Embedding = Plan(embedding);
        HeadIsEmbedding = folder.Config.IsTied && Embedding.Format.DType == Embedding.Stored;
        Parts = [.. folder.Plan.Tensors
            .Where(t => !t.IsVector && (t != embedding || folder.Config.IsTied)).Select(t => t == embedding ? Embedding : Plan(t))];
        _parts = Parts.ToDictionary(p => p.Tensor);

        PlannedPart Plan(PlannedTensor tensor)
        {
            DType stored = Stored(tensor);
            PartFormat format = mode.FormatOf(stored);
            return new PlannedPart(tensor, stored, format,
                inPlace && format.DType == stored ? WeightLayout.Rows : layoutOf(format));
        }
    }

    /// <summary>In what the model's numbers are kept.</summary>
    public ModelMode Mode { get; }

    /// <summary>The weights of products; the embedding is one when the head is tied to it.</summary>
    public ImmutableArray<PlannedPart> Parts { get; }

    /// <summary>The embedding as a product's weight: the tied head.</summary>
    public PlannedPart Embedding { get; }

    /// <summary>Whether head and embedding are one in memory too: not when only the head is converted.</summary>
    public bool HeadIsEmbedding { get; }

    /// <summary>What a weight of a product becomes.</summary>
    public PlannedPart Of(PlannedTensor tensor) => _parts[tensor];

    /// <summary>Bytes that the loaded model takes: gains and biases are widened to F32.</summary>
    public long LoadedBytes => Parts.Sum(p => p.Bytes)
        + (HeadIsEmbedding ? 0 : _folder.Checkpoint.Tensors[Embedding.Tensor.Name].Entry.Bytes)
        + _folder.Plan.Tensors.Where(t => t.IsVector).Sum(t => t.Shape[0] * sizeof(float));

    private DType Stored(PlannedTensor tensor)
    {
        SafetensorsDType type = _folder.Checkpoint.Tensors[tensor.Name].Entry.DType;
        return type.TryToKernel(out DType stored)
            ? stored : throw new InvalidOperationException($"WeightFormats: {type} is no type of kernels.");
    }
}
