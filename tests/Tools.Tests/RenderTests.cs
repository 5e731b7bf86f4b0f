using System.Text.Json;
using Puna.TestKit;

namespace Puna.Tools.Tests;

public class RenderTests
{
    private static readonly JsonElement[] Rows =
    [
        .. JsonDocument.Parse(
        File.ReadAllText(Goldens.InRepository("tests/Tokenizer.Tests/Templates/Data/demo-chat-template.json")))
            .RootElement.EnumerateArray(),
    ];

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Rows.Length)];

    [Theory, MemberData(nameof(Indices))]
    public void Recorded_conversations_are_rendered_exactly(int index)
    {
        using TemporaryFolder folder = new();

        string text = CommandRun.Of(Arguments(Rows[index], folder)).Succeeds();

        Assert.Equal(Rows[index].GetProperty("text").GetString(), text);
    }

    [Fact]
    public void Ids_are_the_recorded_ones()
    {
        JsonElement rows = JsonDocument.Parse(File.ReadAllText(Goldens.Shared("goldens/demo-chat-template.json")))
            .RootElement;
        foreach (JsonElement row in rows.EnumerateArray().Where(r => r.TryGetProperty("ids", out _)))
        {
            using TemporaryFolder folder = new();

            string ids = CommandRun.Of([.. Arguments(row, folder), "--ids"]).Succeeds();

            Assert.Equal(row.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()),
                JsonSerializer.Deserialize<int[]>(ids));
        }
    }

    private static string[] Arguments(JsonElement row, TemporaryFolder folder)
    {
        File.WriteAllText(folder.File("messages.json"), row.GetProperty("messages").GetRawText());
        List<string> arguments = ["render", Goldens.Demo, "--messages", folder.File("messages.json")];
        if (row.GetProperty("tools").ValueKind == JsonValueKind.Array)
        {
            File.WriteAllText(folder.File("tools.json"), row.GetProperty("tools").GetRawText());
            arguments.AddRange(["--tools", folder.File("tools.json")]);
        }

        if (!row.GetProperty("add_generation_prompt").GetBoolean())
            arguments.Add("--no-generation-prompt");
        return [.. arguments];
    }

    [Fact]
    public void A_folder_with_tokenizer_and_template_alone_is_enough_and_names_its_tokens()
    {
        using TemporaryFolder folder = Templated("{{ bos_token }}{{ messages[0].content }}{{ eos_token }}");
        File.WriteAllText(folder.File("tokenizer_config.json"), """
            {"bos_token": {"content": "<|begin_of_text|>"}, "eos_token": "<|eot_id|>"}
            """);

        string[] arguments = ["render", folder.Path, "--messages", "-"];
        CommandRun run = CommandRun.WithInput("""[{"role": "user", "content": "hi <|eot_id|>"}]""", arguments);
        CommandRun ids = CommandRun.WithInput("""[{"role": "user", "content": "!"}]""", [.. arguments, "--ids"]);

        Assert.Equal("<|begin_of_text|>hi <|eot_id|><|eot_id|>", run.Succeeds());
        Assert.Equal("[2288, 0, 2297]", ids.Succeeds().TrimEnd());
    }

    [Fact]
    public void Date_and_variables_reach_the_template()
    {
        using TemporaryFolder folder = Templated("{{ strftime_now('%d %b %Y') }} {{ name }} {{ n + 1 }}");

        CommandRun run = CommandRun.WithInput("[]", "render", folder.Path, "--messages", "-", "--date", "2024-07-26",
            "--variable", "name=\"a=b\"", "--variable", "n=2");

        Assert.Equal("26 Jul 2024 a=b 3", run.Succeeds());
    }

    [Theory]
    [InlineData("--date: '26.7.2024' was given, but a date as YYYY-MM-DD was expected.", "--date", "26.7.2024")]
    [InlineData("--variable: 'x' was given, but NAME=JSON was expected, such as enable_thinking=false.", "--variable",
        "x")]
    [InlineData("--variable: 'x' was given twice, but a variable has one value. Leave one out.", "--variable", "x=1",
        "--variable", "x=2")]
    [InlineData("--variable x, line 1: this is not JSON ('y' is an invalid start of a value), but a JSON value (text "
        + "stands in double quotes) was expected.",
        "--variable", "x=y")]
    [InlineData("chat_template.jinja: the variable 'messages' is given, but has a property of its own in ChatInput.",
        "--variable", "messages=[]")]
    public void Wrong_options_give_a_sentence(string sentence, params string[] arguments) =>
        CommandRun.WithInput("[]", ["render", Goldens.Demo, "--messages", "-", .. arguments]).FailsWith(2, sentence);

    [Fact]
    public void A_template_that_refuses_the_conversation_is_quoted()
    {
        using TemporaryFolder folder = Templated("{{ raise_exception('roles must alternate') }}");

        CommandRun run = CommandRun.WithInput("[]", "render", folder.Path, "--messages", "-");

        Assert.Contains("roles must alternate", run.Error, StringComparison.Ordinal);
        Assert.Equal(3, run.Code);
    }

    [Fact]
    public void A_folder_without_a_template_is_refused()
    {
        using TemporaryFolder folder = Templated("");
        File.Delete(folder.File("chat_template.jinja"));

        CommandRun.WithInput("[]", "render", folder.Path, "--messages", "-").FailsWith(3,
            $"{folder.Path}: there is no chat template, but a folder with chat_template.jinja, or "
                + "tokenizer_config.json with chat_template, "
            + "was expected. Add the model's template.");
    }

    private static TemporaryFolder Templated(string template)
    {
        TemporaryFolder folder = new();
        File.Copy(Path.Combine(Goldens.Demo, "tokenizer.json"), folder.File("tokenizer.json"));
        File.WriteAllText(folder.File("chat_template.jinja"), template);
        return folder;
    }
}
