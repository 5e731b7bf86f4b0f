using System.Text.Json;
using Puna.TestKit;
using Puna.Tokenizer.Templates;

namespace Puna.Tokenizer.Tests.Templates;

/// <summary>Small templates against what Jinja renders; <c>Data/make-jinja-cases.py</c> makes them.</summary>
public class JinjaCasesTests
{
    private static readonly JsonElement File = JsonDocument.Parse(
        System.IO.File.ReadAllText(Goldens.InRepository("tests/Tokenizer.Tests/Templates/Data/jinja-cases.json")))
        .RootElement;

    public static TheoryData<int, string> Cases
    {
        get
        {
            var data = new TheoryData<int, string>();
            int i = 0;
            foreach (JsonElement row in File.GetProperty("cases").EnumerateArray())
                data.Add(i++, row.GetProperty("group").GetString() ?? "");
            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_template_gives_what_jinja_gives(int index, string group)
    {
        JsonElement row = File.GetProperty("cases")[index];
        string template = row.GetProperty("template").GetString() ?? "";

        string? actual = Render(template, out string? error);

        string? expected = row.GetProperty("expected").GetString();
        Assert.True(expected == actual,
            $"{group}: {template}\n  jinja: {Shown(expected)}\n  ours:  {Shown(actual)} {error}");
    }

    private static string? Render(string template, out string? error)
    {
        JsonElement input = File.GetProperty("input");
        error = null;
        try
        {
            return ChatTemplate.Parse(template, "case").Render(new ChatInput
            {
                Messages = input.GetProperty("messages"),
                BosToken = "<|bos|>",
                EosToken = "<|eos|>",
                // the last value of a key that is given twice, as JSON objects are read
                Variables = input.GetProperty("variables").EnumerateObject().ToDictionary(v => v.Name, v => v.Value),
            }, ManualClock.At(File.GetProperty("now").GetString() ?? "")).ToText();
        }
        catch (ChatTemplateException e)
        {
            error = e.Message;
            return null;
        }
    }

    private static string Shown(string? text) => text is null ? "an error" : JsonSerializer.Serialize(text);
}
