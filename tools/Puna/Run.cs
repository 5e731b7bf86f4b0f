using System.CommandLine;
using Puna.Runtime;
using Puna.Runtime.Scheduling;

namespace Puna.Tools;

/// <summary><c>puna run</c>: answers one prompt.</summary>
internal sealed class Run
{
    private readonly ModelArguments _model = new();
    private readonly Prompts _prompts = new();
    private readonly SamplingArguments _sampling = new();

    private readonly Option<int?> _logprobs = Flags.Number("--logprobs", "N", 0, 20,
        "With --json: each token's log-probability, and those of the N likeliest");

    private readonly Option<bool> _json = Flags.Switch("--json",
        "Print one JSON object: ids, text, finish_reason, usage, mode");

    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        var run = new Run();
        var command = new Command("run", "Answers a prompt. The answer streams to standard output; a line of "
            + "statistics follows on standard error.");
        run._model.AddTo(command);
        run._prompts.AddTo(command);
        run._sampling.AddTo(command);
        command.Add(run._logprobs);
        command.Add(run._json);
        run._model.AddOptionsTo(command);
        command.SetAction(parsed => (int)run.Execute(parsed, terminal));
        return new Verb(command, """
              puna run models/demo "What is the capital of France?"
              echo "Sort these words: pear, apple" | puna run models/demo --system "Answer briefly."
              puna run models/demo --raw "In a quiet library" --temperature 0.8 --seed 7 --max-tokens 60
              puna run models/demo --ids ids.json --max-tokens 16 --temperature 0 --ignore-eos --json
            """);
    }

    private ExitCode Execute(ParseResult parsed, Terminal terminal)
    {
        bool isJson = parsed.GetValue(_json);
        if (parsed.GetValue(_logprobs) is not null && !isJson)
            throw CommandException.BadInput("--logprobs: it was given without --json, but only JSON shows them. Add "
                + "--json.");
        Prompts.Encode encode = _prompts.Read(parsed, terminal);

        long start = terminal.Clock.GetTimestamp();
        using LanguageModel model = _model.Load(parsed, terminal);
        TimeSpan loading = terminal.Clock.GetElapsedTime(start);
        GenerationRequest request = _sampling.Request(parsed, model, encode(model));
        request = request with { Sampling = request.Sampling with { LogprobCount = parsed.GetValue(_logprobs) } };

        var answer = new CollectedAnswer(model.Tokenizer);
        var statistics = new Statistics(terminal.Clock, request.PromptIds.Length);
        bool isCancelled = false;
        try
        {
            foreach (AnswerPiece piece in model.Stream(request, terminal.Interrupts.Token))
            {
                statistics.Count(piece);
                answer.Add(piece);
                if (!isJson)
                    Show(piece.Text, terminal);
            }
        }
        catch (OperationCanceledException)
        {
            isCancelled = true;
        }

        if (isJson)
            terminal.Output.WriteLine(answer.ToJson(request.PromptIds.Length, model.Mode));
        else
            terminal.Output.WriteLine();
        terminal.Output.Flush();
        terminal.Error.WriteLine(statistics.Line(loading));
        return isCancelled ? ExitCode.Cancelled : ExitCode.Ok;
    }

    private static void Show(string text, Terminal terminal)
    {
        if (text.Length == 0)
            return;
        terminal.Output.Write(text);
        terminal.Output.Flush();
    }
}
