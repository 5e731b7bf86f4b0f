using System.Text.Json;
using Puna.TestKit;
using Puna.Tokenizer.Templates;

namespace Puna.Tokenizer.Tests.Templates;

public class ChatTemplateTests
{
    private const string Llama31 = "meta-llama-Llama-3.1-8B-Instruct.jinja";

    public static TheoryData<int> DemoSamples => [.. Enumerable.Range(0, ReadDemo(DemoSampleFile()).Count)];

    [Fact]
    public void Official_templates_give_the_goldens_byte_for_byte()
    {
        string folder = Goldens.Shared("data/chat-templates");
        using JsonDocument goldens = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "goldens.json")));
        Assert.Equal(12, goldens.RootElement.GetArrayLength());
        foreach (JsonElement row in goldens.RootElement.EnumerateArray())
        {
            var template = ChatTemplate.Parse(
                File.ReadAllText(Path.Combine(folder, Text(row, "template"))), Text(row, "template"));
            JsonElement options = row.GetProperty("options");
            ChatInput input = Input(row) with
            {
                BosToken = Text(options, "bos_token"),
                AddGenerationPrompt = options.GetProperty("add_generation_prompt").GetBoolean(),
            };
            TimeProvider clock = ManualClock.At(options.TryGetProperty("today", out JsonElement today)
                ? today.GetString() ?? ""
                : "2000-01-01");

            if (row.GetProperty("error").GetString() is { } error)
            {
                var e = Assert.Throws<ChatTemplateException>(() => template.Render(input, clock));
                Assert.Equal(error, e.TemplateMessage);
                Assert.Contains(error, e.Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.Equal(Text(row, "expected"), template.Render(input, clock).ToText());
            }
        }
    }

    [Fact]
    public void Tools_call_and_result_of_llama_3_1_are_rendered_as_documented()
    {
        string actual = RenderLlama31("""
            [{"role": "system", "content": "You answer tersely."},
             {"role": "user", "content": "How much is 12.50 USD in euros?"},
             {"role": "assistant", "tool_calls": [{"type": "function", "function":
               {"name": "convert_currency", "arguments": {"amount": 12.50, "to": "EUR"}}}]},
             {"role": "tool", "content": {"amount": 11.4, "rate": 0.912}}]
            """, """
            [{"type": "function", "function": {"name": "convert_currency", "description": "Convert an amount between currencies",
              "parameters": {"type": "object", "properties": {"amount": {"type": "number"},
              "to": {"type": "string", "enum": ["EUR", "JPY"]}}, "required": ["amount", "to"]}}}]
            """);

        Assert.Equal("""
            <|begin_of_text|><|start_header_id|>system<|end_header_id|>

            Environment: ipython
            Cutting Knowledge Date: December 2023
            Today Date: 26 Jul 2024

            You answer tersely.<|eot_id|><|start_header_id|>user<|end_header_id|>

            Given the following functions, please respond with a JSON for a function call with its proper arguments that best answers the given prompt.

            Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}.Do not use variables.

            {
                "type": "function",
                "function": {
                    "name": "convert_currency",
                    "description": "Convert an amount between currencies",
                    "parameters": {
                        "type": "object",
                        "properties": {
                            "amount": {
                                "type": "number"
                            },
                            "to": {
                                "type": "string",
                                "enum": [
                                    "EUR",
                                    "JPY"
                                ]
                            }
                        },
                        "required": [
                            "amount",
                            "to"
                        ]
                    }
                }
            }

            How much is 12.50 USD in euros?<|eot_id|><|start_header_id|>assistant<|end_header_id|>

            {"name": "convert_currency", "parameters": {"amount": 12.5, "to": "EUR"}}<|eot_id|><|start_header_id|>ipython<|end_header_id|>

            {"amount": 11.4, "rate": 0.912}<|eot_id|><|start_header_id|>assistant<|end_header_id|>


            """, actual);
    }

    [Fact]
    public void Built_in_tools_of_llama_3_1_are_rendered_as_documented()
    {
        string actual = RenderLlama31("""
            [{"role": "user", "content": "Price of gold?"},
             {"role": "assistant", "tool_calls": [{"function": {"name": "brave_search", "arguments": {"query": "gold price"}}}]},
             {"role": "ipython", "content": "2,310 USD/oz"}]
            """, null, ("builtin_tools", """["brave_search", "wolfram_alpha", "code_interpreter"]"""));

        Assert.Equal("""
            <|begin_of_text|><|start_header_id|>system<|end_header_id|>

            Environment: ipython
            Tools: brave_search, wolfram_alpha

            Cutting Knowledge Date: December 2023
            Today Date: 26 Jul 2024

            <|eot_id|><|start_header_id|>user<|end_header_id|>

            Price of gold?<|eot_id|><|start_header_id|>assistant<|end_header_id|>

            <|python_tag|>brave_search.call(query="gold price")<|eom_id|><|start_header_id|>ipython<|end_header_id|>

            "2,310 USD/oz"<|eot_id|><|start_header_id|>assistant<|end_header_id|>


            """, actual);
    }

    [Theory, MemberData(nameof(DemoSamples))]
    public void The_demo_template_gives_a_sample_of_the_goldens(int index) =>
        CheckDemo(ReadDemo(DemoSampleFile())[index]);

    [Fact]
    public void The_demo_template_gives_all_goldens()
    {
        List<JsonElement> rows = ReadDemo(Goldens.Shared("goldens/demo-chat-template.json"));

        Assert.Equal(66, rows.Count);
        Assert.All(rows, CheckDemo);
    }

    [Fact]
    public void Messages_that_are_no_array_are_refused()
    {
        var template = ChatTemplate.Parse("x", "t.jinja");

        var e = Assert.Throws<ArgumentException>(() => template.Render(Rendering.Input("{}"), TimeProvider.System));

        Assert.StartsWith("t.jinja: messages is Object, but must be an array.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_may_not_take_the_name_of_a_property()
    {
        var template = ChatTemplate.Parse("x", "t.jinja");

        var e = Assert.Throws<ArgumentException>(() =>
            template.Render(Rendering.Input("[]", ("bos_token", "\"x\"")), TimeProvider.System));

        Assert.StartsWith("t.jinja: the variable 'bos_token' is given, but has a property of its own in ChatInput.", e.Message, StringComparison.Ordinal);
    }

    private static string RenderLlama31(string messages, string? tools, params (string Name, string Json)[] variables)
    {
        string path = Path.Combine(Goldens.Shared("data/chat-templates"), Llama31);
        ChatInput input = Rendering.Input(messages, variables) with
        {
            BosToken = "<|begin_of_text|>",
            Tools = tools is null ? null : Rendering.Json(tools),
        };
        return ChatTemplate.Parse(File.ReadAllText(path), Llama31).Render(input, TimeProvider.System).ToText();
    }

    private static void CheckDemo(JsonElement row)
    {
        ChatTemplate template = ChatTemplate.Load(Goldens.Demo) ?? throw new InvalidOperationException(
            "no template in the demo");
        ChatInput input = Input(row) with
        {
            BosToken = "<|begin_of_text|>",
            AddGenerationPrompt = row.GetProperty("add_generation_prompt").GetBoolean(),
        };
        Assert.Equal(Text(row, "text"), template.Render(input, TimeProvider.System).ToText());
    }

    private static string DemoSampleFile() =>
        Goldens.InRepository("tests/Tokenizer.Tests/Templates/Data/demo-chat-template.json");

    private static List<JsonElement> ReadDemo(string path) =>
        [.. JsonDocument.Parse(File.ReadAllText(path)).RootElement.EnumerateArray()];

    private static ChatInput Input(JsonElement row)
    {
        JsonElement tools = row.GetProperty("tools");
        return new()
        {
            Messages = row.GetProperty("messages"),
            Tools = tools.ValueKind == JsonValueKind.Null
            ? null
            : tools
        };
    }

    private static string Text(JsonElement row, string name) => row.GetProperty(name).GetString() ?? "";
}
