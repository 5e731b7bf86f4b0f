using System.Buffers;
using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Runtime.Loading.Families;
using Puna.Runtime.Models;

namespace Puna.Runtime.Loading;

/// <summary>
/// Brings the weights of a model folder into memory: products in the format and layout that are wanted, the embedding as
/// it is stored, gains and biases in F32. Q/K/V and gate/up are joined as parts, without copying.
/// </summary>
public static class WeightLoader
{
    /// <summary>Loads the weights as they are stored, row after row, to be met by activations in F32.</summary>
    /// <inheritdoc cref="Load(ModelFolder, ModelMode, IBackend, LoadOptions?, CancellationToken)"/>
    public static TransformerWeights Load(
        ModelFolder folder, LoadOptions? options = null, CancellationToken cancellation = default) =>
        Load(folder, ModelMode.Exact, static _ => WeightLayout.Rows, options ?? new LoadOptions(), cancellation);

    /// <summary>Loads the weights in the formats of a mode, as a backend wants them to lie.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="mode">In what its numbers are kept.</param>
    /// <param name="ops">What will execute it.</param>
    /// <param name="options">How; whoever gives none gets the defaults.</param>
    /// <param name="cancellation">Stops within one piece of some megabytes.</param>
    /// <returns>The weights; the caller disposes them.</returns>
    /// <exception cref="ModelFormatException">
    /// A file changed, a gain, bias or embedding is not finite, or a weight that is converted; or a tied head differs.
    /// </exception>
    /// <exception cref="OutOfCapacityException">The machine does not have the memory.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing stays allocated.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static TransformerWeights Load(ModelFolder folder, ModelMode mode, IBackend ops, LoadOptions? options = null,
        CancellationToken cancellation = default) =>
        Load(folder, mode, ops.LayoutOf, options ?? new LoadOptions(), cancellation);

    internal static TransformerWeights Load(ModelFolder folder, ModelMode mode, Func<PartFormat, WeightLayout> layoutOf,
        LoadOptions options, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        SafetensorsFile.CheckEndianness();
        bool inPlace = options.UseMapping && options.PackFolder is null;
        var formats = new WeightFormats(folder, mode, layoutOf, inPlace);
        if (!options.UseMapping)
            CheckMemory(formats);
        return options.PackFolder is { } packFolder
            ? PackedLoading.Load(folder, formats, options, packFolder, cancellation)
            : Assemble(folder, formats, options, packed: null, onLoaded: null, cancellation);
    }

    /// <summary>Gives every tensor its place, and reads.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="formats">What its tensors become.</param>
    /// <param name="options">How they are read.</param>
    /// <param name="packed">Where weights of products are read from; null for the model's files.</param>
    /// <param name="onLoaded">Told the weights of products when they are there.</param>
    /// <param name="cancellation">Stops.</param>
    internal static TransformerWeights Assemble(ModelFolder folder, WeightFormats formats, LoadOptions options,
        PackedFile? packed, Action<IReadOnlyList<PackedPart>>? onLoaded, CancellationToken cancellation)
    {
        using var placer = new WeightPlacer(folder.Checkpoint, options, packed);
        ModelConfig config = folder.Config;
        var model = new Builder(folder, formats, placer);
        (Part embedding, Linear head) = model.EmbeddingAndHead();
        Tensor finalNorm = model.Vector(TensorRole.FinalNorm);
        ImmutableArray<LayerWeights> layers = [.. Enumerable.Range(0, config.LayerCount).Select(model.Layer)];
        Tensor frequencies = placer.PlaceVector(config.Heads.HeadDim / 2);
        RopeFrequencies.Compute(config.Rope, config.Heads.HeadDim).CopyTo(frequencies.Span<float>());

        placer.ReadAll(cancellation);
        onLoaded?.Invoke(placer.Parts);
        return new TransformerWeights(embedding, layers, finalNorm, head, frequencies, [.. placer.TakeOwned()]);
    }

    private static void CheckMemory(WeightFormats formats)
    {
        long needed = formats.LoadedBytes;
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (needed > available)
        {
            throw new OutOfCapacityException(
                $"memory: the weights have {needed:N0} bytes, but the machine has {available:N0}. Use a smaller "
                + "model, weights in fewer bits, a machine with more memory, or --mmap, which reads the file while it runs.");
        }
    }

    /// <summary>Makes the records of a model from the tensors of its plan.</summary>
    private sealed class Builder(ModelFolder folder, WeightFormats formats, WeightPlacer placer)
    {
        public LayerWeights Layer(int layer) => new(
            AttentionNorm: Vector(TensorRole.AttentionNorm, layer),
            QueryKeyValue: Join(layer, TensorRole.Query, TensorRole.Key, TensorRole.Value),
            Output: Join(layer, TensorRole.Output),
            MlpNorm: Vector(TensorRole.MlpNorm, layer),
            GateUp: Join(layer, TensorRole.Gate, TensorRole.Up),
            Down: Join(layer, TensorRole.Down));

        public Tensor Vector(TensorRole role, int layer = -1)
        {
            PlannedTensor planned = Planned(role, isBias: false, layer);
            Tensor vector = placer.PlaceVector(planned.Shape[0]);
            Widen(planned, vector.Span<float>());
            return vector;
        }

        /// <summary>Both tables: one, or the same tensor twice when only the head is converted, or two tensors.</summary>
        public (Part Embedding, Linear Head) EmbeddingAndHead()
        {
            PlannedTensor planned = formats.Embedding.Tensor;
            RowsUse check = EmbeddingCheck(planned);
            if (formats.HeadIsEmbedding)
            {
                Part both = Matrix(planned, check);
                return (both, new Linear([both]));
            }

            CheckpointTensor stored = folder.Checkpoint.Tensors[planned.Name];
            Part embedding = new(placer.PlaceRows(stored, planned.Shape[0], planned.Shape[1], check));
            PlannedTensor head = folder.Config.IsTied ? planned : Planned(TensorRole.LmHead, isBias: false, -1);
            return (embedding, new Linear([Matrix(head)]));
        }

        /// <summary>Refuses an embedding with numbers that are none, and a head that should be it and is not.</summary>
        private RowsUse EmbeddingCheck(PlannedTensor planned)
        {
            CheckpointTensor stored = folder.Checkpoint.Tensors[planned.Name];
            CheckpointTensor? head = folder.Config.IsTied ? PlanCheck.TiedHead(folder.Checkpoint, folder.Family) : null;
            RowsUse finite = FiniteCheck(stored);
            return head is null ? finite : finite + ((rows, firstRow) =>
            {
                int count = (int)rows.Bytes;
                byte[] other = ArrayPool<byte>.Shared.Rent(count);
                placer.ReadNow(head, firstRow * rows.Cols * rows.DType.ByteSize(), other.AsSpan(0, count));
                bool isSame = rows.Buffer.Span<byte>(rows.Offset, count).SequenceEqual(other.AsSpan(0, count));
                ArrayPool<byte>.Shared.Return(other);
                if (!isSame)
                    throw PlanCheck.TiedHeadDiffers(head, stored);
            });
        }

        private static RowsUse FiniteCheck(CheckpointTensor stored) => (rows, firstRow) =>
        {
            long at = WideFloats.FindNonFinite(rows.Buffer.Span<byte>(rows.Offset, (int)rows.Bytes), stored.Entry.DType);
            if (at >= 0)
                throw NotFinite(stored, firstRow * rows.Cols + at);
        };

        private Part Matrix(PlannedTensor planned, RowsUse? check = null)
        {
            PlannedPart part = formats.Of(planned);
            CheckpointTensor stored = folder.Checkpoint.Tensors[planned.Name];
            if (check is null && part.Format.ScaleGroups > 0)
                check = FiniteCheck(stored);   // one such number would make its whole row's scale into none
            return placer.Place(stored, planned.Shape[0], planned.Shape[1], part.Format, part.Layout, check);
        }

        private Linear Join(int layer, params ReadOnlySpan<TensorRole> roles)
        {
            var parts = ImmutableArray.CreateBuilder<Part>();
            foreach (TensorRole role in roles)
                parts.Add(Matrix(Planned(role, isBias: false, layer)));
            return new Linear(parts.ToImmutable(), JoinBiases(layer, roles));
        }

        private Tensor? JoinBiases(int layer, ReadOnlySpan<TensorRole> roles)
        {
            long size = 0;
            foreach (TensorRole role in roles)
                size += folder.Plan.Find(role, isBias: true, layer)?.Shape[0] ?? 0;
            if (size == 0)
                return null;

            // The products of one row have biases together or not at all: the flags say so for all of them.
            Tensor joined = placer.PlaceVector(size);
            Span<float> rest = joined.Span<float>();
            foreach (TensorRole role in roles)
            {
                PlannedTensor bias = Planned(role, isBias: true, layer);
                Widen(bias, rest[..(int)bias.Shape[0]]);
                rest = rest[(int)bias.Shape[0]..];
            }

            return joined;
        }

        private void Widen(PlannedTensor planned, Span<float> values)
        {
            CheckpointTensor tensor = folder.Checkpoint.Tensors[planned.Name];
            byte[] bytes = new byte[tensor.Entry.Bytes];
            placer.ReadNow(tensor, 0, bytes);
            long at = WideFloats.FindNonFinite(bytes, tensor.Entry.DType);
            if (at >= 0)
                throw NotFinite(tensor, at);
            WideFloats.Widen(bytes, tensor.Entry.DType, values);
        }

        private PlannedTensor Planned(TensorRole role, bool isBias, int layer) =>
            folder.Plan.Find(role, isBias, layer)
            ?? throw new InvalidOperationException($"WeightLoader: no {role} in layer {layer}.");

        private static ModelFormatException NotFinite(CheckpointTensor tensor, long element) => new(
            $"{tensor.File.Name}: element {element} of tensor {Quoted.Name(tensor.Entry.Name)} is infinite or not a "
            + "number, but a finite number was expected (every answer would be not a number). The checkpoint is "
            + "damaged; download it again.");
    }
}
