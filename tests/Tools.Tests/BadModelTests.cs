using Puna.TestKit;

namespace Puna.Tools.Tests;

/// <summary>What users will try by mistake: each gives one sentence and an exit code that is not 0.</summary>
public sealed class BadModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Model => _folder.Path;

    [Fact]
    public void A_folder_that_is_not_there() => Run("none").FailsWith(3,
        "none: there is no such folder, but a model folder with config.json and model.safetensors was expected. "
        + "Check the path.");

    [Fact]
    public void A_folder_that_is_not_a_model() => Run(Model).FailsWith(3,
        $"{Model}: the folder holds no config.json, but a model folder with config.json and model.safetensors was "
        + "expected. Give the folder that holds the model.");

    [Fact]
    public void A_file_instead_of_a_folder() => Run(Path.Combine(Goldens.Demo, "model.safetensors")).FailsWith(3,
        $"{Path.Combine(Goldens.Demo, "model.safetensors")}: this is a file, but a model folder with config.json and "
        + "model.safetensors was expected. Give the folder that holds the model.");

    [Theory]
    [InlineData("run")]
    [InlineData("inspect")]
    public void Truncated_weights(string verb)
    {
        TinyModel.Llama().Write(Model);
        byte[] weights = File.ReadAllBytes(_folder.File("model.safetensors"));
        File.WriteAllBytes(_folder.File("model.safetensors"), weights[..(weights.Length / 2)]);

        IsOneSentence(3, "model.safetensors: ", verb == "inspect" ? CommandRun.Of("inspect", Model) : Run(Model));
    }

    [Fact]
    public void Weights_of_0_bytes()
    {
        TinyModel.Llama().Write(Model);
        File.WriteAllBytes(_folder.File("model.safetensors"), []);

        IsOneSentence(3, "model.safetensors: ", Run(Model));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("tokenizer.json")]
    public void A_small_file_of_0_bytes(string file)
    {
        _folder.CopyFrom(Goldens.Demo);
        File.WriteAllBytes(_folder.File(file), []);

        IsOneSentence(3, $"{file}: the file is empty", Run(Model));
    }

    [Fact]
    public void Weights_of_another_shape()
    {
        TinyModel model = TinyModel.Llama();
        model.Config["num_key_value_heads"] = 4;
        model.Write(Model);

        IsOneSentence(3, "model.safetensors: tensor 'model.layers.0.self_attn.k_proj.weight' is [16, 32], but "
            + "config.json implies [32, 32]", Run(Model));
    }

    [Fact]
    public void A_missing_shard()
    {
        TinyModel.Llama().Write(Model, shardCount: 3);
        File.Delete(_folder.File("model-00002-of-00003.safetensors"));

        IsOneSentence(3, "", Run(Model), names: "model-00002-of-00003.safetensors");
    }

    [Fact]
    public void An_unknown_architecture()
    {
        TinyModel model = TinyModel.Llama();
        model.Config["architectures"] = new System.Text.Json.Nodes.JsonArray("MambaForCausalLM");
        model.Write(Model);

        IsOneSentence(3, "config.json: ", Run(Model), names: "'MambaForCausalLM'");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("chat")]
    public void No_tokenizer(string verb)
    {
        TinyModel.Llama().Write(Model);

        (verb == "run" ? Run(Model) : CommandRun.Of("chat", Model, "--threads", "1")).FailsWith(3,
            $"{Model}: the folder holds neither tokenizer.json nor tokenizer.model, but text was to be read. "
            + "Add the model's tokenizer, or give the prompt as ids (puna run --ids).");
    }

    [Fact]
    public void No_tokenizer_to_tokenize_with() => CommandRun.Of("tokenize", Model, "hi").FailsWith(3,
        $"{Model}: the folder holds neither tokenizer.json nor tokenizer.model, but a tokenizer was expected there. "
        + "Give a folder with tokenizer.json or tokenizer.model, or such a file.");

    [Fact]
    public void No_chat_template()
    {
        _folder.CopyFrom(Goldens.Demo);
        File.Delete(_folder.File("chat_template.jinja"));

        Run(Model).FailsWith(3, $"{Model}: the folder holds no chat template, but a conversation was to be written. "
            + "Use puna run --raw, which goes on from the text itself.");
        CommandRun.Of("run", Model, "hi", "--raw", "--max-tokens", "1", "--threads", "1").Succeeds();
    }

    [Fact]
    public void Stop_texts_without_a_tokenizer()
    {
        TinyModel.Llama().Write(Model);
        File.WriteAllText(_folder.File("ids.txt"), "[1]");

        CommandRun.Of("run", Model, "--ids", _folder.File("ids.txt"), "--stop", "x", "--json", "--threads", "1")
            .FailsWith(2,
            "stop: texts were given, but the model has no tokenizer to find them with. Use stop ids.");
    }

    [Fact]
    public void A_prompt_of_100_000_tokens()
    {
        CommandRun run = CommandRun.WithInput(string.Concat(Enumerable.Repeat("word ", 100_000)), "run", Goldens.Demo,
            "--threads", "1");

        Assert.Matches(@"^puna: context: the prompt has 100,0\d\d tokens, but the model has a "
            + @"context of 2,048 tokens\. "
            + @"Shorten the prompt\.\r?\n$", run.Error);
        Assert.Equal(4, run.Code);
    }

    [Fact]
    public void More_tokens_than_the_context_has() => CommandRun.Of("run", Goldens.Demo, "hi", "--max-tokens", "5000",
        "--threads", "1").FailsWith(4,
        "context: the prompt has 16 tokens and up to 5,000 may follow, but the model has a context of 2,048 tokens. "
        + "Shorten the prompt or ask for fewer tokens.");

    public void Dispose() => _folder.Dispose();

    private static CommandRun Run(string model) => CommandRun.Of("run", model, "hi", "--threads", "1");

    private static void IsOneSentence(int code, string start, CommandRun run, string names = "")
    {
        Assert.StartsWith($"puna: {start}", run.Error, StringComparison.Ordinal);
        Assert.Contains(names, run.Error, StringComparison.Ordinal);
        Assert.Contains("but", run.Error, StringComparison.Ordinal);
        Assert.Matches(@"[.?]\r?\n$", run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Equal("", run.Output);
        Assert.Equal(code, run.Code);
    }
}
