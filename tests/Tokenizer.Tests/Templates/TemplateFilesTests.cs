using Puna.TestKit;
using Puna.Tokenizer.Templates;

namespace Puna.Tokenizer.Tests.Templates;

public sealed class TemplateFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("puna-templates");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_folder_without_templates_gives_none()
    {
        Write("tokenizer_config.json", """{"bos_token": "<s>"}""");

        Assert.Null(ChatTemplate.Load(_folder.FullName));
    }

    [Fact]
    public void The_jinja_file_comes_first_then_the_json_file_then_the_key()
    {
        Write("tokenizer_config.json", """{"chat_template": "key"}""");
        Assert.Equal("key", Rendered());
        Write("chat_template.json", """{"chat_template": "json"}""");
        Assert.Equal("json", Rendered());
        Write("chat_template.jinja", "jinja");
        Assert.Equal("jinja", Rendered());
    }

    [Fact]
    public void Of_named_templates_the_default_is_taken_and_with_tools_the_one_for_tools()
    {
        Write("tokenizer_config.json", """
            {"chat_template": [{"name": "default", "template": "d"}, {"name": "tool_use", "template": "t"},
                               {"name": "rag", "template": "r"}]}
            """);

        Assert.Equal("d", Rendered());
        Assert.Equal("t", Rendered(withTools: true));
    }

    [Fact]
    public void Additional_templates_stand_beside_the_jinja_file()
    {
        Write("chat_template.jinja", "d");
        Assert.Equal("d", Rendered(withTools: true));
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "additional_chat_templates"));
        Write("additional_chat_templates/tool_use.jinja", "t");

        Assert.Equal("d", Rendered());
        Assert.Equal("t", Rendered(withTools: true));
    }

    [Fact]
    public void Named_templates_without_a_default_are_refused()
    {
        Write("tokenizer_config.json", """
            {"chat_template": [{"name": "rag", "template": "r"}, {"name": "a", "template": "r"}]}
            """);

        Assert.Equal($"{_folder.FullName}: the chat templates a, rag are named, but 'default' is not among them, "
            + "and no other can be chosen without asking. Name one of them 'default'.", Error());
    }

    [Fact]
    public void A_key_of_another_kind_is_refused()
    {
        Write("tokenizer_config.json", """{"chat_template": 5}""");

        Assert.Equal("tokenizer_config.json: 'chat_template' is Number, but must be a string or a list of objects with "
            + "'name' and 'template'.", Error());
    }

    [Fact]
    public void A_file_that_is_not_json_is_refused()
    {
        Write("chat_template.json", "{");

        Assert.StartsWith("chat_template.json: the file is not JSON (", Error(), StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_name_the_file()
    {
        Write("tokenizer_config.json", """{"chat_template": "\n{% if"}""");

        Assert.Equal(
            "tokenizer_config.json (chat_template), line 2: a tag is opened, but never closed. Write '%}' behind it.",
            Error());
    }

    [Fact]
    public void The_demo_has_a_template() => Assert.NotNull(ChatTemplate.Load(Goldens.Demo));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);

    private string? Rendered(bool withTools = false) =>
        ChatTemplate.Load(_folder.FullName, withTools)?.Render(Rendering.Input("[]"), TimeProvider.System).ToText();

    private string Error() => Assert.Throws<ChatTemplateException>(() => ChatTemplate.Load(_folder.FullName)).Message;
}
