namespace Puna.Runtime.Sampling;

/// <summary>
/// Ends a text at the first stop string, however the text is cut into pieces. Text that may be the beginning of a
/// stop string is held back until it is known whether it is; neither the stop string nor anything after it comes out.
/// </summary>
/// <remarks>
/// The match that ends first wins, so that an answer ends as soon as a stop string stands in it and no later token is
/// needed to tell; of matches that end together, the one that begins first. Comparison is by UTF-16 code units. Each
/// stop string is matched by the automaton of Knuth, Morris and Pratt 1977: a character costs a few steps, however
/// the text looks.
/// </remarks>
public sealed class StopMatcher
{
    private readonly string[] _stops;
    private readonly int[][] _borders;   // [i][n]: the longest proper border of the first n characters of stop i
    private readonly int[] _matched;     // how many characters of each stop string the text so far ends with
    private char[] _text;                // what was held back, then the piece
    private int _textLength;
    private int _heldCount;              // the last characters of the text

    /// <summary>Makes a matcher for one text.</summary>
    /// <param name="stops">Any number of stop strings, none of them empty.</param>
    /// <exception cref="ArgumentException">A stop string is empty.</exception>
    public StopMatcher(IReadOnlyList<string> stops)
    {
        for (int i = 0; i < stops.Count; i++)
        {
            if (string.IsNullOrEmpty(stops[i]))
            {
                throw new ArgumentException(
                    $"sampling: stop string {i} of {stops.Count} is empty, but it must have a character.");
            }
        }

        _stops = [.. stops];
        _borders = [.. _stops.Select(Borders)];
        _matched = new int[_stops.Length];
        _text = new char[_stops.Length == 0 ? 0 : 256 + _stops.Max(s => s.Length)];
    }

    /// <summary>The stop string that ended the text; null until one has.</summary>
    public string? Match { get; private set; }

    /// <summary>Takes the next piece of the text.</summary>
    /// <param name="piece">Any number of characters; not looked at once there is a match.</param>
    /// <returns>What may be shown now: a view of this matcher or of the piece, until the next call.</returns>
    public ReadOnlySpan<char> Push(ReadOnlySpan<char> piece)
    {
        if (Match is not null)
            return [];
        if (_stops.Length == 0)
            return piece;

        Span<char> text = Join(piece);
        for (int i = _heldCount; i < text.Length; i++)
        {
            if (Advance(text[i]))
            {
                int cut = i + 1 - Match!.Length;   // Advance has just set it
                _heldCount = 0;
                return text[..cut];
            }
        }

        _heldCount = _matched.Max();
        return text[..^_heldCount];
    }

    /// <summary>Says that the text has ended without a match.</summary>
    /// <returns>What was held back: a view of this matcher, until the next call.</returns>
    public ReadOnlySpan<char> Flush()
    {
        int count = _heldCount;
        _heldCount = 0;
        Array.Clear(_matched);
        return _text.AsSpan(_textLength - count, count);
    }

    private Span<char> Join(ReadOnlySpan<char> piece)
    {
        ReadOnlySpan<char> held = _text.AsSpan(_textLength - _heldCount, _heldCount);
        _textLength = _heldCount + piece.Length;
        if (_textLength > _text.Length)
            _text = new char[Math.Max(_textLength, 2 * _text.Length)];
        held.CopyTo(_text);
        piece.CopyTo(_text.AsSpan(held.Length));
        return _text.AsSpan(0, _textLength);
    }

    /// <summary>
    /// Reads one character with every automaton; the longest stop string that ends here is the match.
    /// </summary>
    private bool Advance(char next)
    {
        for (int i = 0; i < _stops.Length; i++)
        {
            string stop = _stops[i];
            int count = _matched[i];
            while (count > 0 && stop[count] != next)
                count = _borders[i][count];
            _matched[i] = stop[count] == next ? count + 1 : count;

            if (_matched[i] == stop.Length && !(Match?.Length >= stop.Length))
                Match = stop;
        }

        return Match is not null;
    }

    private static int[] Borders(string stop)
    {
        int[] borders = new int[stop.Length];   // of one or no character: 0
        for (int i = 1, length = 0; i < stop.Length - 1; i++)
        {
            while (length > 0 && stop[i] != stop[length])
                length = borders[length];
            length += stop[i] == stop[length] ? 1 : 0;
            borders[i + 1] = length;
        }

        return borders;
    }
}
