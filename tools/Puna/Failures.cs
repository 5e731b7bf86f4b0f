using System.Diagnostics;
using System.Reflection;
using Puna.Kernels;
using Puna.Kernels.Gpu;
using Puna.Runtime.Loading;
using Puna.Tokenizer;
using Puna.Tokenizer.Templates;

namespace Puna.Tools;

/// <summary>The one table from what went wrong to what the user reads and the caller gets.</summary>
internal static class Failures
{
    /// <summary>The exit code and the sentence of a failure.</summary>
    public static (ExitCode Code, string Sentence) Describe(Exception failure) => failure switch
    {
        CommandException e => (e.Code, e.Message),
        OperationCanceledException => (ExitCode.Cancelled, "cancelled."),
        ModelFormatException or TokenizerFormatException or ChatTemplateException =>
            (ExitCode.BadModel, failure.Message),
        DeviceException => (ExitCode.Failed, failure.Message),
        OutOfCapacityException => (ExitCode.OutOfCapacity, failure.Message),
        OutOfMemoryException => (ExitCode.OutOfCapacity, "memory: the machine has too little of it. "
            + "Use a smaller model, a shorter context (--max-tokens), or --kv-dtype bf16."),
        ArgumentNullException or ArgumentOutOfRangeException => (ExitCode.Bug, Bug(failure)),
        ArgumentException e => (ExitCode.BadInput, WithoutParameter(e)),
        FileNotFoundException => (ExitCode.BadModel, failure.Message),
        IOException or UnauthorizedAccessException => (ExitCode.Failed, Ended(failure.Message)),
        AggregateException { InnerExceptions: [Exception only] } => Describe(only),
        _ => (ExitCode.Bug, Bug(failure)),
    };

    /// <summary>Without what the framework appends to the message of an exception that names a parameter.</summary>
    private static string WithoutParameter(ArgumentException e) =>
        e.Message.Replace($" (Parameter '{e.ParamName}')", "", StringComparison.Ordinal);

    /// <summary>Names the innermost method of ours: where the mistake is, or near it.</summary>
    private static string Bug(Exception failure)
    {
        MethodBase? method = new StackTrace(failure).GetFrames().Select(f => f.GetMethod())
            .FirstOrDefault(m => m?.DeclaringType?.Namespace?.Split('.')[0] == nameof(Puna));
        string message = failure.Message.ReplaceLineEndings(" ");
        return $"a mistake of the program itself: {failure.GetType().Name} in "
            + $"{method?.DeclaringType?.Name}.{method?.Name} "
            + $"({message.TrimEnd('.')}). Please report it, with the command and the model.";
    }

    private static string Ended(string message) => message.EndsWith('.') ? message : message + ".";
}
