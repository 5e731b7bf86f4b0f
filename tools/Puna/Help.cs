using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Puna.Tools;

/// <summary>A verb's help, and after it what the parser cannot know: examples, exit codes.</summary>
/// <param name="endings">By command: the text that ends its help.</param>
internal sealed class Help(IReadOnlyDictionary<Command, string> endings) : SynchronousCommandLineAction
{
    private readonly HelpAction _help = new() { MaxWidth = 100 };

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = _help.Invoke(parseResult);
        if (endings.TryGetValue(parseResult.CommandResult.Command, out string? ending))
            parseResult.InvocationConfiguration.Output.WriteLine(ending);
        return code;
    }
}
