using System.Text.Json;
using Puna.TestKit;

namespace Puna.Tools.Tests;

public class TokenizeTests
{
    private static readonly JsonElement[] Rows =
    [
        .. File.ReadLines(Goldens.InRepository("tests/Tokenizer.Tests/Data/demo-rows.jsonl"))
        .Select(l => JsonDocument.Parse(l).RootElement),
    ];

    private static string TokenizerFile => Path.Combine(Goldens.Demo, "tokenizer.json");

    [Fact]
    public void Lines_of_text_become_lines_of_the_recorded_ids_and_back()
    {
        string texts = string.Concat(Rows.Select(r => r.GetRawText() + "\n"));

        string ids = CommandRun.WithInput(texts, "tokenize", Goldens.Demo, "--jsonl", "-").Succeeds();
        string back = CommandRun.WithInput(ids, "tokenize", TokenizerFile, "--jsonl", "-", "--decode").Succeeds();

        Assert.Equal(Rows.Select(r => Ids(r, "ids")), Lines(ids).Select(l => Ids(l, "ids")));
        Assert.Equal(Rows.Select(r => r.GetProperty("text").GetString()),
            Lines(back).Select(l => l.GetProperty("text").GetString()));
    }

    [Fact]
    public void Special_tokens_are_recognised_where_asked_for()
    {
        JsonElement[] rows = [.. Rows.Where(r => r.TryGetProperty("ids_special", out _))];
        string texts = string.Concat(rows.Select(r => r.GetRawText() + "\n"));

        string ids = CommandRun.WithInput(texts, "tokenize", Goldens.Demo, "--jsonl", "-", "--special").Succeeds();

        Assert.NotEmpty(rows);
        Assert.Equal(rows.Select(r => Ids(r, "ids_special")), Lines(ids).Select(l => Ids(l, "ids")));
    }

    [Fact]
    public void Bos_begins_each_line_also_an_empty_one() => Assert.Equal(
        "{\"ids\": [2288]}\n{\"ids\": [2288, 0]}\n",
        CommandRun.WithInput("{\"text\": \"\"}\n\n{\"text\": \"!\"}", "tokenize", Goldens.Demo, "--jsonl", "-",
            "--bos").Succeeds());

    [Fact]
    public void Half_of_a_surrogate_pair_becomes_the_replacement_character()
    {
        string input = """
            {"text": "a\ud83db\n\"\u00e9\t\/\\"}
            {"text": "\udc00"}
            {"text": "\ud83e\udd99"}
            """;

        string ids = CommandRun.WithInput(input, "tokenize", Goldens.Demo, "--jsonl", "-").Succeeds();
        string back = CommandRun.WithInput(ids, "tokenize", Goldens.Demo, "--jsonl", "-", "--decode").Succeeds();

        Assert.Equal(["a\ufffdb\n\"\u00e9\t/\\", "\ufffd", "\ud83e\udd99"],
            Lines(back).Select(l => l.GetProperty("text").GetString()));
    }

    [Fact]
    public void A_text_is_shown_as_a_table() => Assert.Equal(
        ["0   21      \"!\"", "322   20 41   \" A\"", "2 tokens"],
        CommandRun.Of("tokenize", Goldens.Demo, "! A").Succeeds().ReplaceLineEndings("\n").Split('\n')
            .Select(l => l.Trim()).Where(l => l.Length > 0).Skip(2));

    [Theory]
    [InlineData("standard input, line 2: this is not JSON ('x' is an invalid start of a value), but a JSON object was "
        + "expected.", "{\"text\": \"\"}\nx")]
    [InlineData("standard input, line 1: this is an array, but an object with \"text\" was expected.", "[]")]
    [InlineData("standard input, line 1: the object has no \"text\", but a string of that name was expected.", "{}")]
    [InlineData("standard input, line 3: \"text\" is the number 3, but a string was expected.", "\n\n{\"text\": 3}")]
    public void A_wrong_line_is_named(string sentence, string input)
    {
        CommandRun run = CommandRun.WithInput(input, "tokenize", Goldens.Demo, "--jsonl", "-");

        Assert.Equal($"puna: {sentence}{Environment.NewLine}", run.Error);
        Assert.Equal(2, run.Code);
    }

    [Theory]
    [InlineData("standard input, line 1: \"ids\" is a string, but an array was expected.", "{\"ids\": \"1\"}")]
    [InlineData("standard input, line 1: element 1 of the array is the number -1, but a token id was expected (a "
        + "whole number of at least 0).",
        "{\"ids\": [1, -1]}")]
    [InlineData("standard input, line 1: element 0 of the array is 2304, but the vocabulary has ids 0 to 2303. Were "
        + "the ids made with this model's tokenizer?",
        "{\"ids\": [2304]}")]
    public void Wrong_ids_are_named(string sentence, string input) =>
        CommandRun.WithInput(input, "tokenize", Goldens.Demo, "--jsonl", "-", "--decode").FailsWith(2, sentence);

    private static JsonElement[] Lines(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    private static int[] Ids(JsonElement row, string name) =>
        [.. row.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
}
