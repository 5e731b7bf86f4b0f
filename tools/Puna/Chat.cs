using System.CommandLine;
using Puna.Runtime;
using Spectre.Console;

namespace Puna.Tools;

/// <summary><c>puna chat</c>: a conversation, line by line.</summary>
internal sealed class Chat
{
    private const string Commands = """
        /reset         forget the conversation, but not the system message
        /system TEXT   set the system message and forget the conversation; without TEXT, remove it
        /help          this list
        /exit          leave; so does the end of the input
        Ctrl-C         stop the answer; twice where nothing is being answered: leave
        """;

    private readonly ModelArguments _model = new();
    private readonly SamplingArguments _sampling = new();
    private readonly Option<string?> _system = Flags.Text("--system", "TEXT", "The conversation's system message");

    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        var chat = new Chat();
        var command = new Command("chat", "A conversation: each line is a message, /help lists the commands.");
        chat._model.AddTo(command);
        command.Add(chat._system);
        chat._sampling.AddTo(command);
        chat._model.AddOptionsTo(command);
        command.SetAction(parsed => (int)chat.Execute(parsed, terminal));
        return new Verb(command, """
              puna chat models/demo
              puna chat models/demo --system "Answer briefly." --temperature 0.7 --seed 3
              printf 'My name is Wanda.\nWhat is my name?\n' | puna chat models/demo
            """);
    }

    private ExitCode Execute(ParseResult parsed, Terminal terminal)
    {
        using LanguageModel model = _model.Load(parsed, terminal);
        Needs.Template(model);
        var conversation = new Conversation(model, ids => _sampling.Request(parsed, model, ids), terminal);
        conversation.Restart(parsed.GetValue(_system));
        var lines = new LineReader(terminal, isPerson => Invite(isPerson, terminal));
        if (terminal.IsInputTerminal)
            terminal.Error.WriteLine("/help lists the commands.");
        while (lines.Read() is { } line)
        {
            if (line.Trim() == "/exit")
                return ExitCode.Ok;
            if (line.StartsWith('/'))
                Obey(line.Trim(), conversation, terminal);
            else if (!string.IsNullOrWhiteSpace(line))
                conversation.Ask(line);
        }

        return lines.IsInterrupted ? ExitCode.Cancelled : ExitCode.Ok;
    }

    private static void Invite(bool isPerson, Terminal terminal)
    {
        if (isPerson)
            terminal.RichError().Write(new Text("> ", new Style(Color.Green)));
    }

    private static void Obey(string line, Conversation conversation, Terminal terminal)
    {
        string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries);
        switch (words[0])
        {
            case "/reset":
                conversation.Restart(conversation.System);
                terminal.Error.WriteLine("The conversation is forgotten.");
                break;
            case "/system":
                conversation.Restart(words is [_, { Length: > 0 } text] ? text : null);
                terminal.Error.WriteLine(conversation.System is null
                    ? "There is no system message now."
                    : "The system message is set; the conversation is forgotten.");
                break;
            case "/help":
                terminal.Error.WriteLine(Commands);
                break;
            default:
                terminal.Error.WriteLine($"{words[0]}: there is no such command, but one of /help was expected. "
                    + "Begin a message with another character than '/'.");
                break;
        }
    }
}
