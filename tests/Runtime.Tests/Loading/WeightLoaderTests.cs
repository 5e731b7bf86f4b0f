using System.Runtime.InteropServices;
using Puna.Kernels;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

public sealed class WeightLoaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, bool> GoldenNames => [.. Goldens.Checkpoints
        .SelectMany(n => (TheoryDataRow<string, bool>[])[new(n, false), new(n, true)])];

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(GoldenNames))]
    public void Reference_checkpoint_loads_with_all_its_tensors(string name, bool useMapping) =>
        AssertLoadsAsStored(Goldens.Checkpoint(name), useMapping);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Demo_model_loads_with_all_its_tensors(bool useMapping) => AssertLoadsAsStored(Goldens.Demo, useMapping);

    [Theory]
    [InlineData(SafetensorsDType.F32, DType.F32)]
    [InlineData(SafetensorsDType.BF16, DType.BF16)]
    [InlineData(SafetensorsDType.F16, DType.F16)]
    public void Products_keep_the_type_they_are_stored_in_and_gains_become_F32(SafetensorsDType stored, DType loaded)
    {
        TinyModel model = TinyModel.Llama();
        string[] changed = ["model.layers.1.mlp.up_proj.weight", "model.norm.weight", "model.embed_tokens.weight"];
        foreach (string name in changed)
            model.Tensors[name] = model.Tensors[name] with { DType = stored };
        string path = model.Write(_folder.Path);

        AssertLoadsAsStored(path, useMapping: false);
        using TransformerWeights weights = WeightLoader.Load(ModelFolder.Open(path));

        Assert.Equal(loaded, weights.Layers[1].GateUp.Parts[1].Format.DType);
        Assert.Equal(DType.BF16, weights.Layers[1].GateUp.Parts[0].Format.DType);
        Assert.Equal(loaded, weights.Embedding.Format.DType);
        Assert.Equal(DType.F32, weights.FinalNorm.DType);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Biases_of_joined_products_are_joined(bool useMapping)
    {
        TinyModel model = TinyModel.Llama(configure: c =>
        {
            c["attention_bias"] = true;
            c["mlp_bias"] = true;
        });
        model.Tensors["model.layers.0.self_attn.v_proj.bias"] =
            model.Tensors["model.layers.0.self_attn.v_proj.bias"] with { DType = SafetensorsDType.F32 };

        AssertLoadsAsStored(model.Write(_folder.Path, shardCount: 2), useMapping);
    }

    [Fact]
    public void Qwen2_has_biases_on_q_k_and_v_alone()
    {
        using TransformerWeights weights = WeightLoader.Load(ModelFolder.Open(TinyModel.Qwen2().Write(_folder.Path)));

        Assert.Equal(64, weights.Layers[0].QueryKeyValue.Bias!.Value.Cols);
        Assert.Null(weights.Layers[0].Output.Bias);
        Assert.Null(weights.Layers[0].GateUp.Bias);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Tensors_at_odd_bytes_are_copied_when_mapped(int headerBytes)
    {
        string path = TinyModel.Llama().Write(_folder.Path);
        Shift(_folder.File("model.safetensors"), headerBytes);

        AssertLoadsAsStored(path, useMapping: false);
        AssertLoadsAsStored(path, useMapping: true);
        using TransformerWeights weights = Load(ModelFolder.Open(path), useMapping: true);
        Assert.Equal(0, weights.Layers[0].Down.Parts[0].Codes.Offset);   // in memory of its own
    }

    [Fact]
    public void Tensor_that_ends_with_its_page_is_copied_when_mapped()
    {
        TinyModel model = TinyModel.Llama();
        string[] gains = [.. model.Tensors.Keys.Where(n => n.EndsWith("norm.weight", StringComparison.Ordinal))];
        foreach (string name in gains)
            model.Tensors[name] = model.Tensors[name] with { DType = SafetensorsDType.F32 };
        string path = model.Write(_folder.Path), file = _folder.File("model.safetensors");
        Assert.Equal("model.layers.1.self_attn.v_proj.weight", SafetensorsFile.Open(file).Table.Entries[^1].Name);

        // A kernel may read a whole vector at a tensor's end, and behind the last page there is nothing.
        int page = Environment.SystemPageSize, over = (int)(new FileInfo(file).Length % page);
        Shift(file, page - over);
        Assert.Equal(0, new FileInfo(file).Length % page);
        Assert.Equal(0, OffsetOfLastValue());
        Shift(file, page - 62);
        Assert.Equal(0, OffsetOfLastValue());
        Shift(file, page - 2);
        Assert.NotEqual(0, OffsetOfLastValue());

        long OffsetOfLastValue()
        {
            AssertLoadsAsStored(path, useMapping: true);
            using TransformerWeights weights = Load(ModelFolder.Open(path), useMapping: true);
            Assert.NotEqual(0, weights.Embedding.Codes.Offset);
            return weights.Layers[1].QueryKeyValue.Parts[2].Codes.Offset;
        }
    }

    [Fact]
    public void Tied_head_is_the_embedding()
    {
        TinyModel.Llama(configure: c => c["tie_word_embeddings"] = true).Write(_folder.Path);

        using TransformerWeights weights = WeightLoader.Load(ModelFolder.Open(_folder.Path));

        Assert.Same(weights.Embedding, Assert.Single(weights.LmHead.Parts));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tied_head_that_is_stored_must_be_the_embedding(bool useMapping)
    {
        TinyModel model = TinyModel.Llama(configure: c => c["tie_word_embeddings"] = true);
        TinyTensor embedding = model.Tensors["model.embed_tokens.weight"];
        model.Tensors["lm_head.weight"] = embedding;
        ModelFolder folder = ModelFolder.Open(model.Write(_folder.Path));
        Assert.Equal(
            ["model.safetensors: tensor 'lm_head.weight' is present although tie_word_embeddings is true; its bytes "
                + "must be those of the embedding, "
                + "which is used."], folder.Warnings);
        Load(folder, useMapping).Dispose();

        float[] changed = [.. embedding.Values];
        changed[^1] += 1;
        model.Tensors["lm_head.weight"] = embedding with { Values = changed };
        folder = ModelFolder.Open(model.Write(_folder.Path));

        Assert.Equal(TiedHeadDiffers,
            Assert.Throws<ModelFormatException>(() => Load(folder, useMapping)).Message);
    }

    [Fact]
    public void Tied_head_of_another_type_is_refused_at_once()
    {
        TinyModel model = TinyModel.Llama(configure: c => c["tie_word_embeddings"] = true);
        TinyTensor embedding = model.Tensors["model.embed_tokens.weight"];
        model.Tensors["lm_head.weight"] = embedding with { DType = SafetensorsDType.F32 };
        model.Write(_folder.Path);

        Assert.Equal(
            TiedHeadDiffers, Assert.Throws<ModelFormatException>(() => ModelFolder.Open(_folder.Path)).Message);
    }

    [Theory]
    [InlineData("model.layers.1.input_layernorm.weight", 3, float.NaN, SafetensorsDType.BF16)]
    [InlineData("model.norm.weight", 31, float.PositiveInfinity, SafetensorsDType.F32)]
    [InlineData("model.embed_tokens.weight", 1279, float.NegativeInfinity, SafetensorsDType.F16)]
    [InlineData("model.embed_tokens.weight", 0, float.NaN, SafetensorsDType.BF16)]
    [InlineData("model.layers.0.self_attn.q_proj.bias", 5, float.NaN, SafetensorsDType.BF16)]
    public void Value_that_is_not_finite_is_refused(string tensor, int element, float value, SafetensorsDType type)
    {
        TinyModel model = TinyModel.Qwen2();
        model.Tensors[tensor] = model.Tensors[tensor] with { DType = type };
        model.Tensors[tensor].Values[element] = value;
        ModelFolder folder = ModelFolder.Open(model.Write(_folder.Path));

        Assert.Equal(
            $"model.safetensors: element {element} of tensor '{tensor}' is infinite or not a number, but a finite "
            + "number was expected (every answer would be "
            + "not a number). The checkpoint is damaged; download it again.",
            Assert.Throws<ModelFormatException>(() => WeightLoader.Load(folder)).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void File_that_changed_after_it_was_opened_is_refused(bool useMapping)
    {
        ModelFolder folder = ModelFolder.Open(TinyModel.Llama().Write(_folder.Path));
        using (FileStream stream = File.OpenWrite(_folder.File("model.safetensors")))
            stream.SetLength(stream.Length - 1);

        var e = Assert.Throws<ModelFormatException>(() => Load(folder, useMapping));

        Assert.EndsWith("when its header was read. Load the model again when nothing writes to it.", e.Message);
    }

    [Fact]
    public void Progress_reaches_the_end_and_never_goes_back()
    {
        ModelFolder folder = ModelFolder.Open(TinyModel.Llama().Write(_folder.Path, shardCount: 2));
        var seen = new List<LoadProgress>();

        WeightLoader.Load(folder, new LoadOptions { Threads = 4, Progress = new Recorder(seen) }).Dispose();

        Assert.Equal(seen.OrderBy(p => p.Bytes), seen);
        Assert.Equal(seen[^1].TotalBytes, seen[^1].Bytes);
        Assert.True(seen.Count > 10);
    }

    [Fact]
    public void Cancelled_loading_stops()
    {
        ModelFolder folder = ModelFolder.Open(TinyModel.Llama().Write(_folder.Path));
        using var source = new CancellationTokenSource();
        var options = new LoadOptions { Threads = 1, Progress = new Canceller(source) };

        Assert.ThrowsAny<OperationCanceledException>(() => WeightLoader.Load(folder, options, source.Token));
    }

    [Fact]
    public void Weights_that_were_disposed_are_not_read()
    {
        ModelFolder folder = ModelFolder.Open(TinyModel.Llama().Write(_folder.Path));
        TransformerWeights weights = Load(folder, useMapping: true);

        weights.Dispose();

        Assert.Throws<ObjectDisposedException>(() => weights.Layers[0].Down.Parts[0].Codes.Row<ushort>(0)[0]);
        Assert.Throws<ObjectDisposedException>(() => weights.FinalNorm.Row<float>(0)[0]);
    }

    private const string TiedHeadDiffers =
        "model.safetensors: tensor 'lm_head.weight' differs from 'model.embed_tokens.weight', but "
        + "tie_word_embeddings is true (then they are one). "
        + "Set it to false in config.json if the model has a head of its own.";

    private static TransformerWeights Load(ModelFolder folder, bool useMapping) =>
        WeightLoader.Load(folder, new LoadOptions { UseMapping = useMapping, Threads = 3 });

    /// <summary>Every tensor of the files is where it is read, bit for bit, or widened where it is a vector.</summary>
    private static void AssertLoadsAsStored(string path, bool useMapping)
    {
        ModelFolder folder = ModelFolder.Open(path);
        ModelConfig config = folder.Config;
        using TransformerWeights w = Load(folder, useMapping);

        var unread = new HashSet<string>(folder.Checkpoint.Tensors.Keys);
        Same("model.embed_tokens", w.Embedding.Codes);
        Same("model.norm", w.FinalNorm);
        if (!config.IsTied)
            Same("lm_head", w.LmHead.Parts[0].Codes);
        Assert.Equal(config.LayerCount, w.Layers.Length);
        for (int i = 0; i < config.LayerCount; i++)
        {
            string layer = $"model.layers.{i}";
            Same($"{layer}.input_layernorm", w.Layers[i].AttentionNorm);
            Same($"{layer}.post_attention_layernorm", w.Layers[i].MlpNorm);
            SameParts(
                w.Layers[i].QueryKeyValue,
                $"{layer}.self_attn.q_proj", $"{layer}.self_attn.k_proj", $"{layer}.self_attn.v_proj");
            SameParts(w.Layers[i].Output, $"{layer}.self_attn.o_proj");
            SameParts(w.Layers[i].GateUp, $"{layer}.mlp.gate_proj", $"{layer}.mlp.up_proj");
            SameParts(w.Layers[i].Down, $"{layer}.mlp.down_proj");
            Assert.Equal(config.Heads.QuerySize + 2 * config.Heads.KvSize, w.Layers[i].QueryKeyValue.OutSize);
        }

        Assert.Empty(unread);
        Assert.Equal(RopeFrequencies.Compute(config.Rope, config.Heads.HeadDim), w.RopeFrequencies.Span<float>());

        void SameParts(Linear linear, params string[] modules)
        {
            Assert.Equal(modules.Length, linear.Parts.Length);
            foreach ((Part part, string module) in linear.Parts.Zip(modules))
                Same(module, part.Codes);
            string[] biases = [.. modules.Select(m => m + ".bias").Where(unread.Remove)];
            Assert.Equal(biases.Length == 0 ? null : biases.SelectMany(folder.Checkpoint.ReadF32),
                linear.Bias is { } bias ? bias.Span<float>().ToArray() : null);
        }

        void Same(string module, Tensor tensor)
        {
            string name = module + ".weight";
            Assert.True(unread.Remove(name));
            CheckpointTensor stored = folder.Checkpoint.Find(name);
            if (stored.Entry.Shape.Length == 1)
            {
                Assert.Equal((DType.F32, 1), (tensor.DType, tensor.Rows));
                Assert.Equal(folder.Checkpoint.ReadF32(name), tensor.Span<float>());
                return;
            }

            Assert.Equal(stored.Entry.Shape, [tensor.Rows, tensor.Cols]);
            Assert.Equal(stored.Entry.DType, tensor.DType.ToSafetensors());
            Assert.True(stored.File.ReadBytes(stored.Entry).AsSpan()
                .SequenceEqual(tensor.Buffer.Span<byte>(tensor.Offset, (int)tensor.Bytes)), name);
        }
    }

    /// <summary>Moves a file's data by some bytes: spaces after the header.</summary>
    private static void Shift(string path, int bytes)
    {
        byte[] old = File.ReadAllBytes(path);
        int header = (int)MemoryMarshal.Read<long>(old);
        long longer = header + bytes;
        File.WriteAllBytes(path,
        [
            .. MemoryMarshal.AsBytes(new ReadOnlySpan<long>(ref longer)), .. old.AsSpan(8, header),
            .. Enumerable.Repeat((byte)' ', bytes), .. old.AsSpan(8 + header),
        ]);
    }

    private sealed class Recorder(List<LoadProgress> seen) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => seen.Add(value);
    }

    private sealed class Canceller(CancellationTokenSource source) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => source.Cancel();
    }
}
