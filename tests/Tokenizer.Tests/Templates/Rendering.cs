using System.Text.Json;
using Puna.Tokenizer.Templates;

namespace Puna.Tokenizer.Tests.Templates;

/// <summary>Short ways to render in tests.</summary>
internal static class Rendering
{
    public static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    public static ChatInput Input(string messages, params (string Name, string Json)[] variables) => new()
    {
        Messages = Json(messages),
        Variables = variables.ToDictionary(v => v.Name, v => Json(v.Json)),
    };

    /// <summary>The text of a template over no messages.</summary>
    public static string Text(string template, params (string Name, string Json)[] variables) =>
        Render(template, variables).ToText();

    public static IReadOnlyList<PromptSegment> Render(string template, params (string Name, string Json)[] variables) =>
        ChatTemplate.Parse(template, "t.jinja").Render(Input("[]", variables) with
        {
            BosToken =
            "<bos>"
        }, ManualClock.At("2026-03-05"));

    /// <summary>The message of the exception that parsing or rendering gives.</summary>
    public static string Error(string template, params (string Name, string Json)[] variables) =>
        Assert.Throws<ChatTemplateException>(() => Render(template, variables)).Message;
}
