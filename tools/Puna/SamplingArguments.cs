using System.Collections.Immutable;
using System.CommandLine;
using Puna.Runtime;
using Puna.Runtime.Sampling;
using Puna.Runtime.Scheduling;

namespace Puna.Tools;

/// <summary>
/// How tokens are drawn and when an answer ends: what the model's makers say, and given options over it.
/// </summary>
internal sealed class SamplingArguments
{
    private readonly Option<int?> _maxTokens = Flags.Number("--max-tokens", "N", 0, int.MaxValue,
        "Most tokens to generate [default: what is left of the context, at most 4096]");

    private readonly Option<double?> _temperature = Flags.Number("--temperature", "T", 0.0, 100,
        "0 takes the likeliest token, 1 draws as the model says [default: the model's, else 0]");

    private readonly Option<int?> _topK = Flags.Number("--top-k", "K", -1, int.MaxValue,
        "Draw from the K likeliest tokens; 0 for all [default: the model's, else 0]");

    private readonly Option<double?> _topP = Flags.Number("--top-p", "P", 0.0, 1,
        "Draw from the fewest tokens with this probability together [default: the model's, else 1]");

    private readonly Option<double?> _minP = Flags.Number("--min-p", "P", 0.0, 1,
        "Draw from tokens this many times as likely as the likeliest [default: the model's, else 0]");

    private readonly Option<double?> _repetition = Flags.Number("--repetition-penalty", "X", 0.01, 100,
        "Divides the logits of tokens that stand in the text; 1 for none [default: the model's, else 1]");

    private readonly Option<double?> _frequency = Flags.Number("--frequency-penalty", "X", -2.0, 2,
        "Taken off a logit for each time the answer has the token [default: 0]");

    private readonly Option<double?> _presence = Flags.Number("--presence-penalty", "X", -2.0, 2,
        "Taken off a logit when the answer has the token [default: 0]");

    private readonly Option<long?> _seed = Flags.Number("--seed", "S", long.MinValue, long.MaxValue,
        "The same request with the same seed gives the same answer [default: 0]");

    private readonly Option<string[]> _stops = new("--stop")
    {
        Description = "Text that ends the answer and is not part of it; may be given several times",
        HelpName = "TEXT",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<bool> _ignoreEos = Flags.Switch("--ignore-eos",
        "Go on after tokens that end an answer, up to --max-tokens");

    /// <summary>Adds the options.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in (Option[])
        [
            _maxTokens, _temperature, _topK, _topP, _minP, _repetition, _frequency, _presence, _seed, _stops,
            _ignoreEos,
        ])
            verb.Add(option);
    }

    /// <summary>The request for a prompt.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">Gives what is not on the command line.</param>
    /// <param name="promptIds">The prompt.</param>
    public GenerationRequest Request(ParseResult parsed, LanguageModel model, ImmutableArray<int> promptIds)
    {
        GenerationRequest request = model.Request(promptIds, parsed.GetValue(_maxTokens));
        return request with
        {
            Sampling = Lay(parsed, request.Sampling),
            StopIds = parsed.GetValue(_ignoreEos) ? [] : request.StopIds,
            StopTexts = StopsOf(parsed),
        };
    }

    private SamplingOptions Lay(ParseResult parsed, SamplingOptions sampling) => sampling with
    {
        Temperature = parsed.GetValue(_temperature) ?? sampling.Temperature,
        TopK = parsed.GetValue(_topK) ?? sampling.TopK,
        TopP = parsed.GetValue(_topP) ?? sampling.TopP,
        MinP = parsed.GetValue(_minP) ?? sampling.MinP,
        RepetitionPenalty = parsed.GetValue(_repetition) ?? sampling.RepetitionPenalty,
        FrequencyPenalty = parsed.GetValue(_frequency) ?? sampling.FrequencyPenalty,
        PresencePenalty = parsed.GetValue(_presence) ?? sampling.PresencePenalty,
        Seed = parsed.GetValue(_seed) ?? sampling.Seed,
    };

    private ImmutableArray<string> StopsOf(ParseResult parsed)
    {
        string[] stops = parsed.GetValue(_stops) ?? [];
        if (stops.Contains(""))
            throw CommandException.BadInput("--stop: an empty text was given, but one with a character was expected.");
        return [.. stops];
    }
}
