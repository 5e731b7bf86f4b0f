using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Puna.Tools;

/// <summary>
/// The <c>puna</c> command: finds the verb, runs it, and turns failures into sentences and exit codes.
/// </summary>
internal static partial class CommandLine
{
    private const string ExitCodes = """
        Exit codes:
          0    it did what was asked
          1    it was tried and failed, such as a file that could not be written
          2    wrong arguments, or a wrong input file
          3    the model folder is damaged, not supported, or lacks what the verb needs
          4    memory or the model's context is too small for what was asked, or there is no GPU for it
          70   a mistake of the program itself: please report it
          130  stopped by Ctrl-C

        Start here:
          puna run models/demo "What is the capital of France?"
        """;

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">The words after <c>puna</c>.</param>
    /// <param name="terminal">The world around it.</param>
    /// <returns>The process's exit code.</returns>
    public static int Run(string[] arguments, Terminal terminal)
    {
        try
        {
            // Prompts may begin with '@', and short options are not joined here.
            var parser = new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null };
            ParseResult parsed = Root(terminal).Parse(arguments, parser);
            bool asksForHelp = parsed.Action is Help;
            if (!asksForHelp)
                Refuse(parsed, arguments);
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = terminal.Output,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception failure)   // the border: nobody above could say it in a sentence
        {
            (ExitCode code, string sentence) = Failures.Describe(failure);
            terminal.Output.Flush();
            terminal.Error.WriteLine($"puna: {sentence}");
            return (int)code;
        }
        finally
        {
            terminal.Output.Flush();
            terminal.Error.Flush();
        }
    }

    private static Command Root(Terminal terminal)
    {
        Verb[] verbs =
        [
            Tools.Run.Create(terminal), Chat.Create(terminal), Inspect.Create(terminal), Tokenize.Create(terminal),
            Render.Create(terminal), Logits.Create(terminal), Eval.Create(terminal), Bench.Create(terminal), Ptx.Create(terminal),
        ];
        var root = new Command("puna", "Runs Llama-family models from safetensors folders.");
        var endings = new Dictionary<Command, string> { [root] = ExitCodes };
        foreach (Verb verb in verbs)
        {
            root.Add(verb.Command);
            foreach (Verb part in verb.Parts.Append(verb))
                endings[part.Command] = "Examples:\n" + part.Examples;
        }

        root.Add(new HelpOption { Action = new Help(endings), Recursive = true });
        root.Add(new VersionOption());
        return root;
    }

    private static void Refuse(ParseResult parsed, string[] arguments)
    {
        string name = NameOf(parsed.CommandResult);
        string help = $"{name} --help";
        foreach (Token token in parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens))
        {
            // The parser would take a misspelt option for a prompt.
            if (Option().IsMatch(token.Value) && !arguments.Contains("--"))
            {
                throw CommandException.BadInput($"{token.Value}: there is no such option, but one of '{help}' was "
                    + "expected. Write text that begins with a dash after '--'.");
            }
        }

        if (name == "puna" && parsed.UnmatchedTokens is [string word, ..])
            throw CommandException.BadInput($"{word}: there is no such command. See 'puna --help'.");
        if (parsed.Errors is [ParseError error, ..])
            throw CommandException.BadInput($"{error.Message.ReplaceLineEndings(" ")} See '{help}'.");
    }

    private static string NameOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{NameOf(parent)} {command.Command.Name}" : command.Command.Name;

    [GeneratedRegex("^--?[a-zA-Z]")]
    private static partial Regex Option();
}
