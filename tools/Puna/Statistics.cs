using System.Globalization;
using Puna.Runtime;

namespace Puna.Tools;

/// <summary>Measures one answer: the prompt until its first token, the other tokens from there.</summary>
/// <param name="clock">Measures.</param>
/// <param name="promptTokens">Tokens of the prompt.</param>
internal sealed class Statistics(TimeProvider clock, int promptTokens)
{
    private readonly long _start = clock.GetTimestamp();
    private long _first, _last;
    private int _tokens;

    /// <summary>Counts a piece, now.</summary>
    public void Count(AnswerPiece piece)
    {
        if (piece.Token is null)
            return;
        _last = clock.GetTimestamp();
        if (_tokens++ == 0)
            _first = _last;
    }

    /// <summary>The line that ends an answer.</summary>
    /// <param name="loading">How long loading took.</param>
    public string Line(TimeSpan loading)
    {
        string prompt = _tokens > 0 ? Rate(promptTokens, _start, _first) : "";
        string generated = _tokens > 1 ? Rate(_tokens - 1, _first, _last) : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"prompt: {promptTokens} tokens{prompt} | generated: {_tokens} tokens{generated} | load: "
                + $"{loading.TotalSeconds:0.00} s");
    }

    private string Rate(int tokens, long from, long to)
    {
        double seconds = clock.GetElapsedTime(from, to).TotalSeconds;
        return seconds > 0 ? string.Create(CultureInfo.InvariantCulture, $", {tokens / seconds:0.0} tok/s") : "";
    }
}
