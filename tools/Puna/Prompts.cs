using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Puna.Runtime;
using Puna.Tokenizer.Templates;

namespace Puna.Tools;

/// <summary>What <c>run</c> answers: text, a conversation, or ids; read before the model is loaded.</summary>
internal sealed class Prompts
{
    private const string NoPrompt = "Give it as an argument, or pipe it in.";

    private readonly Argument<string?> _prompt = new("PROMPT")
    {
        Description = "What to answer; absent or '-' reads it from standard input, without a line break at its end",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _raw = Flags.Switch("--raw",
        "Go on from the text itself: no chat template, begin-of-text token and text");
    private readonly Option<string?> _system = Flags.Text("--system", "TEXT", "The conversation's system message");
    private readonly Option<string?> _ids = Flags.Text("--ids", "FILE",
        "The prompt as a JSON array of token ids, used as they are");
    private readonly Option<string?> _messages = Flags.Text("--messages", "FILE",
        "The conversation as a JSON array of messages");
    private readonly Option<string?> _tools = Flags.Text("--tools", "FILE",
        "Functions the model may call, as a JSON array");

    /// <summary>A prompt that waits for its model.</summary>
    /// <param name="model">Gives tokenizer and template.</param>
    public delegate ImmutableArray<int> Encode(LanguageModel model);

    /// <summary>Adds argument and options.</summary>
    public void AddTo(Command verb)
    {
        verb.Add(_prompt);
        foreach (Option option in (Option[])[_raw, _system, _ids, _messages, _tools])
            verb.Add(option);
    }

    /// <summary>Reads the files and the text that the command line names.</summary>
    public Encode Read(ParseResult parsed, Terminal terminal)
    {
        bool isRaw = parsed.GetValue(_raw);
        string? system = parsed.GetValue(_system), tools = parsed.GetValue(_tools);
        if (parsed.GetValue(_ids) is { } ids)
        {
            Refuse(parsed, _ids, _prompt, _raw, _system, _messages, _tools);
            ImmutableArray<int> given = InputFiles.ReadIds(ids, terminal);
            return model => TokenIdCheck.Inside(given, model.Config.VocabSize, InputFiles.NameOf(ids));
        }

        if (parsed.GetValue(_messages) is { } file)
        {
            Refuse(parsed, _messages, _prompt, _raw, _system);
            JsonElement messages = InputFiles.ReadArray(file, "a JSON array of messages", terminal);
            return Chat(messages, ReadTools(tools, terminal));
        }

        if (isRaw)
            Refuse(parsed, _raw, _system, _tools);
        string prompt = ReadPrompt(parsed, terminal);
        if (isRaw)
            return model => Needs.Tokenizer(model).EncodeText(prompt);
        ChatMessage[] turns = system is null ? [new("user", prompt)] : [new("system", system), new("user", prompt)];
        return Chat(Conversation.ToJson(turns), ReadTools(tools, terminal));
    }

    private static Encode Chat(JsonElement messages, JsonElement? tools) => model =>
        Needs.Template(model).EncodeChat(new ChatInput { Messages = messages, Tools = tools });

    private static JsonElement? ReadTools(string? path, Terminal terminal) =>
        path is null ? null : InputFiles.ReadArray(path, "a JSON array of functions", terminal);

    private string ReadPrompt(ParseResult parsed, Terminal terminal)
    {
        if (parsed.GetValue(_prompt) is { } text and not "-")
            return text.Length > 0
                ? text
                : throw CommandException.BadInput($"prompt: it is empty, but a text was expected. {NoPrompt}");
        if (terminal.IsInputTerminal && parsed.GetValue(_prompt) is null)
            throw CommandException.BadInput($"prompt: there is none, but a text was expected. {NoPrompt}");
        string read = InputFiles.ReadText("-", "a prompt", terminal);
        if (read.Length == 0)
        {
            throw CommandException.BadInput(
                $"prompt: standard input is empty or closed, but a text was expected. {NoPrompt}");
        }

        return read.EndsWith("\r\n", StringComparison.Ordinal) ? read[..^2] : read.EndsWith('\n') ? read[..^1] : read;
    }

    private static void Refuse(ParseResult parsed, Symbol given, params Symbol[] others)
    {
        foreach (Symbol other in others)
        {
            if (parsed.GetResult(other) is { Tokens.Count: > 0 } or OptionResult { Implicit: false })
                throw CommandException.BadInput($"{other.Name}: it was given with {given.Name}, but only one of them "
                    + "can be used. Leave one out.");
        }
    }
}
