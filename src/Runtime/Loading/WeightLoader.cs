using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Runtime.Loading.Families;
using Puna.Runtime.Models;

namespace Puna.Runtime.Loading;

/// <summary>
/// Brings the weights of a model folder into memory: products and the embedding as they are stored, gains and biases in
/// F32. Q/K/V and gate/up are joined as parts, without copying.
/// </summary>
public static class WeightLoader
{
    private const int ScanBytes = 4 << 20;

    /// <summary>Loads the weights.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="options">How; whoever gives none gets the defaults.</param>
    /// <param name="cancellation">Stops within one piece of some megabytes.</param>
    /// <returns>The weights; the caller disposes them.</returns>
    /// <exception cref="ModelFormatException">
    /// A file changed, a gain, bias or embedding is not finite, or a tied head differs.
    /// </exception>
    /// <exception cref="OutOfCapacityException">The machine does not have the memory.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing stays allocated.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static TransformerWeights Load(
        ModelFolder folder, LoadOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new LoadOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        SafetensorsFile.CheckEndianness();
        if (!options.UseMapping)
            CheckMemory(folder);

        using var placer = new WeightPlacer(folder.Checkpoint, options);
        ModelConfig config = folder.Config;
        var model = new Builder(folder, placer);
        var embedding = new Part(model.Matrix(TensorRole.Embedding));
        Tensor finalNorm = model.Vector(TensorRole.FinalNorm);
        Linear head = config.IsTied ? new Linear([embedding]) : new Linear(model.Matrix(TensorRole.LmHead));
        ImmutableArray<LayerWeights> layers = [.. Enumerable.Range(0, config.LayerCount).Select(model.Layer)];
        Tensor frequencies = placer.PlaceVector(config.Heads.HeadDim / 2);
        RopeFrequencies.Compute(config.Rope, config.Heads.HeadDim).CopyTo(frequencies.Span<float>());

        placer.ReadAll(cancellation);
        model.CheckEmbedding(embedding.Codes, cancellation);
        return new TransformerWeights(embedding, layers, finalNorm, head, frequencies, [.. placer.TakeOwned()]);
    }

    private static void CheckMemory(ModelFolder folder)
    {
        long needed = folder.Plan.Tensors.Sum(t => folder.Checkpoint.Tensors[t.Name].Entry.Bytes);
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (needed > available)
        {
            throw new OutOfCapacityException(
                $"memory: the weights have {needed:N0} bytes, but the machine has {available:N0}. Use a smaller "
                + "model, a machine with more memory, or --mmap, which reads the file while it runs.");
        }
    }

    /// <summary>Makes the records of a model from the tensors of its plan.</summary>
    private sealed class Builder(ModelFolder folder, WeightPlacer placer)
    {
        public LayerWeights Layer(int layer) => new(
            AttentionNorm: Vector(TensorRole.AttentionNorm, layer),
            QueryKeyValue: Join(layer, TensorRole.Query, TensorRole.Key, TensorRole.Value),
            Output: Join(layer, TensorRole.Output),
            MlpNorm: Vector(TensorRole.MlpNorm, layer),
            GateUp: Join(layer, TensorRole.Gate, TensorRole.Up),
            Down: Join(layer, TensorRole.Down));

        public Tensor Matrix(TensorRole role, int layer = -1)
        {
            PlannedTensor planned = Planned(role, isBias: false, layer);
            return placer.Place(folder.Checkpoint.Tensors[planned.Name], planned.Shape[0], planned.Shape[1]);
        }

        public Tensor Vector(TensorRole role, int layer = -1)
        {
            PlannedTensor planned = Planned(role, isBias: false, layer);
            Tensor vector = placer.PlaceVector(planned.Shape[0]);
            Widen(planned, vector.Span<float>());
            return vector;
        }

        public void CheckEmbedding(Tensor embedding, CancellationToken cancellation)
        {
            CheckpointTensor stored = folder.Checkpoint.Tensors[Planned(TensorRole.Embedding, isBias: false, -1).Name];
            CheckpointTensor? head = folder.Config.IsTied ? PlanCheck.TiedHead(folder.Checkpoint, folder.Family) : null;
            byte[] other = head is null ? [] : new byte[Math.Min(ScanBytes, embedding.Bytes)];
            for (long offset = 0; offset < embedding.Bytes; offset += ScanBytes)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<byte> bytes = embedding.Buffer.Span<byte>(
                    embedding.Offset + offset, (int)Math.Min(ScanBytes, embedding.Bytes - offset));
                long at = WideFloats.FindNonFinite(bytes, stored.Entry.DType);
                if (at >= 0)
                    throw NotFinite(stored, offset / embedding.DType.ByteSize() + at);
                if (head is null)
                    continue;
                placer.ReadNow(head, offset, other.AsSpan(0, bytes.Length));
                if (!bytes.SequenceEqual(other.AsSpan(0, bytes.Length)))
                    throw PlanCheck.TiedHeadDiffers(head, stored);
            }
        }

        private Linear Join(int layer, params ReadOnlySpan<TensorRole> roles)
        {
            var parts = ImmutableArray.CreateBuilder<Part>();
            foreach (TensorRole role in roles)
                parts.Add(new Part(Matrix(role, layer)));
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
