using Puna.Runtime.Loading;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

public sealed class ModelFolderTests : IDisposable
{
    private const string SameModel = "Do the weights and config.json belong to the same model?";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> GoldenNames => [.. Goldens.Checkpoints];

    public static TheoryData<string> QuantizedNames =>
        [.. Goldens.SharedFolders("goldens/quantized").Where(n => n is not ("bf16" or "demo-bf16"))];

    [Fact]
    public void Demo_model_opens_without_a_warning()
    {
        ModelFolder folder = ModelFolder.Open(Goldens.Demo);

        Assert.Empty(folder.Warnings);
        Assert.True(folder.HasTokenizer);
        Assert.Equal("LlamaForCausalLM", folder.Family.Architecture);
        Assert.Equal([2289, 2296, 2297], folder.StopIds);
        Assert.False(folder.GenerationDefaults!.DoSample);
    }

    [Theory, MemberData(nameof(GoldenNames))]
    public void Reference_checkpoint_opens_without_a_warning(string name)
    {
        ModelFolder folder = ModelFolder.Open(Goldens.Checkpoint(name));

        Assert.Empty(folder.Warnings);
        Assert.False(folder.HasTokenizer);
    }

    [Theory(SkipTestWithoutData = true), MemberData(nameof(QuantizedNames))]
    public void Quantised_reference_checkpoint_is_refused(string name)
    {
        string path = Goldens.Shared($"goldens/quantized/{name}");
        Assert.SkipUnless(File.Exists(Path.Combine(path, "config.json")), "skipped: no checkpoint of its own");

        Assert.Contains("quantised checkpoints are not supported yet",
            Assert.Throws<ModelFormatException>(() => ModelFolder.Open(path)).Message);
    }

    [Fact]
    public void Quantised_tensors_without_a_configuration_are_refused_by_their_companions()
    {
        TinyModel model = TinyModel.Llama();
        model.Tensors["model.layers.0.mlp.up_proj.weight_scale_inv"] = new(SafetensorsDType.F32, [1], 1, 1);
        model.Write(_folder.Path);

        Assert.Equal(
            "model.safetensors: tensor 'model.layers.0.mlp.up_proj.weight_scale_inv' belongs to FP8 in blocks, as "
            + "DeepSeek and fine-grained FP8 "
            + "write it, and config.json has no quantization_config, but quantised checkpoints are not supported yet "
            + "(weights in F32, BF16 and F16 "
            + "are). Use the unquantised checkpoint of this model.", Refusal());
    }

    [Theory]
    [InlineData("weight_scale", "FP8 or INT8 with weight scales (AutoFP8, FBGEMM, compressed-tensors or ModelOpt)")]
    [InlineData("input_scale", "FP8 or INT8 with static activation scales (AutoFP8, compressed-tensors or ModelOpt)")]
    [InlineData("SCB", "bitsandbytes LLM.int8()")]
    [InlineData("weight_packed", "compressed-tensors 'pack-quantized'")]
    [InlineData("qweight", "GPTQ or AWQ")]
    [InlineData("k_scale", "FP8 key/value scales")]
    public void Companion_names_its_convention(string suffix, string convention)
    {
        TinyModel model = TinyModel.Llama();
        model.Tensors[$"model.layers.0.self_attn.q_proj.{suffix}"] = new(SafetensorsDType.F32, [1], 1);
        model.Write(_folder.Path);

        Assert.StartsWith($"model.safetensors: tensor 'model.layers.0.self_attn.q_proj.{suffix}' belongs to "
            + $"{convention}, and", Refusal());
    }

    [Fact]
    public void Quantised_tensors_without_a_configuration_are_refused_by_their_type()
    {
        TinyModel model = TinyModel.Llama();
        TinyTensor up = model.Tensors["model.layers.0.mlp.up_proj.weight"];
        model.Tensors["model.layers.0.mlp.up_proj.weight"] = up with { DType = SafetensorsDType.F8E4M3 };
        model.Write(_folder.Path);

        Assert.StartsWith(
            "model.safetensors: tensor 'model.layers.0.mlp.up_proj.weight' is F8_E4M3, a quantised tensor without a "
            + "configuration, but", Refusal());
    }

    [Fact]
    public void Description_of_ModelOpt_is_refused()
    {
        TinyModel.Llama().Write(_folder.Path);
        Write("hf_quant_config.json", """{"producer":{"name":"modelopt"},"quantization":{"quant_algo":"FP8"}}""");

        Assert.StartsWith("hf_quant_config.json: the file describes NVIDIA ModelOpt 'FP8', but quantised checkpoints "
            + "are not supported yet", Refusal());
    }

    [Fact]
    public void Tensor_of_a_type_that_is_not_computed_with_is_refused()
    {
        TinyModel model = TinyModel.Llama();
        model.Tensors["model.norm.weight"] = model.Tensors["model.norm.weight"] with { DType = SafetensorsDType.F64 };
        model.Write(_folder.Path);

        Assert.Equal(
            "model.safetensors: tensor 'model.norm.weight' is F64, but weights in F32, BF16 or F16 were expected (no "
            + "other type is computed with yet). "
            + "Use a checkpoint in one of these.", Refusal());
    }

    [Theory]
    [InlineData("model.layers.1.self_attn.k_proj.weight", new long[] { 8, 32 }, "[8, 32], but config.json implies [16, 32] (num_key_value_heads 2 × head_dim 8, hidden_size 32)")]
    [InlineData("model.layers.1.self_attn.q_proj.weight", new long[] { 64, 32 }, "[64, 32], but config.json implies [32, 32] (num_attention_heads 4 × head_dim 8, hidden_size 32)")]
    [InlineData("model.embed_tokens.weight", new long[] { 41, 32 }, "[41, 32], but config.json implies [40, 32] (vocab_size 40, hidden_size 32)")]
    [InlineData("lm_head.weight", new long[] { 32, 40 }, "[32, 40], but config.json implies [40, 32] (vocab_size 40, hidden_size 32)")]
    [InlineData("model.norm.weight", new long[] { 1, 32 }, "[1, 32], but config.json implies [32] (hidden_size 32)")]
    [InlineData("model.layers.0.mlp.down_proj.weight", new long[] { 48, 32 }, "[48, 32], but config.json implies [32, 48] (hidden_size 32, intermediate_size 48)")]
    [InlineData("model.layers.0.mlp.gate_proj.weight", new long[] { 1, 32 }, "[1, 32], but config.json implies [48, 32] (intermediate_size 48, hidden_size 32)")]
    public void Wrong_shape_is_refused_with_the_keys_that_imply_it(string tensor, long[] shape, string message)
    {
        TinyModel model = TinyModel.Llama();
        model.Tensors[tensor] = TinyTensor.Normal(new Random(1), 1, 0, shape);
        model.Write(_folder.Path);

        Assert.Equal($"model.safetensors: tensor '{tensor}' is {message}. {SameModel}", Refusal());
    }

    [Fact]
    public void Missing_layer_is_refused()
    {
        TinyModel model = TinyModel.Llama();
        model.Config["num_hidden_layers"] = 3;
        model.Write(_folder.Path);

        Assert.Equal(
            "model.safetensors: tensor 'model.layers.2.input_layernorm.weight' (and 8 more) is missing, but "
            + "config.json implies it "
            + $"(num_hidden_layers 3). {SameModel}", Refusal());
    }

    [Fact]
    public void Extra_layer_is_refused()
    {
        TinyModel model = TinyModel.Llama();
        model.Config["num_hidden_layers"] = 1;
        model.Write(_folder.Path);

        Assert.Equal(
            "model.safetensors: tensor 'model.layers.1.input_layernorm.weight' (and 8 more) is not read by "
            + "LlamaForCausalLM with num_hidden_layers 1, "
            + $"but every tensor of a checkpoint must be (what is left out changes the answer). "
            + $"{SameModel}", Refusal());
    }

    [Fact]
    public void Bias_without_its_flag_is_refused()
    {
        TinyModel model = TinyModel.Llama(configure: c => c["attention_bias"] = true);
        model.Config["attention_bias"] = false;
        model.Write(_folder.Path);

        Assert.Equal(
            "model.safetensors: tensor 'model.layers.0.self_attn.k_proj.bias' (and 7 more) is not read by "
            + "LlamaForCausalLM without biases there "
            + $"(attention_bias, mlp_bias), but every tensor of a checkpoint must be (what is left out changes the "
            + $"answer). {SameModel}", Refusal());
    }

    [Fact]
    public void Flag_without_its_biases_is_refused()
    {
        TinyModel model = TinyModel.Llama();
        model.Config["mlp_bias"] = true;
        model.Write(_folder.Path);

        Assert.Equal(
            "model.safetensors: tensor 'model.layers.0.mlp.gate_proj.bias' (and 5 more) is missing, but config.json "
            + "implies it "
            + $"(LlamaForCausalLM with these flags has biases there). {SameModel}", Refusal());
    }

    [Fact]
    public void Unknown_tensor_is_refused_and_old_frequencies_are_not()
    {
        TinyModel model = TinyModel.Llama();
        model.Tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = new(SafetensorsDType.F32, [1, 2, 3, 4], 4);
        model.Write(_folder.Path);
        ModelFolder.Open(_folder.Path);

        model.Tensors["model.layers.0.self_attn.q_norm.weight"] = new(SafetensorsDType.F32, [1], 1);
        model.Write(_folder.Path);

        Assert.Equal(
            "model.safetensors: tensor 'model.layers.0.self_attn.q_norm.weight' is not read by LlamaForCausalLM, but "
            + "every tensor of a checkpoint must be "
            + $"(what is left out changes the answer). {SameModel}", Refusal());
    }

    [Fact]
    public void Missing_head_is_refused_unless_tied()
    {
        TinyModel model = TinyModel.Llama(configure: c => c["tie_word_embeddings"] = true);
        model.Write(_folder.Path);
        ModelFolder.Open(_folder.Path);

        model.Config["tie_word_embeddings"] = false;
        model.Write(_folder.Path);

        Assert.Equal(
            $"model.safetensors: tensor 'lm_head.weight' is missing, but config.json implies it (tie_word_embeddings "
            + $"is false). {SameModel}", Refusal());
    }

    [Fact]
    public void Tensors_in_Metas_names_are_refused_with_the_way_out()
    {
        TinyModel model = TinyModel.Llama();
        model.Tensors["tok_embeddings.weight"] = model.Tensors["model.embed_tokens.weight"];
        model.Tensors.Remove("model.embed_tokens.weight");
        model.Write(_folder.Path);

        Assert.Equal(
            "model.safetensors: tensor 'tok_embeddings.weight' has a name of Meta's own layout, but the layout of "
            + "Hugging Face was expected (rows of q and k "
            + "are ordered differently). Download the Hugging Face version of this model (the repository's files "
            + "beside the folder 'original'), or convert it "
            + "with convert_llama_weights_to_hf.py of transformers.", Refusal());
    }

    [Fact]
    public void Stop_ids_come_from_the_generation_file_first()
    {
        TinyModel.Llama().Write(_folder.Path);

        Assert.Equal([2], ModelFolder.Open(_folder.Path).StopIds);
        Write("generation_config.json", """{"bos_token_id":1,"pad_token_id":0,"temperature":0.6}""");
        Assert.Equal([2], ModelFolder.Open(_folder.Path).StopIds);
        Write("generation_config.json", """{"eos_token_id":5}""");
        Assert.Equal([5], ModelFolder.Open(_folder.Path).StopIds);
        Write("generation_config.json", """{"eos_token_id":[7,8,7]}""");
        Assert.Equal([7, 8], ModelFolder.Open(_folder.Path).StopIds);
    }

    [Fact]
    public void Sampling_defaults_are_read()
    {
        TinyModel.Llama().Write(_folder.Path);
        Write("generation_config.json",
            """
            {"do_sample":true,"temperature":0.6,"top_p":0.9,"top_k":50,"min_p":0.05,"repetition_penalty":1.1,
             "max_length":4096,"max_new_tokens":16,"num_beams":1,"bos_token_id":3}
            """);

        GenerationConfig defaults = ModelFolder.Open(_folder.Path).GenerationDefaults!;

        Assert.Equal(new GenerationConfig
        {
            BosId = 3,
            DoSample = true,
            Temperature = 0.6,
            TopP = 0.9,
            TopK = 50,
            MinP = 0.05,
            RepetitionPenalty = 1.1,
            MaxLength = 4096,
            MaxNewTokens = 16,
        }, defaults);
    }

    [Theory]
    [InlineData("""{"eos_token_id":[2,40]}""", "generation_config.json: eos_token_id is 40, but the vocabulary has the ids 0 to 39 (vocab_size 40). Use the file that came with the weights.")]
    [InlineData("""{"temperature":-1}""", "generation_config.json: temperature is -1, but a number of at least 0 was expected. Use the file that came with the weights.")]
    [InlineData("""{"top_p":1.5}""", "generation_config.json: top_p is 1.5, but a number from 0 to 1 was expected. Use the file that came with the weights.")]
    [InlineData("""{"do_sample":"yes"}""", "generation_config.json: do_sample is \"yes\", but true or false was expected. Use the file that came with the weights.")]
    [InlineData("", "generation_config.json: the file is empty (0 bytes), but a JSON object was expected. Download it again.")]
    public void Wrong_generation_file_is_refused(string json, string message)
    {
        TinyModel.Llama().Write(_folder.Path);
        Write("generation_config.json", json);

        Assert.Equal(message, Refusal());
    }

    [Fact]
    public void Remarks_are_collected()
    {
        TinyModel model = TinyModel.Llama();
        model.Config["torch_dtype"] = "float32";
        model.Config["rope_ratio"] = 2;
        model.Write(_folder.Path);
        Write("generation_config.json", """{"num_beams":4}""");

        Assert.Equal(
        [
            "config.json: the key 'rope_ratio' is unknown and was not used.",
            "generation_config.json: num_beams is 4; it is not supported and was not used.",
            "config.json: dtype is 'float32', but the tensors are BF16, which is used.",
        ], ModelFolder.Open(_folder.Path).Warnings);
    }

    [Fact]
    public void Path_that_is_no_folder_is_refused()
    {
        TinyModel.Llama().Write(_folder.Path);

        Assert.Equal(
            $"{_folder.File("x")}: there is no such folder, but a model folder with config.json and "
            + "model.safetensors was expected. Check the path.",
            Assert.Throws<ModelFormatException>(() => ModelFolder.Open(_folder.File("x"))).Message);
        Assert.Equal(
            $"{_folder.File("config.json")}: this is a file, but a model folder with config.json and "
            + "model.safetensors was expected. "
            + "Give the folder that holds the model.",
            Assert.Throws<ModelFormatException>(() => ModelFolder.Open(_folder.File("config.json"))).Message);
    }

    [Fact]
    public void Folder_without_a_configuration_is_refused()
    {
        Assert.Equal(
            $"{_folder.Path}: the folder holds no config.json, but a model folder with config.json and "
            + "model.safetensors was expected. "
            + "Give the folder that holds the model.", Refusal());

        TinyModel.Llama().Write(_folder.Path);
        File.Delete(_folder.File("config.json"));

        Assert.Equal(
            $"{_folder.Path}: the folder holds weights and no config.json, but a model folder with config.json and "
            + "model.safetensors was expected "
            + "(it gives the model's shape). Download config.json too.", Refusal());

        Write("params.json", "{}");

        Assert.StartsWith($"{Path.GetFileName(_folder.Path)}: the folder holds 'params.json', Meta's own layout, "
            + "but", Refusal());
    }

    [Theory]
    [InlineData("", "config.json: the file is empty (0 bytes), but a JSON object was expected. Download it again.")]
    [InlineData("7", "config.json: the file holds 7, but a JSON object was expected. Download it again.")]
    public void Damaged_configuration_is_refused(string json, string message)
    {
        TinyModel.Llama().Write(_folder.Path);
        Write("config.json", json);

        Assert.Equal(message, Refusal());
    }

    [Theory]
    [InlineData("""{"hidden_size":1,"hidden_size":2}""")]
    [InlineData("{")]
    [InlineData("\uFEFF{,}")]
    [InlineData("\0")]
    public void Configuration_that_is_not_JSON_is_refused_in_one_line(string json)
    {
        TinyModel.Llama().Write(_folder.Path);
        Write("config.json", json);

        Assert.Matches(@"^config\.json: the file is not valid JSON \([^\n]*\), but a JSON object was expected\. Download it again\.$", Refusal());
    }

    [Fact]
    public void Weights_of_0_bytes_and_truncated_weights_are_refused()
    {
        TinyModel.Llama().Write(_folder.Path);
        string weights = _folder.File("model.safetensors");
        SafetensorsTable table = SafetensorsFile.Open(weights).Table;
        long data = table.FileLength - table.DataStart;
        using (FileStream stream = File.OpenWrite(weights))
            stream.SetLength(table.FileLength - 100);

        Assert.Equal(
            $"model.safetensors: the tensors have {data} bytes, but {data - 100} follow the header. The file is cut "
            + "short; download it again.", Refusal());

        File.WriteAllBytes(weights, []);

        Assert.Equal(
            "model.safetensors: the file is empty (0 bytes), but a safetensors file starts with 8 bytes of header "
            + "length. Download it again.", Refusal());
    }

    private void Write(string name, string text) => File.WriteAllText(_folder.File(name), text);

    private string Refusal() => Assert.Throws<ModelFormatException>(() => ModelFolder.Open(_folder.Path)).Message;
}
