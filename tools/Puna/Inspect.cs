using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Puna.Kernels.Cpu;
using Puna.Runtime;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.Runtime.Scheduling;
using Spectre.Console;

namespace Puna.Tools;

/// <summary><c>puna inspect</c>: what a model folder holds, from headers and small files alone.</summary>
internal sealed class Inspect
{
    private const int UsualContext = 4096;

    private static readonly JsonSerializerOptions Snake = new()
    {
        PropertyNamingPolicy = new SnakeCase(),
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Argument<string> _folder = ModelArguments.Folder();
    private readonly Option<bool> _json = Flags.Switch("--json", "Print one JSON object");

    private readonly Option<int?> _context = Flags.Number("--context", "N", 1, int.MaxValue,
        "Tokens to estimate memory for [default: the model's context, at most 4096]");

    private readonly ModeArguments _mode = new();

    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        var inspect = new Inspect();
        var command = new Command("inspect", "Shows what a model folder holds and the memory it needs. Reads no "
            + "weights, so it answers at once.")
        {
            inspect._folder, inspect._context, inspect._json,
        };
        inspect._mode.AddTo(command);
        command.SetAction(parsed => inspect.Execute(parsed, terminal));
        return new Verb(command, """
              puna inspect models/demo
              puna inspect models/demo --context 512 --weights int8
              puna inspect models/demo --json
            """);
    }

    private void Execute(ParseResult parsed, Terminal terminal)
    {
        ModelFolder folder = ModelFolder.Open(parsed.GetRequiredValue(_folder));
        ModelReport report = ModelReport.Describe(folder);
        int context = parsed.GetValue(_context) ?? Math.Min(report.ContextLength, UsualContext);
        if (context > report.ContextLength)
        {
            throw CommandException.BadInput($"--context: {context} was given, but the model has a context of "
                + $"{report.ContextLength} tokens. "
                + "Give at most as many.");
        }

        using var ops = new CpuBackend(threads: 1);
        ModelMode mode = _mode.Apply(parsed, new ModelOptions()).ModeFor(folder, ops);
        MemoryEstimate memory = ModelReport.EstimateMemory(folder, mode, ops, context, new EngineOptions().MaxStepRows);
        if (parsed.GetValue(_json))
            terminal.Output.WriteLine(ToJson(report, memory));
        else
            Print(report, memory, terminal);
    }

    private static string ToJson(ModelReport report, MemoryEstimate memory)
    {
        JsonObject json = JsonSerializer.SerializeToNode(report, Snake)!.AsObject();   // not null: the report is not
        JsonObject estimate = JsonSerializer.SerializeToNode(memory, Snake)!.AsObject();   // nor is the estimate
        JsonObject mode = [];
        foreach ((string name, string word) in ModeArguments.Words(memory.Mode))
            mode[name] = word;
        estimate["mode"] = mode;
        json["memory"] = estimate;
        return json.ToJsonString(Snake);
    }

    private static void Print(ModelReport report, MemoryEstimate memory, Terminal terminal)
    {
        foreach ((string name, string value) in Facts(report, memory))
            terminal.Output.WriteLine($"{name,-17}{value}");

        IAnsiConsole console = terminal.Rich();
        Table modules = new Table().Border(TableBorder.Simple).AddColumn("module")
            .AddColumn(new TableColumn("count").RightAligned())
            .AddColumn("shape").AddColumn("dtype").AddColumn(new TableColumn("parameters").RightAligned())
            .AddColumn(new TableColumn("bytes").RightAligned());
        foreach (ModuleReport m in report.Modules)
        {
            modules.AddRow(new Text(m.Kind), new Text(Number(m.Count)), new Text($"[{string.Join(", ", m.Shape)}]"),
                new Text(m.DType),
                new Text(Number(m.Parameters)), new Text(Number(m.Bytes)));
        }

        console.Write(modules);
        foreach (string warning in report.Warnings)
            console.Write(new Text($"warning: {warning}\n", new Style(Color.Yellow)));
    }

    private static IEnumerable<(string Name, string Value)> Facts(ModelReport r, MemoryEstimate memory)
    {
        yield return ("folder", r.Path);
        yield return ("architecture", r.Architecture);
        yield return ("weights", $"{Number(r.ParameterCount)} parameters, {Bytes(r.WeightBytes)} in "
            + $"{string.Join(", ", r.Files.Take(3))}"
            + (r.Files.Length > 3 ? $" and {r.Files.Length - 3} more" : ""));
        yield return ("layers", $"{r.LayerCount} of hidden size {r.HiddenSize}, MLP {r.IntermediateSize}");
        yield return ("heads", $"{r.HeadCount} query, {r.KvHeadCount} key/value, of {r.HeadDim}");
        yield return ("vocabulary", $"{Number(r.VocabSize)} ids, LM head "
            + $"{(r.IsTied ? "tied to the embedding" : "of its own")}");
        yield return ("context", $"{Number(r.ContextLength)} tokens"
            + (r.SlidingWindow is { } window ? $", window {Number(window)}" : ""));
        yield return ("rope", $"theta {r.RopeTheta.ToString(CultureInfo.InvariantCulture)}, {r.RopeScaling}");
        yield return ("key/value cache", $"{Bytes(r.KvBytesPerTokenF32)} per token in f32, "
            + $"{Bytes(r.KvBytesPerTokenBF16)} in bf16");
        yield return ("tokenizer", r.HasTokenizer ? "yes" : "none");
        yield return ("chat template", r.ChatTemplate ?? "none");
        yield return ("special tokens", $"begin {r.BosId?.ToString(CultureInfo.InvariantCulture) ?? "none"}, "
            + $"end {(r.StopIds.IsEmpty ? "none" : string.Join(", ", r.StopIds))}");
        yield return ("sampling", Sampling(r.GenerationDefaults));
        yield return ("mode", string.Join(", ", ModeArguments.Words(memory.Mode).Select(w => $"{w.Name} {w.Word}")));
        yield return ("memory", $"{Bytes(memory.TotalBytes)} for {Number(memory.ContextTokens)} tokens: weights "
            + $"{Bytes(memory.WeightBytes)}, cache {Bytes(memory.KvBytes)}, activations {Bytes(memory.ScratchBytes)}");
    }

    private static string Sampling(GenerationConfig? defaults) => defaults?.DoSample != true
        ? "greedy"
        : string.Create(CultureInfo.InvariantCulture,
            $"temperature {defaults.Temperature ?? 1}, top-k {defaults.TopK ?? 0}, top-p {defaults.TopP ?? 1}, min-p "
                + $"{defaults.MinP ?? 0}");

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Bytes(long bytes)
    {
        (double value, string unit) = bytes switch
        {
            >= 1_000_000_000 => (bytes / 1e9, "GB"),
            >= 1_000_000 => (bytes / 1e6, "MB"),
            >= 1_000 => (bytes / 1e3, "kB"),
            _ => (bytes, "bytes"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {unit}");
    }

    /// <summary>The framework's snake case, but for a word that everybody writes as one.</summary>
    private sealed class SnakeCase : JsonNamingPolicy
    {
        public override string ConvertName(string name) => name == "DType" ? "dtype" : SnakeCaseLower.ConvertName(name);
    }
}
