using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Puna.Runtime;
using Puna.Runtime.Loading;
using Puna.Tokenizer;
using Puna.Tokenizer.Templates;

namespace Puna.Tools;

/// <summary><c>puna render</c>: a conversation as the model's template writes it; needs no weights.</summary>
internal sealed class Render
{
    private readonly Argument<string> _folder = new("MODEL")
    {
        Description = "Folder with a tokenizer and a chat template",
    };


    private readonly Option<string?> _messages = new("--messages")
    {
        Description = "The conversation as a JSON array of messages; '-' is standard input",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string?> _tools = Flags.Text("--tools", "FILE",
        "Functions the model may call, as a JSON array");

    private readonly Option<bool> _isClosed = Flags.Switch("--no-generation-prompt",
        "End after the last message, without the opening of the assistant's turn");

    private readonly Option<bool> _ids = Flags.Switch("--ids",
        "Print token ids as a JSON array; what looks like a control token in a message stays text");
    private readonly Option<string?> _date = Flags.Text("--date", "YYYY-MM-DD",
        "The date that a template sees [default: today]");

    private readonly Option<string[]> _variables = new("--variable")
    {
        Description = "A further variable of the template, such as enable_thinking=false; may be given several times",
        HelpName = "NAME=JSON",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        var render = new Render();
        var command = new Command("render", "Writes a conversation as the model's chat template does, exactly: no "
            + "line break is added.")
        {
            render._folder, render._messages, render._tools, render._isClosed, render._ids, render._date,
                render._variables,
        };
        command.SetAction(parsed => render.Execute(parsed, terminal));
        return new Verb(command, """
              puna render models/demo --messages messages.json
              puna render models/demo --messages messages.json --tools tools.json --ids
              puna render models/demo --messages messages.json --date 2024-07-26 --variable enable_thinking=false
            """);
    }

    private void Execute(ParseResult parsed, Terminal terminal)
    {
        string folder = parsed.GetRequiredValue(_folder);
        string? tools = parsed.GetValue(_tools);
        ChatInput input = new()
        {
            Messages = InputFiles.ReadArray(parsed.GetRequiredValue(_messages)!, "a JSON array of messages", terminal),
            Tools = tools is null ? null : InputFiles.ReadArray(tools, "a JSON array of functions", terminal),
            AddGenerationPrompt = !parsed.GetValue(_isClosed),
            Variables = Variables(parsed.GetValue(_variables) ?? []),
        };
        TimeProvider clock = parsed.GetValue(_date) is { } date ? new FixedClock(Date(date)) : terminal.Clock;
        BpeTokenizer tokenizer = BpeTokenizer.Load(folder);
        ChatTemplate? found = Directory.Exists(folder) ? ChatTemplate.Load(folder, input.Tools is not null) : null;
        ChatTemplate template = found ?? throw new CommandException(ExitCode.BadModel,
            $"{folder}: there is no chat template, but a folder with chat_template.jinja, or tokenizer_config.json "
            + "with chat_template, was expected. Add the model's template.");

        IReadOnlyList<PromptSegment> segments = ChatRenderer.Render(tokenizer, TokenNames.Read(folder), template,
            input, clock);
        if (parsed.GetValue(_ids))
            terminal.Output.WriteLine($"[{string.Join(", ", tokenizer.EncodePrompt(segments))}]");
        else
            terminal.Output.Write(string.Concat(segments.Select(s => s.Text)));
    }

    private static Dictionary<string, JsonElement> Variables(string[] assignments)
    {
        Dictionary<string, JsonElement> variables = [];
        foreach (string assignment in assignments)
        {
            string[] parts = assignment.Split('=', 2);
            if (parts.Length < 2 || parts[0].Length == 0)
                throw CommandException.BadInput($"--variable: '{assignment}' was given, but NAME=JSON was expected, "
                    + "such as enable_thinking=false.");
            if (!variables.TryAdd(parts[0], JsonText.Parse(parts[1], $"--variable {parts[0]}",
                "a JSON value (text stands in double quotes)")))
                throw CommandException.BadInput($"--variable: '{parts[0]}' was given twice, but a variable has one "
                    + "value. Leave one out.");
        }

        return variables;
    }

    private static DateOnly Date(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date)
            ? date
            : throw CommandException.BadInput($"--date: '{text}' was given, but a date as YYYY-MM-DD was expected.");

    /// <summary>Noon of a day, wherever one is.</summary>
    private sealed class FixedClock(DateOnly date) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(date.ToDateTime(new TimeOnly(12, 0)), TimeSpan.Zero);
    }
}
