using System.CommandLine;
using Puna.Runtime;
using Puna.Runtime.Loading;
using Spectre.Console;

namespace Puna.Tools;

/// <summary>MODEL and how it is loaded and run: the same for every verb that computes.</summary>
internal sealed class ModelArguments
{
    private const int MostThreads = 1024;

    private readonly Argument<string> _folder = Folder();

    private readonly Option<int?> _threads = Flags.Number("--threads", "N", 1, MostThreads,
        "Threads that compute; changes no result [default: one per core]");

    private readonly Option<BackendKind?> _backend = Flags.Choice("--backend",
        "cpu is fast; reference is scalar, in double precision, and slow [default: cpu]",
        ("cpu", BackendKind.Cpu), ("reference", BackendKind.Reference));

    private readonly ModeArguments _mode = new();

    private readonly Option<bool> _mmap = Flags.Switch("--mmap",
        "Use the weights' files in place instead of reading them into memory; slower, unless they are packed");

    private readonly Option<bool> _pack = Flags.Switch("--pack",
        "Keep converted weights in a file beside the model, and read it from the next start on");

    private readonly Option<string?> _packTo = Flags.Text("--pack-to", "FOLDER",
        "As --pack, but in this folder");

    /// <summary>The argument that names the folder.</summary>
    public static Argument<string> Folder() =>
        new("MODEL") { Description = "Folder with config.json and safetensors weights" };

    /// <summary>Makes MODEL the first argument of a verb.</summary>
    public void AddTo(Command verb) => verb.Arguments.Insert(0, _folder);

    /// <summary>Adds the options; called last, since help lists them in order.</summary>
    public void AddOptionsTo(Command verb)
    {
        verb.Add(_threads);
        verb.Add(_backend);
        _mode.AddTo(verb);
        verb.Add(_mmap);
        verb.Add(_pack);
        verb.Add(_packTo);
    }

    /// <summary>The folder's path as it was given.</summary>
    public string PathOf(ParseResult parsed) => parsed.GetRequiredValue(_folder);

    /// <summary>The word for what executes the model.</summary>
    public string BackendOf(ParseResult parsed) =>
        parsed.GetValue(_backend) == BackendKind.Reference ? "reference" : "cpu";

    /// <summary>Loads the model, with progress where somebody looks.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Shows progress; stops loading.</param>
    /// <param name="defaults">What holds where the command line says nothing; null for the usual.</param>
    public LanguageModel Load(ParseResult parsed, Terminal terminal, ModelOptions? defaults = null) =>
        LoadWith(parsed, terminal, _mode.Apply(parsed, defaults ?? new ModelOptions()));

    /// <summary>Loads the model exactly, whatever mode was given: as stored, with activations and cache in F32.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Shows progress; stops loading.</param>
    public LanguageModel LoadExact(ParseResult parsed, Terminal terminal) =>
        LoadWith(parsed, terminal, ModelOptions.Exact);

    private LanguageModel LoadWith(ParseResult parsed, Terminal terminal, ModelOptions options)
    {
        options = options with
        {
            Backend = parsed.GetValue(_backend) ?? BackendKind.Cpu,
            Loading = new LoadOptions
            {
                UseMapping = parsed.GetValue(_mmap),
                PackFolder = PackFolder(parsed),
                Notes = new NoteLines(terminal),
            },
        };
        if (parsed.GetValue(_threads) is { } threads)
            options = options with { Threads = threads };
        if (!terminal.IsErrorTerminal)
            return LanguageModel.Load(PathOf(parsed), options, terminal.Interrupts.Token);

        return terminal.RichError().Progress().AutoClear(true).HideCompleted(true)
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn())
            .Start(context =>
            {
                var task = new LoadTask(context.AddTask("loading"));
                options = options with { Loading = options.Loading with { Progress = task } };
                return LanguageModel.Load(PathOf(parsed), options, terminal.Interrupts.Token);
            });
    }

    private string? PackFolder(ParseResult parsed)
    {
        if (parsed.GetValue(_packTo) is not { } folder)
            return parsed.GetValue(_pack) ? PathOf(parsed) : null;
        if (parsed.GetValue(_pack))
            throw CommandException.BadInput("--pack: it was given with --pack-to, but only one of them can be used. Leave one out.");
        return Directory.Exists(folder) ? folder : throw CommandException.BadInput(
            $"--pack-to: there is no folder {folder}, but packed weights were to be kept there. Make the folder first.");
    }

    /// <summary>Prints what loading has to say on standard error.</summary>
    private sealed class NoteLines(Terminal terminal) : IProgress<string>
    {
        public void Report(string value) => terminal.Error.WriteLine(value);
    }

    private sealed class LoadTask(ProgressTask task) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value)
        {
            task.MaxValue = Math.Max(1, value.TotalBytes);
            task.Value = value.Bytes;
        }
    }
}
