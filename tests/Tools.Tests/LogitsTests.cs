using System.Collections.Immutable;
using System.Text.Json;
using Puna.Runtime.Loading;
using Puna.TestKit;

namespace Puna.Tools.Tests;

public sealed class LogitsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.File("logits.safetensors");

    [Theory]
    [InlineData("cpu")]
    [InlineData("reference")]
    public void The_demo_gives_the_recorded_logits_of_every_position(string backend)
    {
        ImmutableArray<int> ids = RecordedPrompt.Demo[0].Ids;
        float[] expected = SafetensorsFile.Open(Goldens.InRepository("tests/Data/demo/expected.safetensors"))
            .ReadF32("0.logits");

        CommandRun run = Logits(Goldens.Demo, ids, "--backend", backend);

        Assert.Equal($"{Output}: logits F32 [{ids.Length}, 2304]{Environment.NewLine}", run.Error);
        SafetensorsFile file = SafetensorsFile.Open(Output);
        Assert.Equal([ids.Length, 2304], file.Find("logits").Shape);
        Assert.Equal(backend, file.Table.Metadata["backend"]);
        Assert.Equal("demo", file.Table.Metadata["model"]);
        float[] actual = file.ReadF32("logits");
        double largest = expected.Zip(actual, (a, b) => Math.Abs((double)a - b)).Max();
        Assert.True(largest <= 5e-4, $"the largest difference of logits is {largest}, expected at most 5e-4");
    }

    [Fact]
    public void Chunks_change_no_bit()
    {
        ImmutableArray<int> ids = RecordedPrompt.Demo[1].Ids;
        Logits(Goldens.Demo, ids).Succeeds();
        byte[] whole = File.ReadAllBytes(Output);

        Logits(Goldens.Demo, ids, "--chunk", "5").Succeeds();

        Assert.Equal(whole, File.ReadAllBytes(Output));
    }

    [Fact]
    public void A_folder_without_a_tokenizer_or_with_a_broken_one_gives_logits()
    {
        string model = TinyModel.Llama().Write(_folder.Path);
        Logits(model, [1, 2, 3]).Succeeds();
        byte[] without = File.ReadAllBytes(Output);
        File.WriteAllText(_folder.File("tokenizer.json"), "broken");

        Logits(model, [1, 2, 3]).Succeeds();

        Assert.Equal(without, File.ReadAllBytes(Output));
    }

    [Fact]
    public void An_id_outside_the_vocabulary_is_named_and_nothing_is_written()
    {
        string model = TinyModel.Llama().Write(_folder.Path);

        CommandRun run = Logits(model, [1, 40]);

        run.FailsWith(2, $"{_folder.File("ids.json")}: element 1 of the array is 40, but the vocabulary has ids 0 to "
            + "39. "
            + "Were the ids made with this model's tokenizer?");
        Assert.False(File.Exists(Output));
    }

    [Fact]
    public void A_text_beyond_the_context_is_refused()
    {
        string model = TinyModel.Llama().Write(_folder.Path);

        Logits(model, [.. Enumerable.Repeat(1, 129)]).FailsWith(4,
            "context: the text has 129 tokens, but the model has a context of 128 tokens. Shorten the text.");
    }

    [Fact]
    public void A_place_where_no_file_can_be_written_is_refused_before_the_work()
    {
        string ids = WriteIds([1]), nowhere = _folder.File("none/x.safetensors");

        CommandRun.Of("logits", "m", "--ids", ids, "--output", nowhere).FailsWith(2,
            $"{nowhere}: there is no folder {_folder.File("none")}, but a file was to be written there. Make the "
                + "folder first.");
        CommandRun.Of("logits", "m", "--ids", ids, "--output", _folder.Path).FailsWith(2,
            $"{_folder.Path}: this is a folder, but a file to write was expected. Give a file in it.");
    }

    public void Dispose() => _folder.Dispose();

    private CommandRun Logits(string model, ImmutableArray<int> ids, params string[] options) =>
        CommandRun.Of(["logits", model, "--ids", WriteIds(ids), "--output", Output, "--threads", "2", .. options]);

    private string WriteIds(IEnumerable<int> ids)
    {
        File.WriteAllText(_folder.File("ids.json"), JsonSerializer.Serialize(ids));
        return _folder.File("ids.json");
    }
}
