using System.Text.Json;
using Puna.Kernels;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

public class ModelReportTests
{
    [Fact]
    public void Demo_model_is_described()
    {
        ModelReport report = ModelReport.Describe(ModelFolder.Open(Goldens.Demo));

        Assert.Equal(
            ["embed_tokens", "input_layernorm", "q_proj", "k_proj", "v_proj", "o_proj", "post_attention_layernorm",
                "gate_proj", "up_proj", "down_proj", "norm"],
            report.Modules.Select(m => m.Kind));
        ModuleReport keys = report.Modules[3];
        Assert.Equal(
            (6, "BF16", 6L * 64 * 256, 6L * 64 * 256 * 2), (keys.Count, keys.DType, keys.Parameters, keys.Bytes));
        Assert.Equal([64, 256], keys.Shape);
        long parameters = 2304L * 256 + 256 + 6L * (2 * 256 + (256 + 64 + 64 + 256) * 256 + 3 * 512 * 256);
        Assert.Equal(parameters, report.ParameterCount);
        Assert.Equal(2 * parameters, report.WeightBytes);
        Assert.Equal(2 * parameters + 2 * 13 * 256, report.LoadedBytes);   // 13 gains, widened
        Assert.Equal(6 * 2 * 2 * 32 * 4, report.KvBytesPerTokenF32);
        Assert.Equal(6 * 2 * 2 * 32 * 2, report.KvBytesPerTokenBF16);
        Assert.Equal(2048, report.ContextLength);
        Assert.Equal((500000, "llama3 (factor 8, low 1, high 4, original context "
            + "512)"), (report.RopeTheta, report.RopeScaling));
        Assert.Equal(2288, report.BosId);
        Assert.Equal([2289, 2296, 2297], report.StopIds);
        Assert.True(report.IsTied && report.HasTokenizer);
        Assert.Equal("chat_template.jinja", report.ChatTemplate);
        Assert.Equal(["model.safetensors"], report.Files);
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public void Tensors_of_one_kind_and_two_types_stand_apart()
    {
        using var folder = new TemporaryFolder();
        TinyModel model = TinyModel.Qwen2();
        model.Tensors["model.layers.1.self_attn.q_proj.weight"] =
            model.Tensors["model.layers.1.self_attn.q_proj.weight"] with { DType = SafetensorsDType.F32 };

        ModelReport report = ModelReport.Describe(ModelFolder.Open(model.Write(folder.Path)));

        Assert.Equal(
            [("q_proj", 1, "BF16"), ("q_proj", 1, "F32"), ("q_proj.bias", 2, "BF16")],
            report.Modules.Where(m => m.Kind.StartsWith("q_proj", StringComparison.Ordinal))
                .Select(m => (m.Kind, m.Count, m.DType)));
        Assert.False(report.HasTokenizer);
        Assert.Null(report.ChatTemplate);
        Assert.Equal("default", report.RopeScaling);
    }

    [Fact]
    public void Memory_is_weights_cache_and_scratch()
    {
        ModelReport report = ModelReport.Describe(ModelFolder.Open(Goldens.Demo));

        ModelMode mode = new(null, ActivationType.F32, DType.BF16);
        using ReferenceBackend ops = new();
        MemoryEstimate memory = ModelReport.EstimateMemory(ModelFolder.Open(Goldens.Demo), mode, ops, 1000, rows: 10, logitRows: 2);

        long row = 3 * 256 + 256 + 2 * 64 + 256 + 3 * 512;
        Assert.Equal(1000 * report.KvBytesPerTokenBF16, memory.KvBytes);
        Assert.Equal(4 * (10 * row + 2 * (2304 + 256)), memory.ScratchBytes);
        Assert.Equal(memory.WeightBytes + memory.KvBytes + memory.ScratchBytes, memory.TotalBytes);
        Assert.Equal(report.LoadedBytes, memory.WeightBytes);
    }

    [Fact]
    public void Report_is_the_same_after_JSON()
    {
        ModelReport report = ModelReport.Describe(ModelFolder.Open(Goldens.Demo));

        string json = JsonSerializer.Serialize(report);
        ModelReport back = JsonSerializer.Deserialize<ModelReport>(json)!;

        Assert.Equal(json, JsonSerializer.Serialize(back));
        Assert.Equal(report.ParameterCount, back.ParameterCount);
        Assert.Equal(
            report.GenerationDefaults, back.GenerationDefaults! with { EosIds = report.GenerationDefaults!.EosIds });
    }

    [Fact]
    public void Folder_of_a_terabyte_is_described_from_its_headers()
    {
        using var folder = new TemporaryFolder();
        TinyModel.Llama().Write(folder.Path);
        File.WriteAllText(folder.File("config.json"), """
            {"architectures":["LlamaForCausalLM"],"hidden_size":16384,"intermediate_size":53248,"num_hidden_layers":1,
             "num_attention_heads":128,"num_key_value_heads":8,"vocab_size":20000000,"tie_word_embeddings":true}
            """);
        WriteSparse(folder.File("model.safetensors"));

        ModelReport report = ModelReport.Describe(ModelFolder.Open(folder.Path));

        Assert.InRange(report.WeightBytes, 600_000_000_000, 800_000_000_000);
        Assert.Equal(4 * 2 * 8 * 128, report.KvBytesPerTokenF32);
    }

    // A header, and a length without blocks behind it.
    private static void WriteSparse(string path)
    {
        const int Hidden = 16384, Mlp = 53248, KeyValue = 1024;
        (string Name, long[] Shape)[] tensors =
        [
            ("model.embed_tokens", [20_000_000, Hidden]), ("model.norm", [Hidden]),
            ("model.layers.0.input_layernorm", [Hidden]), ("model.layers.0.post_attention_layernorm", [Hidden]),
            ("model.layers.0.self_attn.q_proj", [Hidden, Hidden]),
            ("model.layers.0.self_attn.k_proj", [KeyValue, Hidden]),
            ("model.layers.0.self_attn.v_proj", [KeyValue, Hidden]),
            ("model.layers.0.self_attn.o_proj", [Hidden, Hidden]),
            ("model.layers.0.mlp.gate_proj", [Mlp, Hidden]), ("model.layers.0.mlp.up_proj", [Mlp, Hidden]),
            ("model.layers.0.mlp.down_proj", [Hidden, Mlp]),
        ];
        long end = 0;
        string header = string.Join(',', tensors.Select(t =>
        {
            long begin = end;
            end += 2 * t.Shape.Aggregate((a, b) => a * b);
            string shape = string.Join(',', t.Shape);
            return $$"""
                "{{t.Name}}.weight":{"dtype":"BF16","shape":[{{shape}}],"data_offsets":[{{begin}},{{end}}]}
                """;
        }));
        byte[] start = SafetensorsTableTests.File("{" + header + "}");
        using FileStream stream = File.Create(path);
        stream.Write(start);
        try
        {
            stream.SetLength(start.Length + end);
        }
        catch (IOException e)
        {
            Assert.Skip($"skipped: this file system has no sparse files of that size ({e.Message})");
        }
    }
}
