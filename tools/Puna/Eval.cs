using System.CommandLine;
using Puna.Runtime;

namespace Puna.Tools;

/// <summary><c>puna eval</c>: how good a model is: exact answers to questions, perplexity on a text, or what a fast mode changes.</summary>
internal sealed class Eval
{
    private const int UsualMaxTokens = 80, UsualWindow = 1024;
    private readonly ModelArguments _model = new();

    private readonly Option<string?> _jsonl = Flags.Text("--jsonl", "FILE",
        "Questions, one JSON object per line: messages, tools, answer, skill; '-' is standard input");

    private readonly Option<string?> _text = Flags.Text("--perplexity", "FILE",
        "A text to foretell; '-' is standard input");
    private readonly Option<string?> _divergenceText = Flags.Text("--divergence", "FILE",
        "A text on which the mode that the options choose is compared with the exact one; '-' is standard input");

    private readonly Option<int?> _tokens = Flags.Number("--tokens", "N", 1, int.MaxValue,
        "Compare on the first N tokens of the text only");

    private readonly Option<bool> _json = Flags.Switch("--json", "Print one JSON object");
    private readonly Option<int?> _limit = Flags.Number("--limit", "N", 1, int.MaxValue,
        "Ask the first N questions only");

    private readonly Option<int?> _maxTokens = Flags.Number("--max-tokens", "N", 1, int.MaxValue,
        "Most tokens of an answer [default: 80: answers that are compared exactly are short]");

    private readonly Option<string?> _output = Flags.Text("--output", "FILE",
        "Write each answer as a line of JSON: skill, answer, given, exact");

    private readonly Option<string?> _compareKey = Flags.Text("--compare-key", "NAME",
        "Also count the answers that equal those recorded under this key of the questions");

    private readonly Option<int?> _window = Flags.Number("--window", "N", 1, int.MaxValue,
        "Tokens of a window, not counting the begin-of-text token [default: what the context holds, at most 1024]");

    private readonly Option<int?> _stride = Flags.Number("--stride", "N", 1, int.MaxValue,
        "Tokens from one window to the next [default: the window: no overlap]");

    /// <summary>The verb.</summary>
    public static Verb Create(Terminal terminal)
    {
        var eval = new Eval();
        var command = new Command("eval", "Measures a model: exact match of greedy answers per skill, the "
            + "perplexity of a text, or how far what a fast mode foretells is from the exact mode (Kullback-Leibler divergence).");
        eval._model.AddTo(command);
        foreach (Option option in (Option[])
            [eval._jsonl, eval._limit, eval._maxTokens, eval._compareKey, eval._output, eval._text, eval._divergenceText,
                eval._tokens, eval._window, eval._stride, eval._json])
            command.Add(option);
        eval._model.AddOptionsTo(command);
        command.SetAction(parsed => eval.Execute(parsed, terminal));
        return new Verb(command, """
              puna eval models/demo --jsonl questions.jsonl
              puna eval models/demo --jsonl questions.jsonl --limit 20 --output answers.jsonl --json
              puna eval models/demo --perplexity text.txt --window 512 --stride 256
              puna eval models/demo --divergence text.txt --weights int8
            """);
    }

    private void Execute(ParseResult parsed, Terminal terminal)
    {
        (Option<string?> Option, Option[] Others, Action<string> Measure)[] measures =
        [
            (_jsonl, [_tokens, _window, _stride], file => Ask(parsed, file, terminal).Print(terminal, parsed.GetValue(_json))),
            (_text, [_limit, _maxTokens, _compareKey, _output, _tokens],
                file => MeasureText(parsed, file, terminal).Print(terminal, parsed.GetValue(_json))),
            (_divergenceText, [_limit, _maxTokens, _compareKey, _output, _stride],
                file => Compare(parsed, file, terminal).Print(terminal, parsed.GetValue(_json))),
        ];
        (Option<string?> Option, Option[] Others, Action<string> Measure)[] given = [.. measures.Where(m => parsed.GetValue(m.Option) is not null)];
        if (given is not [var one])
        {
            string names = given.Length == 0
                ? $"neither {string.Join(" nor ", measures.Select(m => m.Option.Name))} was given"
                : $"{string.Join(" and ", given.Select(m => m.Option.Name))} were given";
            throw CommandException.BadInput($"eval: {names}, but one of them was expected. See 'puna eval --help'.");
        }

        Refuse(parsed, one.Option.Name, one.Others);
        one.Measure(parsed.GetValue(one.Option)!);   // it was given
    }

    private EvalResult Ask(ParseResult parsed, string file, Terminal terminal)
    {
        int limit = parsed.GetValue(_limit) ?? int.MaxValue, maxTokens = parsed.GetValue(_maxTokens) ?? UsualMaxTokens;
        string? compareKey = parsed.GetValue(_compareKey);
        List<Question> questions = Question.ReadAll(file, limit, compareKey, terminal);
        string? output = parsed.GetValue(_output);
        if (output is not null)
            OutputFiles.Check(output);
        using LanguageModel model = _model.Load(parsed, terminal);
        string[] answers = Questionnaire.Ask(Needs.Template(model), questions, maxTokens, terminal);
        if (output is not null)
            File.WriteAllLines(output, questions.Zip(answers, (question, answer) => question.ToJson(answer)));
        return new EvalResult(questions, answers, compareKey);
    }

    private PerplexityReport MeasureText(ParseResult parsed, string file, Terminal terminal)
    {
        string text = ReadText(file, terminal);
        using LanguageModel model = Needs.Tokenizer(_model.Load(parsed, terminal));
        int window = Window(parsed, model);
        int stride = parsed.GetValue(_stride) ?? window;
        if (stride > window)
        {
            throw CommandException.BadInput($"--stride: {stride} was given with a window of {window}, but then tokens "
                + "between windows "
                + $"would be left out. Give at most {window}.");
        }

        return PerplexityReport.Measure(model, text, window, stride, terminal);
    }

    private DivergenceReport Compare(ParseResult parsed, string file, Terminal terminal)
    {
        string text = ReadText(file, terminal);
        using LanguageModel exact = Needs.Tokenizer(_model.LoadExact(parsed, terminal));
        using LanguageModel fast = _model.Load(parsed, terminal);
        return DivergenceReport.Measure(exact, fast, text, Window(parsed, exact), parsed.GetValue(_tokens) ?? int.MaxValue, terminal);
    }

    private static string ReadText(string file, Terminal terminal)
    {
        string text = InputFiles.ReadText(file, "a text", terminal);
        return text.Length > 0 ? text
            : throw CommandException.BadInput($"{InputFiles.NameOf(file)}: it is empty, but a text was expected.");
    }

    private int Window(ParseResult parsed, LanguageModel model)
    {
        int longest = model.Config.ContextLength - 1;   // the begin-of-text token takes one place
        int window = parsed.GetValue(_window) ?? Math.Min(UsualWindow, longest);
        return window <= longest ? window : throw CommandException.BadInput($"--window: {window} was given, but the model has a context of "
            + $"{longest + 1} tokens and the begin-of-text token takes one. Give at most {longest}.");
    }

    private static void Refuse(ParseResult parsed, string given, Option[] others)
    {
        foreach (Option other in others)
        {
            if (parsed.GetResult(other) is not null)
                throw CommandException.BadInput($"{other.Name}: it was given with {given}, but has no meaning there. "
                    + "Leave it out.");
        }
    }
}
