using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Kernels;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

public class ConfigReaderTests
{
    [Fact]
    public void Published_Llama_3_1_8B_is_read()
    {
        ModelConfig config = Read("""
            {"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":128000,
             "eos_token_id":[128001,128008,128009],"hidden_act":"silu","hidden_size":4096,"initializer_range":0.02,
             "intermediate_size":14336,"max_position_embeddings":131072,"mlp_bias":false,"model_type":"llama",
             "num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,"pretraining_tp":1,
             "rms_norm_eps":1e-05,
             "rope_scaling":{"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
             "original_max_position_embeddings":8192,"rope_type":"llama3"},"rope_theta":500000.0,
             "tie_word_embeddings":false,"torch_dtype":"bfloat16","transformers_version":"4.42.3","use_cache":true,
             "vocab_size":128256}
            """);

        Assert.Equal("LlamaForCausalLM", config.Architecture);
        Assert.Equal((4096, 14336, 32, 128256, 131072),
            (config.HiddenSize, config.IntermediateSize, config.LayerCount, config.VocabSize, config.ContextLength));
        Assert.Equal(new HeadLayout(32, 8, 128), config.Heads);
        Assert.Equal(1e-5f, config.NormEpsilon);
        Assert.Equal(new RopeConfig(500000, RopeType.Llama3, 8, 1, 4, 8192), config.Rope);
        Assert.False(config.IsTied);
        Assert.Equal(Biases.None, config.Biases);
        Assert.Null(config.SlidingWindow);
        Assert.Equal(128000, config.BosId);
        Assert.Equal([128001, 128008, 128009], config.EosIds);
    }

    [Fact]
    public void Old_and_new_spelling_give_the_same()
    {
        ModelConfig old = Llama(c =>
        {
            c["rope_theta"] = 500000;
            c["rope_scaling"] = Llama3();
        });
        ModelConfig current = Llama(c =>
        {
            c.Remove("rope_theta");
            JsonObject parameters = Llama3();
            parameters["rope_theta"] = 500000.0;
            c["rope_parameters"] = parameters;
        });
        ModelConfig both = Llama(c =>
        {
            c["rope_theta"] = 500000;
            c["rope_scaling"] = Llama3();
            c["rope_parameters"] = Llama3();
        });

        Assert.Equal(new RopeConfig(500000, RopeType.Llama3, 8, 1, 4, 64), old.Rope);
        Assert.Equal(old.Rope, current.Rope);
        Assert.Equal(old.Rope, both.Rope);
    }

    [Fact]
    public void Absent_keys_have_the_references_defaults()
    {
        ModelConfig config = Llama(c =>
        {
            foreach (string key in (string[])["num_key_value_heads", "max_position_embeddings", "rms_norm_eps",
                "rope_theta", "tie_word_embeddings", "bos_token_id", "eos_token_id", "model_type"])
                c.Remove(key);
            c["head_dim"] = null;
            c["rope_scaling"] = null;
        });

        Assert.Equal(new HeadLayout(4, 4, 8), config.Heads);
        Assert.Equal(2048, config.ContextLength);
        Assert.Equal(1e-6f, config.NormEpsilon);
        Assert.Equal(new RopeConfig(10000), config.Rope);
        Assert.False(config.IsTied);
        Assert.Null(config.BosId);
        Assert.Empty(config.EosIds);
    }

    [Fact]
    public void Linear_scaling_in_its_oldest_form_and_default_are_read()
    {
        Assert.Equal(
            new RopeConfig(10000, RopeType.Linear, 4),
            Llama(c => c["rope_scaling"] = Json("""{"type":"linear","factor":4.0}""")).Rope);
        Assert.Equal(new RopeConfig(10000), Llama(c => c["rope_scaling"] = Json("""{"rope_type":"default"}""")).Rope);
        Assert.Equal(new RopeConfig(10000), Llama(c => c["rope_scaling"] = new JsonObject()).Rope);
        Assert.Equal(new RopeConfig(7), Llama(c =>
        {
            c.Remove("rope_theta");
            c["rope_parameters"] = Json("""{"rope_theta":7}""");
        }).Rope);
    }

    [Fact]
    public void Original_context_may_stand_at_the_top()
    {
        ModelConfig config = Llama(c =>
        {
            c["rope_scaling"] = Llama3();
            c["rope_scaling"]!.AsObject().Remove("original_max_position_embeddings");
            c["original_max_position_embeddings"] = 96;
        });

        Assert.Equal(96, config.Rope.OriginalContextLength);
    }

    [Fact]
    public void Head_dim_wins_over_the_quotient() =>
        Assert.Equal(new HeadLayout(4, 2, 32), Llama(c => c["head_dim"] = 32).Heads);

    [Fact]
    public void Bias_flags_of_Llama_are_read()
    {
        Assert.Equal(Biases.QueryKeyValue | Biases.Output, Llama(c => c["attention_bias"] = true).Biases);
        Assert.Equal(Biases.Mlp, Llama(c => c["mlp_bias"] = true).Biases);
    }

    [Fact]
    public void Qwen2_has_biases_on_q_k_and_v_whatever_the_flag_says() =>
        Assert.Equal(
            Biases.QueryKeyValue, Read(TinyModel.Qwen2(configure: c => c["attention_bias"] = false).Config).Biases);

    [Theory]
    [InlineData("""{"sliding_window":24}""", 24)]
    [InlineData("""{"sliding_window":null}""", null)]
    [InlineData("""{}""", 4096)]
    [InlineData("""{"sliding_window":24,"layer_types":["sliding_attention","sliding_attention"]}""", 24)]
    public void Mistral_has_the_window_it_names(string keys, int? expected)
    {
        JsonObject config = TinyModel.Mistral().Config;
        config.Remove("sliding_window");
        Merge(config, keys);

        Assert.Equal(expected, Read(config).SlidingWindow);
    }

    [Theory]
    [InlineData("""{"sliding_window":24}""", null)]
    [InlineData("""{"sliding_window":24,"use_sliding_window":false,"max_window_layers":0}""", null)]
    [InlineData("""{"sliding_window":24,"use_sliding_window":true,"max_window_layers":2}""", null)]
    [InlineData("""{"sliding_window":24,"use_sliding_window":true,"max_window_layers":0}""", 24)]
    [InlineData("""{"sliding_window":null,"use_sliding_window":true,"max_window_layers":0}""", null)]
    [InlineData("""{"layer_types":["full_attention","full_attention"]}""", null)]
    public void Qwen2_has_a_window_only_where_it_is_used(string keys, int? expected)
    {
        JsonObject config = TinyModel.Qwen2().Config;
        Merge(config, keys);

        Assert.Equal(expected, Read(config).SlidingWindow);
    }

    [Theory]
    [InlineData("""{"architectures":["GPT2LMHeadModel"]}""", "config.json: architectures names 'GPT2LMHeadModel', but this architecture is not supported. Supported are LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM.")]
    [InlineData("""{"architectures":null}""", "config.json: architectures is missing, but it must name the model's architecture. Supported are LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM.")]
    [InlineData("""{"architectures":[]}""", "config.json: architectures is [], but a list of one name was expected. Supported are LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM.")]
    [InlineData("""{"model_type":"mistral"}""", "config.json: model_type is 'mistral', but LlamaForCausalLM implies 'llama'. Use the config.json that came with the weights.")]
    [InlineData("""{"hidden_size":null}""", "config.json: hidden_size is missing, but it is needed (the width of the model). Use the config.json that came with the weights.")]
    [InlineData("""{"hidden_size":"32"}""", "config.json: hidden_size is \"32\", but an integer from 1 to 2147483647 was expected. Use the file that came with the weights.")]
    [InlineData("""{"vocab_size":0}""", "config.json: vocab_size is 0, but an integer from 1 to 2147483647 was expected. Use the file that came with the weights.")]
    [InlineData("""{"num_hidden_layers":2.5}""", "config.json: num_hidden_layers is 2.5, but an integer from 1 to 2147483647 was expected. Use the file that came with the weights.")]
    [InlineData("""{"num_hidden_layers":2000000000}""", "config.json: num_hidden_layers is 2000000000, but at most 10000 are supported. Use the config.json that came with the weights.")]
    [InlineData("""{"num_key_value_heads":3}""", "config.json: num_key_value_heads is 3, but it must divide num_attention_heads 4 (each key/value head serves the same number of query heads). Use the config.json that came with the weights.")]
    [InlineData("""{"hidden_size":33}""", "config.json: hidden_size is 33, but without head_dim it must be a multiple of num_attention_heads 4. Use the config.json that came with the weights.")]
    [InlineData("""{"head_dim":7}""", "config.json: head_dim is 7, but it must be even (rotary positions turn pairs). Use the config.json that came with the weights.")]
    [InlineData("""{"head_dim":1073741824}""", "config.json: num_attention_heads 4, num_key_value_heads 2 and head_dim 1073741824 give rows of 8589934592 elements, but at most 2147483647 are supported. Use the config.json that came with the weights.")]
    [InlineData("""{"rms_norm_eps":-1}""", "config.json: rms_norm_eps is -1, but a number from 0 to below 1 was expected. Use the file that came with the weights.")]
    [InlineData("""{"hidden_act":"gelu"}""", "config.json: hidden_act is 'gelu', but only 'silu' is supported (another activation gives other numbers). Use a model with silu.")]
    [InlineData("""{"tie_word_embeddings":1}""", "config.json: tie_word_embeddings is 1, but true or false was expected. Use the file that came with the weights.")]
    [InlineData("""{"partial_rotary_factor":0.5}""", "config.json: partial_rotary_factor is 0.5, but it is not supported (it changes the model's numbers). Use a model without it.")]
    [InlineData("""{"eos_token_id":40}""", "config.json: eos_token_id is 40, but the vocabulary has the ids 0 to 39 (vocab_size 40). Use the file that came with the weights.")]
    [InlineData("""{"eos_token_id":[2,-1]}""", "config.json: eos_token_id is -1, but the vocabulary has the ids 0 to 39 (vocab_size 40). Use the file that came with the weights.")]
    [InlineData("""{"eos_token_id":"2"}""", "config.json: eos_token_id is \"2\", but a token id or a list of token ids was expected. Use the file that came with the weights.")]
    [InlineData("""{"rope_theta":0}""", "config.json: rope_theta is 0, but a positive number was expected. Use the file that came with the weights.")]
    [InlineData("""{"rope_scaling":{"rope_type":"yarn","factor":4.0}}""", "config.json: rope_scaling: rope_type is 'yarn', but only 'default', 'linear' and 'llama3' are supported (another scaling gives other numbers). Use a model with one of these.")]
    [InlineData("""{"rope_scaling":{"type":"dynamic","factor":4.0}}""", "config.json: rope_scaling: rope_type is 'dynamic', but only 'default', 'linear' and 'llama3' are supported (another scaling gives other numbers). Use a model with one of these.")]
    [InlineData("""{"rope_scaling":{"type":"linear","rope_type":"llama3","factor":4.0}}""", "config.json: rope_scaling: rope_type is 'llama3' and type is 'linear', but they must agree. Remove the wrong one.")]
    [InlineData("""{"rope_scaling":{"factor":4.0}}""", "config.json: rope_scaling: rope_type is missing, but it must say how factor is meant. Use the config.json that came with the weights.")]
    [InlineData("""{"rope_parameters":{"rope_theta":10000.0,"factor":4.0}}""", "config.json: rope_parameters: rope_type is missing, but it must say how rope_theta, factor is meant. Use the config.json that came with the weights.")]
    [InlineData("""{"rope_scaling":{"rope_type":"linear"}}""", "config.json: rope_scaling: factor is missing, but it is needed (rope_type 'linear'). Use the config.json that came with the weights.")]
    [InlineData("""{"rope_scaling":{"rope_type":"linear","factor":0.5}}""", "config.json: rope_scaling: factor is 0.5, but a number of at least 1 was expected. Use the file that came with the weights.")]
    [InlineData("""{"rope_scaling":{"rope_type":"linear","factor":4,"mrope_section":[1]}}""", "config.json: rope_scaling: the key 'mrope_section' is not supported (it may change positions). Known are rope_type, type, rope_theta, factor, low_freq_factor, high_freq_factor, original_max_position_embeddings, partial_rotary_factor.")]
    [InlineData("""{"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4}}""", "config.json: rope_scaling: original_max_position_embeddings is missing, but it is needed (rope_type 'llama3'). Use the config.json that came with the weights.")]
    [InlineData("""{"rope_scaling":{"rope_type":"llama3","factor":8,"high_freq_factor":4,"original_max_position_embeddings":64}}""", "config.json: rope_scaling: low_freq_factor is missing, but it is needed (rope_type 'llama3'). Use the config.json that came with the weights.")]
    [InlineData("""{"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4,"original_max_position_embeddings":64}}""", "config.json: rope_scaling: high_freq_factor is 4, but it must be above low_freq_factor 4 (between them frequencies are blended). Use the config.json that came with the weights.")]
    [InlineData("""{"original_max_position_embeddings":65,"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":64}}""", "config.json: rope_scaling: original_max_position_embeddings is 64, but 65 at the top of config.json; they must agree. Remove the wrong one.")]
    [InlineData("""{"rope_parameters":{"rope_type":"default","rope_theta":500000.0}}""", "config.json: rope_theta is 10000 in one place and 500000 in another, but they must agree. Remove the wrong one.")]
    [InlineData("""{"rope_scaling":{"type":"linear","factor":4.0},"rope_parameters":{"rope_type":"linear","factor":2.0}}""", "config.json: rope_scaling gives linear (factor 4) and rope_parameters gives linear (factor 2), but they must agree. Remove the wrong one.")]
    [InlineData("""{"layer_types":["full_attention","sliding_attention"]}""", "config.json: layer_types holds \"sliding_attention\", but sliding_window and the keys beside it imply 'full_attention' for every layer (other layers are not supported). Use a model whose layers are alike.")]
    public void Wrong_value_is_refused_by_its_key(string keys, string message)
    {
        JsonObject config = TinyModel.Llama().Config;
        Merge(config, keys);

        var e = Assert.Throws<ModelFormatException>(() => Read(config));

        Assert.Equal(message, e.Message);
    }

    [Fact]
    public void Qwen2_with_a_window_in_some_layers_is_refused()
    {
        JsonObject config = TinyModel.Qwen2().Config;
        Merge(config, """{"sliding_window":24,"use_sliding_window":true,"max_window_layers":1}""");

        Assert.Equal(
            "config.json: use_sliding_window is true from layer 1 of 2 on (max_window_layers), but a window that "
            + "only some layers have is not "
            + "supported. Use a model whose layers are alike.",
            Assert.Throws<ModelFormatException>(() => Read(config)).Message);
    }

    [Theory]
    [InlineData("""{"quant_method":"fp8","activation_scheme":"static","ignored_layers":["lm_head"]}""", "FP8 per tensor with static activation scales, as AutoFP8 writes it (quant_method 'fp8')")]
    [InlineData("""{"quant_method":"fp8","fmt":"e4m3","activation_scheme":"dynamic","weight_block_size":[128,128]}""", "FP8 in blocks of [128, 128] (quant_method 'fp8' with weight_block_size)")]
    [InlineData("""{"quant_method":"fbgemm_fp8","activation_scale_ub":1200.0}""", "FP8 per row, as FBGEMM writes it (quant_method 'fbgemm_fp8')")]
    [InlineData("""{"quant_method":"compressed-tensors","format":"int-quantized","config_groups":{}}""", "compressed-tensors 'int-quantized'")]
    [InlineData("""{"format":"pack-quantized","config_groups":{}}""", "compressed-tensors 'pack-quantized'")]
    [InlineData("""{"quant_method":"modelopt","quant_algo":"FP8"}""", "NVIDIA ModelOpt 'FP8'")]
    [InlineData("""{"quant_method":"bitsandbytes","load_in_8bit":true}""", "bitsandbytes LLM.int8()")]
    [InlineData("""{"quant_method":"bitsandbytes","load_in_4bit":true}""", "bitsandbytes 4-bit")]
    [InlineData("""{"quant_method":"torchao","quant_type":"int8wo"}""", "torchao")]
    [InlineData("""{"quant_method":"gptq","bits":4}""", "quant_method 'gptq'")]
    [InlineData("""{}""", "a quantisation without a quant_method")]
    public void Quantised_checkpoint_is_refused_by_the_name_of_its_convention(string quantization, string convention)
    {
        foreach (string key in (string[])["quantization_config", "compression_config"])
        {
            JsonObject config = TinyModel.Llama().Config;
            config[key] = Json(quantization);

            Assert.Equal(
                $"config.json: {key} describes {convention}, but quantised checkpoints are not supported yet "
                + "(weights in F32, BF16 and F16 "
                + "are). Use the unquantised checkpoint of this model.",
                Assert.Throws<ModelFormatException>(() => Read(config)).Message);
        }
    }

    [Fact]
    public void Keys_that_are_read_past_give_warnings()
    {
        List<string> warnings = [];
        JsonObject config = TinyModel.Llama().Config;
        Merge(config, """{"rope_interleaved":true,"quant_note":"x","pretraining_tp":2,"sliding_window":9}""");
        Merge(config, """{"rope_scaling":{"type":"linear","factor":2,"low_freq_factor":1}}""");

        Read(config, warnings);

        Assert.Equal(
        [
            "config.json: rope_scaling: low_freq_factor means nothing to rope_type 'linear' and was not used.",
            "config.json: sliding_window is 9; LlamaForCausalLM has no window, so it was not used.",
            "config.json: the key 'rope_interleaved' is unknown and was not used.",
            "config.json: the key 'quant_note' is unknown and was not used.",
            "config.json: pretraining_tp is 2; products are not split as in pre-training, which changes rounding only.",
        ], warnings);
    }

    private static ModelConfig Llama(Action<JsonObject> change)
    {
        JsonObject config = TinyModel.Llama().Config;
        change(config);
        return Read(config);
    }

    private static JsonObject Llama3() => Json("""
        {"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
         "original_max_position_embeddings":64}
        """);

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();

    private static void Merge(JsonObject config, string keys)
    {
        foreach ((string key, JsonNode? value) in Json(keys))
            config[key] = value?.DeepClone();
    }

    private static ModelConfig Read(string json) => ConfigReader.Read(JsonDocument.Parse(json).RootElement);

    private static ModelConfig Read(JsonObject config, List<string>? warnings = null) =>
        ConfigReader.Read(JsonDocument.Parse(config.ToJsonString()).RootElement, warnings: warnings);
}
