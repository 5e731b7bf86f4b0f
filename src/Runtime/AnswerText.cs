using Puna.Runtime.Sampling;
using Puna.Tokenizer;

namespace Puna.Runtime;

/// <summary>The text of one answer: tokens in, text out that is complete and before any stop text.</summary>
/// <param name="tokenizer">Turns tokens into text.</param>
/// <param name="stops">Texts that end the answer.</param>
internal sealed class AnswerText(BpeTokenizer tokenizer, IReadOnlyList<string> stops)
{
    private readonly StreamingDecoder _decoder = new(tokenizer, SpecialTokenRendering.Skip);
    private readonly StopMatcher? _matcher = stops.Count > 0 ? new StopMatcher(stops) : null;

    /// <summary>A stop text was found; no more text comes.</summary>
    public bool IsStopped => _matcher?.Match is not null;

    public string Add(int id) => Pass(_decoder.Add(id));

    public string Flush()
    {
        string text = Pass(_decoder.Flush());
        return _matcher is null || IsStopped ? text : text + _matcher.Flush().ToString();
    }

    private string Pass(string text) => _matcher is null ? text : _matcher.Push(text).ToString();
}
