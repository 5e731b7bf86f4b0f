using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Puna.Tokenizer;
using Spectre.Console;

namespace Puna.Tools;

/// <summary><c>puna tokenize</c>: text to ids and back, one JSON object per line.</summary>
internal sealed class Tokenize
{
    private const int BatchLines = 1024, BatchCharacters = 1 << 22;
    private const string Lines = "lines of JSON objects";

    private readonly Argument<string> _model = new("MODEL")
    {
        Description = "Folder with a tokenizer, or a tokenizer file",
    };


    private readonly Argument<string?> _text = new("TEXT")
    {
        Description = "Shows the tokens of this text as a table",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _jsonl = Flags.Text("--jsonl", "FILE",
        "Reads lines {\"text\": …} and writes lines {\"ids\": […]}; '-' is standard input");

    private readonly Option<bool> _special = Flags.Switch("--special",
        "Names of special tokens in the text become those tokens");
    private readonly Option<bool> _bos = Flags.Switch("--bos", "Begin with the begin-of-text token");
    private readonly Option<bool> _decode = Flags.Switch("--decode",
        "Reads lines {\"ids\": […]} and writes lines {\"text\": …}");

    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        var tokenize = new Tokenize();
        var command = new Command("tokenize", "Turns text into token ids, and back with --decode.")
        {
            tokenize._model, tokenize._text, tokenize._jsonl, tokenize._special, tokenize._bos, tokenize._decode,
        };
        command.SetAction(parsed => tokenize.Execute(parsed, terminal));
        return new Verb(command, """
              puna tokenize models/demo "Hello, llama!"
              puna tokenize models/demo --jsonl texts.jsonl --bos > ids.jsonl
              puna tokenize models/demo/tokenizer.json --jsonl ids.jsonl --decode
            """);
    }

    private void Execute(ParseResult parsed, Terminal terminal)
    {
        string? text = parsed.GetValue(_text), file = parsed.GetValue(_jsonl);
        bool isDecoding = parsed.GetValue(_decode), hasBos = parsed.GetValue(_bos);
        if ((text is null) == (file is null))
        {
            string given = text is null ? "neither TEXT nor --jsonl was given" : "TEXT and --jsonl were given";
            throw CommandException.BadInput($"tokenize: {given}, but one of them was expected. See 'puna tokenize "
                + "--help'.");
        }

        if (isDecoding && (text is not null || hasBos || parsed.GetValue(_special)))
            throw CommandException.BadInput("--decode: it was given with TEXT, --bos or --special, but it reads ids. "
                + "Use --jsonl FILE alone.");
        BpeTokenizer tokenizer = BpeTokenizer.Load(parsed.GetRequiredValue(_model));
        SpecialTokenHandling special = parsed.GetValue(_special) ? SpecialTokenHandling.Recognise
            : SpecialTokenHandling.AsText;
        int? bos = !hasBos ? null : tokenizer.BosId ?? throw CommandException.BadInput(
            $"--bos: {parsed.GetRequiredValue(_model)} has no begin-of-text token, but one was asked for. Leave the "
                + "option out.");
        if (text is not null)
            Print(tokenizer, [.. Begin(bos), .. tokenizer.Encode(text, special)], terminal.Rich());
        else if (isDecoding)
            Convert(file!, terminal, lines => Decode(lines, file!, tokenizer));   // one of both is not null
        else
            Convert(file!, terminal, lines => Encode(lines, file!, tokenizer, special, bos));
    }

    private static int[] Begin(int? bos) => bos is { } id ? [id] : [];

    /// <summary>Converts in batches; what waits in a pipe is answered before more is waited for.</summary>
    private static void Convert(string file, Terminal terminal, Func<List<Line>, IEnumerable<string>> convert)
    {
        using TextReader reader = InputFiles.Open(file, Lines, terminal);
        List<Line> batch = [];
        int characters = 0;
        for (int number = 1; reader.ReadLine() is { } line; number++)
        {
            terminal.Interrupts.Token.ThrowIfCancellationRequested();
            if (!string.IsNullOrWhiteSpace(line))
                batch.Add(new Line(number, line));
            characters += line.Length;
            if (batch.Count >= BatchLines || characters >= BatchCharacters || reader.Peek() < 0)
                Flush();
        }

        Flush();

        void Flush()
        {
            foreach (string output in convert(batch))
                terminal.Output.Write(output + "\n");
            terminal.Output.Flush();
            batch.Clear();
            characters = 0;
        }
    }

    private static IEnumerable<string> Encode(List<Line> lines, string file, BpeTokenizer tokenizer,
        SpecialTokenHandling special, int? bos)
    {
        string[] texts = [.. lines.Select(l => JsonText.String(l.Field("text", JsonValueKind.String, file)))];
        string begin = bos is { } id ? id.ToString(CultureInfo.InvariantCulture) : "";
        foreach (int[] ids in tokenizer.EncodeAll(texts, special))
        {
            string separator = begin.Length > 0 && ids.Length > 0 ? ", " : "";
            yield return $"{{\"ids\": [{begin}{separator}{string.Join(", ", ids)}]}}";
        }
    }

    private static IEnumerable<string> Decode(List<Line> lines, string file, BpeTokenizer tokenizer)
    {
        foreach (Line line in lines)
        {
            string where = line.Where(file);
            ImmutableArray<int> ids = JsonText.Ids(line.Field("ids", JsonValueKind.Array, file), where);
            string text = tokenizer.Decode(TokenIdCheck.Inside(ids, tokenizer.VocabularySize, where).AsSpan());
            yield return JsonText.Write(json =>
            {
                json.WriteStartObject();
                json.WriteString("text", text);
                json.WriteEndObject();
            });
        }
    }

    private static void Print(BpeTokenizer tokenizer, int[] ids, IAnsiConsole console)
    {
        Table table = new Table().Border(TableBorder.Simple).AddColumn(new TableColumn("id").RightAligned())
            .AddColumn("bytes").AddColumn("text");
        foreach (int id in ids)
        {
            string text = JsonText.Write(json => json.WriteStringValue(tokenizer.Decode([id])));
            table.AddRow(new Text(id.ToString(CultureInfo.InvariantCulture)),
                new Text(string.Join(' ', tokenizer.Bytes(id).ToArray().Select(b =>
                    b.ToString("x2", CultureInfo.InvariantCulture)))),
                new Text(text));
        }

        console.Write(table);
        console.WriteLine($"{ids.Length} tokens");
    }

    /// <summary>A line of a file.</summary>
    /// <param name="Number">From one.</param>
    /// <param name="Text">Without its end.</param>
    private readonly record struct Line(int Number, string Text)
    {
        public string Where(string file) => $"{InputFiles.NameOf(file)}, line {Number}";

        public JsonElement Field(string name, JsonValueKind kind, string file) =>
            JsonText.Field(JsonText.Parse(Text, InputFiles.NameOf(file), "a JSON object", Number), name, kind,
                Where(file));
    }
}
