using Puna.TestKit;

namespace Puna.Tools.Tests;

public sealed class InputFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Ids => _folder.File("ids.json");

    [Fact]
    public void A_file_that_is_not_there() => Run().FailsWith(2,
        $"{Ids}: there is no such file, but a JSON array of token ids was expected. Check the path.");

    [Fact]
    public void A_folder_instead_of_a_file() => CommandRun.Of("run", Goldens.Demo, "--ids", _folder.Path).FailsWith(2,
        $"{_folder.Path}: this is a folder, but a file with a JSON array of token ids was expected. Give the file.");

    [Theory]
    [InlineData("", ": it is empty, but a JSON array of token ids was expected.")]
    [InlineData("[1,\n 2,\n x]", ", line 3: this is not JSON ('x' is an invalid start of a value), but a JSON array "
        + "of token ids was expected.")]
    [InlineData("{\"ids\": [1]}", ": this is an object, but a JSON array of token ids was expected.")]
    [InlineData("[1, \"2\"]", ": element 1 of the array is a string, but a token id was expected (a whole number of "
        + "at least 0).")]
    [InlineData("[1.5]", ": element 0 of the array is the number 1.5, but a token id was expected (a whole number of "
        + "at least 0).")]
    [InlineData("[99999999999]", ": element 0 of the array is the number 99999999999, but a token id was expected (a "
        + "whole number of at least 0).")]
    [InlineData("[]", ": the array is empty, but at least one token id was expected.")]
    [InlineData("[5, 2304]", ": element 1 of the array is 2304, but the vocabulary has ids 0 to 2303. Were the ids "
        + "made with this model's tokenizer?")]
    public void A_file_with_something_else_in_it(string content, string sentence)
    {
        File.WriteAllText(Ids, content);

        Run().FailsWith(2, Ids + sentence);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run", "-")]
    public void No_prompt_on_a_closed_standard_input(params string[] arguments) =>
        CommandRun.Of([arguments[0], Goldens.Demo, .. arguments[1..]]).FailsWith(2,
            "prompt: standard input is empty or closed, but a text was expected. Give it as an argument, or pipe it "
                + "in.");

    [Fact]
    public void An_empty_prompt() => CommandRun.Of("run", Goldens.Demo, "").FailsWith(2,
        "prompt: it is empty, but a text was expected. Give it as an argument, or pipe it in.");

    public void Dispose() => _folder.Dispose();

    private CommandRun Run() => CommandRun.Of("run", Goldens.Demo, "--ids", Ids, "--threads", "1");
}
