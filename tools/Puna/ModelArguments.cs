using System.CommandLine;
using Puna.Kernels;
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

    private readonly Option<DType?> _cacheType = Flags.Choice("--kv-dtype",
        "Type of cached keys and values: bf16 takes half the memory and rounds [default: f32]",
        ("f32", DType.F32), ("bf16", DType.BF16));

    private readonly Option<bool> _mmap = Flags.Switch("--mmap",
        "Use the weights' files in place instead of reading them into memory");

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
        verb.Add(_cacheType);
        verb.Add(_mmap);
    }

    /// <summary>The folder's path as it was given.</summary>
    public string PathOf(ParseResult parsed) => parsed.GetRequiredValue(_folder);

    /// <summary>The word for what executes the model.</summary>
    public string BackendOf(ParseResult parsed) =>
        parsed.GetValue(_backend) == BackendKind.Reference ? "reference" : "cpu";

    /// <summary>Loads the model, with progress where somebody looks.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Shows progress; stops loading.</param>
    /// <param name="text">Whether text is read or written.</param>
    public LanguageModel Load(ParseResult parsed, Terminal terminal, TextUse text = TextUse.Tokenizer)
    {
        ModelOptions options = new()
        {
            Backend = parsed.GetValue(_backend) ?? BackendKind.Cpu,
            CacheType = parsed.GetValue(_cacheType) ?? DType.F32,
            Text = text,
            Loading = new LoadOptions { UseMapping = parsed.GetValue(_mmap) },
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

    private sealed class LoadTask(ProgressTask task) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value)
        {
            task.MaxValue = Math.Max(1, value.TotalBytes);
            task.Value = value.Bytes;
        }
    }
}
