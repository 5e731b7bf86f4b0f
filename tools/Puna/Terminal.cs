using System.Text;
using Spectre.Console;

namespace Puna.Tools;

/// <summary>Everything a verb may use of the world around it, so that a test can be that world.</summary>
internal sealed record Terminal
{
    private const int WidthOfFiles = 160;

    /// <summary>What is typed or piped in.</summary>
    public required TextReader Input { get; init; }

    /// <summary>Results.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Errors, progress and remarks.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>A person types.</summary>
    public bool IsInputTerminal { get; init; }

    /// <summary>A person reads <see cref="Output"/>: colours are welcome.</summary>
    public bool IsOutputTerminal { get; init; }

    /// <summary>A person reads <see cref="Error"/>: colours and progress are welcome.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Dates and measured times.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Ctrl-C.</summary>
    public Interrupts Interrupts { get; init; } = new();

    /// <summary>The terminal that this process was started from. Files and pipes are UTF-8 on every system.</summary>
    public static Terminal OfProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        if (OperatingSystem.IsWindows())
            Console.OutputEncoding = utf8;
        var terminal = new Terminal
        {
            Input = StandardInput(utf8),
            Output = new StreamWriter(Console.OpenStandardOutput(), utf8, 1 << 16),
            Error = new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true },
            IsInputTerminal = !Console.IsInputRedirected,
            IsOutputTerminal = !Console.IsOutputRedirected,
            IsErrorTerminal = !Console.IsErrorRedirected,
        };
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            terminal.Interrupts.Raise();
        };
        return terminal;
    }

    /// <summary>Tables and colours on <see cref="Output"/>; plain text where nobody looks.</summary>
    public IAnsiConsole Rich() => Rich(Output, IsOutputTerminal);

    /// <summary>Progress and colours on <see cref="Error"/>; plain text where nobody looks.</summary>
    public IAnsiConsole RichError() => Rich(Error, IsErrorTerminal);

    private static TextReader StandardInput(Encoding encoding)
    {
        if (!Console.IsInputRedirected)
            return Console.In;
        return IsInputClosed()
            ? TextReader.Null
            : new StreamReader(Console.OpenStandardInput(), encoding, detectEncodingFromByteOrderMarks: true, 1 << 16);
    }

    /// <summary>
    /// Whether the process was started without a standard input. Linux then gives its number to a pipe that the runtime
    /// makes for itself, and reading from that would wait forever: its writing end is ours.
    /// </summary>
    private static bool IsInputClosed()
    {
        const string Descriptors = "/proc/self/fd";
        if (!OperatingSystem.IsLinux() || !Directory.Exists(Descriptors))
            return false;
        string? input = TargetOf($"{Descriptors}/0");
        return input is null || (input.StartsWith("pipe:", StringComparison.Ordinal)
            && Directory.GetFiles(Descriptors).Any(d => TargetOf(d) == input && IsForWriting(Path.GetFileName(d))));

        static string? TargetOf(string descriptor) => new FileInfo(descriptor).LinkTarget;
    }

    private static bool IsForWriting(string descriptor)
    {
        try
        {
            string? flags = File.ReadLines($"/proc/self/fdinfo/{descriptor}")
                .FirstOrDefault(l => l.StartsWith("flags:", StringComparison.Ordinal));
            return flags is not null && (flags[^1] & 3) == 1;   // octal; O_WRONLY
        }
        catch (IOException)   // a descriptor that was closed meanwhile
        {
            return false;
        }
    }

    private static IAnsiConsole Rich(TextWriter writer, bool isTerminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        console.Profile.Width = isTerminal ? Math.Max(40, Console.WindowWidth) : WidthOfFiles;
        return console;
    }
}
