using System.Text.Json.Nodes;
using Puna.Runtime.Loading;

namespace Puna.TestKit;

/// <summary>
/// A tiny model with seeded random weights, as a folder. Make one, change its configuration or its tensors, write it.
/// </summary>
public sealed class TinyModel
{
    private TinyModel(JsonObject config) => Config = config;

    /// <summary>What <c>config.json</c> will hold.</summary>
    public JsonObject Config { get; }

    /// <summary>What the weights will hold, by name; filled when the model is made.</summary>
    public SortedDictionary<string, TinyTensor> Tensors { get; } = new(StringComparer.Ordinal);

    /// <summary>A Llama: 2 layers, hidden 32, 4 heads over 2 of 8, MLP 48, vocabulary 40, BF16.</summary>
    public static TinyModel Llama(int seed = 1, Action<JsonObject>? configure = null) =>
        Make("LlamaForCausalLM", "llama", seed, configure);

    /// <summary>A Mistral of the same size with a window of 5 tokens.</summary>
    public static TinyModel Mistral(int seed = 1, Action<JsonObject>? configure = null) =>
        Make("MistralForCausalLM", "mistral", seed, c =>
        {
            c["sliding_window"] = 5;
            configure?.Invoke(c);
        });

    /// <summary>A Qwen 2 of the same size, with biases on q, k and v.</summary>
    public static TinyModel Qwen2(int seed = 1, Action<JsonObject>? configure = null) =>
        Make("Qwen2ForCausalLM", "qwen2", seed, configure);

    /// <summary>Writes <c>config.json</c> and <c>model.safetensors</c>, or an index and shards.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="shardCount">Shards; 1 for a single file.</param>
    /// <returns>The folder's path.</returns>
    public string Write(string folder, int shardCount = 1)
    {
        File.WriteAllText(Path.Combine(folder, "config.json"), Config.ToJsonString());
        if (shardCount == 1)
        {
            SafetensorsWriter.Write(
                Path.Combine(folder, "model.safetensors"), [.. Tensors.Select(t => t.Value.Source(t.Key))]);
            return folder;
        }

        JsonObject map = [];
        string[] names = [.. Tensors.Keys];
        for (int shard = 0; shard < shardCount; shard++)
        {
            string file = $"model-{shard + 1:D5}-of-{shardCount:D5}.safetensors";
            string[] own = [.. names.Where((_, i) => i * shardCount / names.Length == shard)];
            SafetensorsWriter.Write(Path.Combine(folder, file), [.. own.Select(n => Tensors[n].Source(n))]);
            foreach (string name in own)
                map[name] = file;
        }

        long bytes = Tensors.Sum(t => t.Value.Source(t.Key).Bytes);
        JsonObject index = new() { ["metadata"] = new JsonObject { ["total_size"] = bytes }, ["weight_map"] = map };
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), index.ToJsonString());
        return folder;
    }

    private static TinyModel Make(string architecture, string type, int seed, Action<JsonObject>? configure)
    {
        JsonObject config = new()
        {
            ["architectures"] = new JsonArray(architecture),
            ["model_type"] = type,
            ["hidden_size"] = 32,
            ["intermediate_size"] = 48,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["vocab_size"] = 40,
            ["max_position_embeddings"] = 128,
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["tie_word_embeddings"] = false,
            ["bos_token_id"] = 1,
            ["eos_token_id"] = 2,
        };
        configure?.Invoke(config);
        var model = new TinyModel(config);
        model.Fill(new Random(seed), type == "qwen2");
        return model;
    }

    private void Fill(Random random, bool hasQkvBias)
    {
        long hidden = Get("hidden_size"), mlp = Get("intermediate_size"), vocabulary = Get("vocab_size");
        long headDim = Config["head_dim"] is { } given ? (int)given : hidden / Get("num_attention_heads");
        long query = Get("num_attention_heads") * headDim, keyValue = Get("num_key_value_heads") * headDim;
        bool attentionBias = Flag("attention_bias"), mlpBias = Flag("mlp_bias");
        Add("model.embed_tokens", vocabulary, hidden);
        for (long i = 0; i < Get("num_hidden_layers"); i++)
        {
            string layer = $"model.layers.{i}";
            AddGain($"{layer}.input_layernorm", hidden);
            AddGain($"{layer}.post_attention_layernorm", hidden);
            Add($"{layer}.self_attn.q_proj", query, hidden, attentionBias || hasQkvBias);
            Add($"{layer}.self_attn.k_proj", keyValue, hidden, attentionBias || hasQkvBias);
            Add($"{layer}.self_attn.v_proj", keyValue, hidden, attentionBias || hasQkvBias);
            Add($"{layer}.self_attn.o_proj", hidden, query, attentionBias);
            Add($"{layer}.mlp.gate_proj", mlp, hidden, mlpBias);
            Add($"{layer}.mlp.up_proj", mlp, hidden, mlpBias);
            Add($"{layer}.mlp.down_proj", hidden, mlp, mlpBias);
        }

        AddGain("model.norm", hidden);
        if (!Flag("tie_word_embeddings"))
            Add("lm_head", vocabulary, hidden);

        void Add(string module, long rows, long cols, bool hasBias = false)
        {
            Tensors[$"{module}.weight"] = TinyTensor.Normal(random, 1 / Math.Sqrt(cols), 0, rows, cols);
            if (hasBias)
                Tensors[$"{module}.bias"] = TinyTensor.Normal(random, 0.1, 0, rows);
        }

        void AddGain(string module, long size) => Tensors[$"{module}.weight"] = TinyTensor.Normal(random, 0.1, 1, size);
    }

    private long Get(string key) => (int)Config[key]!;   // not null: Make sets it

    private bool Flag(string key) => Config[key] is { } flag && (bool)flag;
}

/// <summary>A tensor of a tiny model.</summary>
/// <param name="DType">F32, BF16 or F16: what it is stored in. Another type is stored as zeros.</param>
/// <param name="Values">The elements, row-major, before they are rounded to the type.</param>
/// <param name="Shape">Its dimensions.</param>
public sealed record TinyTensor(SafetensorsDType DType, float[] Values, params long[] Shape)
{
    /// <summary>Normal numbers in BF16.</summary>
    /// <param name="random">Where they come from.</param>
    /// <param name="deviation">Standard deviation.</param>
    /// <param name="mean">Mean.</param>
    /// <param name="shape">Dimensions.</param>
    public static TinyTensor Normal(Random random, double deviation, double mean, params long[] shape)
    {
        float[] values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++)
        {
            // Box and Muller 1958.
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(mean + deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return new TinyTensor(SafetensorsDType.BF16, values, shape);
    }

    /// <summary>The tensor as the writer takes it.</summary>
    /// <param name="name">Its name in the file.</param>
    public TensorSource Source(string name) => DType switch
    {
        SafetensorsDType.F32 => TensorSource.F32(name, Values, Shape),
        SafetensorsDType.BF16 => TensorSource.BF16(name, Values, Shape),
        SafetensorsDType.F16 => TensorSource.F16(name, Values, Shape),
        _ => new TensorSource(name, DType, [.. Shape], s => s.Write(new byte[Values.LongLength * DType.Bits() / 8])),
    };
}
