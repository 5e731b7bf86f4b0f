using Puna.Kernels;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

/// <summary>Weights that are converted or packed while they are read are those of one conversion of the whole tensor.</summary>
public sealed class WeightFormatsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<DType?, ActivationType, WeightLayout, bool> Formats
    {
        get
        {
            TheoryData<DType?, ActivationType, WeightLayout, bool> data = [];
            foreach (WeightLayout layout in Enum.GetValues<WeightLayout>())
            {
                foreach (bool useMapping in new[] { false, true })
                {
                    data.Add(null, ActivationType.BF16, layout, useMapping);
                    data.Add(DType.F8E4M3, ActivationType.BF16, layout, useMapping);
                    data.Add(DType.I8, ActivationType.I8, layout, useMapping);
                }
            }

            return data;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Formats))]
    public void Every_weight_is_what_one_conversion_of_its_tensor_gives(
        DType? weights, ActivationType activations, WeightLayout layout, bool useMapping)
    {
        ModelFolder folder = ModelFolder.Open(Wide(isTied: false).Write(_folder.Path, shardCount: 2));
        ModelMode mode = new(weights, activations, DType.BF16);
        LoadOptions options = new() { Threads = 3, UseMapping = useMapping };

        using TransformerWeights loaded = WeightLoader.Load(folder, mode, _ => layout, options);

        WeightLayout expected = useMapping && weights is null ? WeightLayout.Rows : layout;   // in the file, as it is
        PartFormat format = mode.FormatOf(DType.BF16);
        LayerWeights layer = Assert.Single(loaded.Layers);
        (string Name, Part Part)[] parts =
        [
            ("lm_head", loaded.LmHead.Parts[0]),
            ("model.layers.0.self_attn.q_proj", layer.QueryKeyValue.Parts[0]),
            ("model.layers.0.self_attn.k_proj", layer.QueryKeyValue.Parts[1]),
            ("model.layers.0.self_attn.v_proj", layer.QueryKeyValue.Parts[2]),
            ("model.layers.0.self_attn.o_proj", layer.Output.Parts[0]),
            ("model.layers.0.mlp.gate_proj", layer.GateUp.Parts[0]),
            ("model.layers.0.mlp.up_proj", layer.GateUp.Parts[1]),
            ("model.layers.0.mlp.down_proj", layer.Down.Parts[0]),
        ];
        foreach ((string name, Part part) in parts)
        {
            Assert.Equal((format, expected), (part.Format, part.Layout));
            AssertSame(Convert(folder, name + ".weight", format, expected), part, name);
        }

        Assert.Equal((DType.BF16, WeightLayout.Rows), (loaded.Embedding.Format.DType, loaded.Embedding.Layout));
    }

    [Theory]
    [InlineData(WeightLayout.Rows, false)]
    [InlineData(WeightLayout.Panels, false)]
    [InlineData(WeightLayout.Panels, true)]
    public void Tied_tables_are_one_in_memory_as_long_as_the_head_is_not_converted(WeightLayout layout, bool useMapping)
    {
        ModelFolder folder = ModelFolder.Open(Wide(isTied: true).Write(_folder.Path));
        ModelMode mode = new(null, ActivationType.BF16, DType.BF16);

        using TransformerWeights loaded = WeightLoader.Load(folder, mode, _ => layout, new LoadOptions { UseMapping = useMapping });

        Assert.Same(loaded.Embedding, Assert.Single(loaded.LmHead.Parts));
        Assert.Equal(useMapping ? WeightLayout.Rows : layout, loaded.Embedding.Layout);
        AssertSame(Convert(folder, "model.embed_tokens.weight", mode.FormatOf(DType.BF16), loaded.Embedding.Layout),
            loaded.Embedding, "embedding");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Converted_tied_head_stands_beside_the_embedding_as_stored(bool useMapping)
    {
        ModelFolder folder = ModelFolder.Open(Wide(isTied: true).Write(_folder.Path));
        ModelMode mode = new(DType.I8, ActivationType.I8, DType.BF16);

        using TransformerWeights loaded =
            WeightLoader.Load(folder, mode, _ => WeightLayout.Panels, new LoadOptions { UseMapping = useMapping });

        PartFormat stored = new(DType.BF16);
        AssertSame(Convert(folder, "model.embed_tokens.weight", stored, WeightLayout.Rows), loaded.Embedding, "embedding");
        AssertSame(Convert(folder, "model.embed_tokens.weight", mode.FormatOf(DType.BF16), WeightLayout.Panels),
            Assert.Single(loaded.LmHead.Parts), "head");
    }

    [Fact]
    public void Weights_in_F32_and_F16_are_rounded_to_BF16_when_that_is_asked()
    {
        TinyModel model = TinyModel.Llama();
        const string Up = "model.layers.0.mlp.up_proj.weight", Gate = "model.layers.0.mlp.gate_proj.weight";
        model.Tensors[Up] = model.Tensors[Up] with { DType = SafetensorsDType.F32 };
        model.Tensors[Gate] = model.Tensors[Gate] with { DType = SafetensorsDType.F16 };
        ModelFolder folder = ModelFolder.Open(model.Write(_folder.Path));

        using TransformerWeights loaded = WeightLoader.Load(folder, new ModelMode(DType.BF16, ActivationType.F32, DType.F32),
            _ => WeightLayout.Rows, new LoadOptions());

        Assert.Equal(model.Tensors[Up].Values.Select(DTypes.RoundToBF16),
            loaded.Layers[0].GateUp.Parts[1].Codes.Span<ushort>().ToArray());
        Assert.Equal(model.Tensors[Gate].Values.Select(v => DTypes.RoundToBF16((float)(Half)v)),
            loaded.Layers[0].GateUp.Parts[0].Codes.Span<ushort>().ToArray());
    }

    [Fact]
    public void Number_that_is_none_is_refused_where_it_would_spoil_the_scale_of_its_row()
    {
        TinyModel model = TinyModel.Llama();
        model.Tensors["model.layers.1.mlp.down_proj.weight"].Values[100] = float.NaN;
        ModelFolder folder = ModelFolder.Open(model.Write(_folder.Path));

        var e = Assert.Throws<ModelFormatException>(() => WeightLoader.Load(
            folder, new ModelMode(DType.I8, ActivationType.I8, DType.F32), _ => WeightLayout.Panels, new LoadOptions()));

        Assert.Equal("model.safetensors: element 100 of tensor 'model.layers.1.mlp.down_proj.weight' is infinite or not a number, "
            + "but a finite number was expected (every answer would be not a number). The checkpoint is damaged; download it again.",
            e.Message);
    }

    [Theory]
    [InlineData(WeightLayout.Rows)]
    [InlineData(WeightLayout.Panels)]
    public void Embedding_and_stored_tied_head_are_compared_to_their_last_piece(WeightLayout layout)
    {
        TinyModel model = Wide(isTied: true);
        TinyTensor embedding = model.Tensors["model.embed_tokens.weight"];
        float[] other = [.. embedding.Values];
        other[^1] += 1;
        model.Tensors["lm_head.weight"] = embedding with { Values = other };
        ModelFolder folder = ModelFolder.Open(model.Write(_folder.Path));

        var e = Assert.Throws<ModelFormatException>(() =>
            WeightLoader.Load(folder, ModelMode.Exact, _ => layout, new LoadOptions { Threads = 2 }));

        Assert.StartsWith("model.safetensors: tensor 'lm_head.weight' differs from 'model.embed_tokens.weight'", e.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(DType.F8E4M3)]
    [InlineData(DType.I8)]
    public void Estimated_bytes_are_those_that_are_loaded(DType? weights)
    {
        ModelFolder folder = ModelFolder.Open(Wide(isTied: true).Write(_folder.Path));
        ModelMode mode = new(weights, ActivationType.BF16, DType.BF16);

        using TransformerWeights loaded = WeightLoader.Load(folder, mode, _ => WeightLayout.Panels, new LoadOptions());

        long frequencies = loaded.RopeFrequencies.Bytes;
        Assert.Equal(new WeightFormats(folder, mode, _ => WeightLayout.Panels, inPlace: false).LoadedBytes + frequencies,
            loaded.Owned.Cast<Puna.Kernels.Cpu.HostBuffer>().Sum(b => b.Bytes));
    }

    /// <summary>One layer, of which a weight is more than one piece, and no number of rows a multiple of 32.</summary>
    internal static TinyModel Wide(bool isTied) => TinyModel.Llama(configure: c =>
    {
        c["hidden_size"] = 1024;
        c["intermediate_size"] = 601;
        c["num_hidden_layers"] = 1;
        c["head_dim"] = 30;
        c["vocab_size"] = 700;
        c["tie_word_embeddings"] = isTied;
    });

    private static Part Convert(ModelFolder folder, string name, PartFormat format, WeightLayout layout)
    {
        CheckpointTensor tensor = folder.Checkpoint.Find(name);
        Tensor stored = Tensor.Allocate(DType.BF16, tensor.Entry.Shape[0], tensor.Entry.Shape[1]);
        tensor.File.ReadBytes(tensor.Entry).CopyTo(stored.Buffer.Span<byte>(0, (int)stored.Bytes));
        Part part = Part.Allocate(format, layout, stored.Rows, stored.Cols);
        part.Fill(0, stored);
        return part;
    }

    internal static void AssertSame(Part expected, Part actual, string name)
    {
        Assert.Equal((expected.Rows, expected.Cols), (actual.Rows, actual.Cols));
        foreach (var (a, b) in ((Tensor?, Tensor?)[])
            [(expected.Codes, actual.Codes), (expected.Scales, actual.Scales), (expected.CodeSums, actual.CodeSums)])
        {
            Assert.Equal(a is null, b is null);
            if (a is { } x && b is { } y)
                Assert.True(Bytes(x).SequenceEqual(Bytes(y)), name);
        }

        static Span<byte> Bytes(Tensor t) => t.Buffer.Span<byte>(t.Offset, (int)t.Bytes);
    }
}
