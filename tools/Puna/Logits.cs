using System.Collections.Immutable;
using System.CommandLine;
using System.Runtime.InteropServices;
using Puna.Runtime;
using Puna.Runtime.Loading;
using Puna.Runtime.Scheduling;

namespace Puna.Tools;

/// <summary><c>puna logits</c>: the logits after every token of a text, into a safetensors file.</summary>
internal sealed class Logits
{
    private const int UsualChunk = 256;
    private readonly ModelArguments _model = new();

    private readonly Option<string?> _ids = new("--ids")
    {
        Description = "The text as a JSON array of token ids; '-' is standard input",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string?> _output = new("--output")
    {
        Description = "The safetensors file to write: tensor 'logits', F32 [tokens, vocabulary]",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<int?> _chunk = Flags.Number("--chunk", "N", 1, int.MaxValue,
        "Tokens per forward pass; changes speed and memory, and no bit of the result [default: 256]");

    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        var logits = new Logits();
        var command = new Command("logits", "Writes the logits after every token, exactly unless told otherwise: "
            + "activations and cache are f32 here by default. The folder needs no tokenizer.");
        logits._model.AddTo(command);
        command.Add(logits._ids);
        command.Add(logits._output);
        command.Add(logits._chunk);
        logits._model.AddOptionsTo(command);
        command.SetAction(parsed => logits.Execute(parsed, terminal));
        return new Verb(command, """
              puna logits models/demo --ids ids.json --output logits.safetensors
              puna logits models/demo --ids ids.json --output logits.safetensors --backend reference --chunk 16
            """);
    }

    private void Execute(ParseResult parsed, Terminal terminal)
    {
        string file = parsed.GetRequiredValue(_ids)!, output = parsed.GetRequiredValue(_output)!;   // required
        ImmutableArray<int> ids = InputFiles.ReadIds(file, terminal);
        OutputFiles.Check(output);
        using LanguageModel model = _model.Load(parsed, terminal, ModelOptions.Exact with { Text = TextUse.IdsOnly });
        TokenIdCheck.Inside(ids, model.Config.VocabSize, InputFiles.NameOf(file));
        using Scorer scorer = model.CreateScorer(ids.Length, parsed.GetValue(_chunk) ?? UsualChunk);

        var tensor = new TensorSource("logits", SafetensorsDType.F32, [ids.Length, model.Config.VocabSize], stream =>
            scorer.Run(ids.AsSpan(), (_, logits) =>
            {
                for (int row = 0; row < logits.Rows; row++)
                    stream.Write(MemoryMarshal.AsBytes(logits.Row<float>(row)));
            }, terminal.Interrupts.Token));
        var metadata = new Dictionary<string, string>
        {
            ["model"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Folder.Path)),
            ["architecture"] = model.Config.Architecture,
            ["backend"] = _model.BackendOf(parsed),
        };
        foreach ((string name, string word) in ModeArguments.Words(model.Mode))
            metadata[name] = word;
        SafetensorsWriter.Write(output, [tensor], metadata);
        terminal.Error.WriteLine($"{output}: logits F32 [{ids.Length}, {model.Config.VocabSize}]");
    }
}
