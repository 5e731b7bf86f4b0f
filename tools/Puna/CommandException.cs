namespace Puna.Tools;

/// <summary>Ends a verb with a sentence for its user.</summary>
/// <param name="code">What the process returns.</param>
/// <param name="message">Where, what is, what was expected, what to do.</param>
/// <param name="inner">What the framework said, if it did.</param>
internal sealed class CommandException(ExitCode code, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What the process returns.</summary>
    public ExitCode Code { get; } = code;

    /// <summary>Wrong arguments, or a wrong input file.</summary>
    public static CommandException BadInput(string message, Exception? inner = null) =>
        new(ExitCode.BadInput, message, inner);
}
