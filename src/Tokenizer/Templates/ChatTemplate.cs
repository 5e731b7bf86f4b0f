using System.Text.Json;
using Puna.Tokenizer.Templates.Library;
using Puna.Tokenizer.Templates.Syntax;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates;

/// <summary>
/// A chat template: the Jinja program, published with a model, that turns a conversation into the prompt the model
/// was trained on. It gives what Jinja 3.1 gives with the settings of transformers, byte for byte, and reads nothing
/// but its input.
/// </summary>
/// <remarks>Immutable, and safe to use from several threads.</remarks>
public sealed class ChatTemplate
{
    private static readonly string[] Reserved =
        ["messages", "tools", "add_generation_prompt", "bos_token", "eos_token"];

    private readonly string _name;
    private readonly TemplateLimits _limits;
    private readonly IReadOnlyList<IStatement> _statements;

    private ChatTemplate(string source, string name, TemplateLimits limits, IReadOnlyList<IStatement> statements)
    {
        Source = source;
        _name = name;
        _limits = limits;
        _statements = statements;
    }

    /// <summary>The Jinja source.</summary>
    public string Source { get; }

    /// <summary>Reads a template.</summary>
    /// <param name="source">The Jinja source.</param>
    /// <param name="name">What error messages call it, such as its file's name.</param>
    /// <param name="limits">What it may use at most; null for the defaults of <see cref="TemplateLimits"/>.</param>
    /// <exception cref="ChatTemplateException">
    /// The source is not Jinja, or uses a tag, filter or test that is not supported. A filter or test inside a
    /// condition is left to <see cref="Render"/>, as Jinja does, since it may never be needed.
    /// </exception>
    public static ChatTemplate Parse(string source, string name, TemplateLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(name);
        limits ??= new TemplateLimits();
        return new(source, name, limits, StatementParser.Parse(source, name, limits));
    }

    /// <summary>Reads the template of a model folder; null where it has none.</summary>
    /// <param name="folder">
    /// The folder: <c>chat_template.jinja</c> comes first, then <c>chat_template.json</c>, then the key
    /// <c>chat_template</c> of <c>tokenizer_config.json</c>. Named templates, in a list or in
    /// <c>additional_chat_templates/</c>, are <c>default</c> and <c>tool_use</c>.
    /// </param>
    /// <param name="withTools">
    /// Whether the conversation has tools: then <c>tool_use</c> is taken where there is one.
    /// </param>
    /// <exception cref="ChatTemplateException">
    /// A file is not what its name says, the template cannot be read, or several are named and none is <c>default</c>.
    /// </exception>
    public static ChatTemplate? Load(string folder, bool withTools = false)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return TemplateFiles.Find(folder, withTools) is (string source, string name) ? Parse(source, name) : null;
    }

    /// <summary>Renders a conversation.</summary>
    /// <param name="input">The conversation, and what else the template may read.</param>
    /// <param name="clock">What <c>strftime_now</c> reads, in its local time zone.</param>
    /// <returns>
    /// The prompt in pieces: what the template wrote is trusted, everything that came from <paramref name="input"/> is
    /// not, but for the two tokens. Neighbours differ in trust, and none is empty.
    /// </returns>
    /// <exception cref="ChatTemplateException">The template refuses its input, fails, or reaches a limit.</exception>
    /// <exception cref="ArgumentException">The messages are no array, or a variable has a reserved name.</exception>
    public IReadOnlyList<PromptSegment> Render(ChatInput input, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(clock);
        if (input.Messages.ValueKind != JsonValueKind.Array)
            throw new ArgumentException(
                $"{_name}: messages is {input.Messages.ValueKind}, but must be an array.", nameof(input));

        var state = new RenderState(_name, _limits, clock);
        Text text = new Interpreter(state, Globals(state, input)).Run(_statements);

        var segments = new PromptSegment[text.Runs.Length];
        int start = 0;
        for (int i = 0; i < segments.Length; i++)
        {
            Run run = text.Runs[i];
            segments[i] = new(text.Value[start..run.End], run.IsTrusted);
            start = run.End;
        }

        return segments;
    }

    private Scope Globals(RenderState state, ChatInput input)
    {
        var globals = new Scope(parent: null);
        foreach (Callable function in Functions.All.Values)
            globals.Set(function.Name, function);
        globals.Set("documents", NoneValue.Own);
        foreach ((string name, JsonElement json) in input.Variables)
        {
            if (Reserved.Contains(name))
                throw new ArgumentException(
                    $"{_name}: the variable '{name}' is given, but has a property of its own in ChatInput.",
                    nameof(input));
            globals.Set(name, new InputValues(state, name).Read(json));
        }

        globals.Set("messages", new InputValues(state, "messages").Read(input.Messages));
        globals.Set("tools", input.Tools is { } tools ? new InputValues(state, "tools").Read(tools) : NoneValue.Own);
        globals.Set("add_generation_prompt", BoolValue.Of(input.AddGenerationPrompt));
        if (input.BosToken is { } bos)
            globals.Set("bos_token", new Text(bos, isTrusted: true));
        if (input.EosToken is { } eos)
            globals.Set("eos_token", new Text(eos, isTrusted: true));
        return globals;
    }
}
