using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Puna.Gguf;
using Puna.Runtime.Loading;
using Puna.TestKit;

namespace Puna.Tools.Tests.Peers;

public class LlamaGgufTests
{
    [Fact]
    public void Rows_of_a_head_are_those_that_turn_together_side_by_side()
    {
        int[] sources = [.. Enumerable.Range(0, 16).Select(r => RotaryRows.Source(r, headDim: 8))];

        Assert.Equal([0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15], sources);
    }

    [Fact]
    public void Query_and_key_are_reordered_and_everything_else_is_as_stored()
    {
        using TemporaryFolder folder = new();
        ModelFolder model = ModelFolder.Open(TinyModel.Llama().Write(folder.Path));

        GgufReader file = Write(model, "bf16");

        Assert.Equal(3 + 2 * 9, file.Tensors.Count);
        Assert.Equal(30u, file.Tensors["blk.1.attn_q.weight"].Type);
        Assert.Equal([32L, 16], file.Tensors["blk.1.attn_k.weight"].Shape);
        byte[] query = Stored(model, "model.layers.1.self_attn.q_proj.weight");
        byte[] written = file.Data("blk.1.attn_q.weight", query.Length);
        Assert.Equal(query[64..128], written[128..192]);   // a row has 64 bytes: the checkpoint's row 1 is row 2 here
        Assert.Equal(query[(64 * 12)..(64 * 13)], written[(64 * 9)..(64 * 10)]);   // the second head's row 4 is its row 1
        AssertStored(model, "model.layers.1.self_attn.v_proj.weight", file, "blk.1.attn_v.weight");
        AssertStored(model, "model.layers.0.mlp.down_proj.weight", file, "blk.0.ffn_down.weight");
        AssertStored(model, "model.embed_tokens.weight", file, "token_embd.weight");
        AssertStored(model, "lm_head.weight", file, "output.weight");
    }

    [Fact]
    public void Norms_are_F32_and_matrices_blocks_in_a_file_of_8_bits()
    {
        using TemporaryFolder folder = new();
        ModelFolder model = ModelFolder.Open(TinyModel.Llama(configure: c => c["intermediate_size"] = 64).Write(folder.Path));

        GgufReader file = Write(model, "q8_0");

        Assert.Equal(0u, file.Tensors["blk.0.attn_norm.weight"].Type);
        float[] gains = model.Checkpoint.Files[0].ReadF32("model.norm.weight");
        Assert.Equal(MemoryMarshal.AsBytes(gains.AsSpan()).ToArray(), file.Data("output_norm.weight", 128));
        Assert.Equal(8u, file.Tensors["token_embd.weight"].Type);
        byte[] expected = new byte[34];
        Q8Block.StoreRow(model.Checkpoint.Files[0].ReadF32("model.layers.0.mlp.up_proj.weight").AsSpan(32, 32), expected);
        Assert.Equal(expected, file.Data("blk.0.ffn_up.weight", 68)[34..]);
    }

    [Fact]
    public void The_configuration_stands_in_the_metadata_and_llama3_scaling_in_a_tensor()
    {
        using TemporaryFolder folder = new();
        ModelFolder model = ModelFolder.Open(TinyModel.Llama(configure: Scaled).Write(folder.Path));

        GgufReader file = Write(model, "bf16");

        Assert.Equal("llama", file.Metadata["general.architecture"]);
        Assert.Equal([2u, 4u, 2u, 16u, 40u], new[] { "block_count", "attention.head_count", "attention.head_count_kv",
            "rope.dimension_count", "vocab_size" }.Select(k => (uint)file.Metadata[$"llama.{k}"]));
        Assert.Equal(1e-5f, file.Metadata["llama.attention.layer_norm_rms_epsilon"]);
        Assert.Equal(40, ((object[])file.Metadata["tokenizer.ggml.tokens"]).Distinct().Count());
        Assert.DoesNotContain("output.weight", file.Tensors.Keys);   // tied

        // Textbook of the rule: wavelengths from 2 pi up; kept below 64 / 4, divided by 8 above 64.
        float[] factors = [.. MemoryMarshal.Cast<byte, float>(file.Data("rope_freqs.weight", 32))];
        for (int j = 0; j < 8; j++)
        {
            double wavelength = 2 * Math.PI * Math.Pow(10000, j / 8.0);
            double blend = (64 / wavelength - 1) / (4 - 1);
            double expected = wavelength < 16 ? 1 : wavelength > 64 ? 8 : 1 / ((1 - blend) / 8 + blend);
            Assert.Equal(expected, factors[j], expected * 1e-5);
        }

        Assert.Equal((1f, 8f), (factors[0], factors[7]));
        Assert.InRange(factors[1], 1.01f, 7.99f);   // one of them is a blend
    }

    [Fact]
    public void Rows_that_are_no_whole_blocks_are_refused()
    {
        using TemporaryFolder folder = new();
        ModelFolder model = ModelFolder.Open(TinyModel.Llama().Write(folder.Path));

        var error = Assert.Throws<ModelFormatException>(() => LlamaGguf.From(model, WeightFormat.Known["q8_0"]));

        Assert.Equal("config.json: a matrix has rows of 48 elements, but Q8_0 has blocks of 32. Write bf16 instead.",
            error.Message);
    }

    [Fact]
    public void A_family_with_other_names_is_refused()
    {
        using TemporaryFolder folder = new();
        ModelFolder model = ModelFolder.Open(TinyModel.Qwen2().Write(folder.Path));

        var error = Assert.Throws<ModelFormatException>(() => LlamaGguf.From(model, WeightFormat.Known["bf16"]));

        Assert.StartsWith("config.json: the architecture is Qwen2ForCausalLM with biases 'QueryKeyValue', but a "
            + "LlamaForCausalLM without biases was expected", error.Message, StringComparison.Ordinal);
    }

    private static void Scaled(JsonObject config)
    {
        config["head_dim"] = 16;
        config["tie_word_embeddings"] = true;
        config["rope_scaling"] = new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = 8.0,
            ["low_freq_factor"] = 1.0,
            ["high_freq_factor"] = 4.0,
            ["original_max_position_embeddings"] = 64,
        };
    }

    private static GgufReader Write(ModelFolder model, string format)
    {
        using MemoryStream stream = new();
        LlamaGguf.From(model, WeightFormat.Known[format]).Write(stream);
        return new GgufReader(stream.ToArray());
    }

    private static void AssertStored(ModelFolder model, string source, GgufReader file, string name)
    {
        byte[] stored = Stored(model, source);
        Assert.Equal(stored, file.Data(name, stored.Length));
    }

    private static byte[] Stored(ModelFolder model, string name) =>
        model.Checkpoint.Tensors[name].File.ReadBytes(model.Checkpoint.Tensors[name].Entry);
}
