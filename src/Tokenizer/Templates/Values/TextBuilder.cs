using System.Text;

namespace Puna.Tokenizer.Templates.Values;

/// <summary>Joins pieces to a <see cref="Text"/>, keeps their origins, and holds the limit on characters.</summary>
internal sealed class TextBuilder(RenderState state)
{
    private readonly StringBuilder _value = new();
    private readonly List<Run> _runs = [];

    public int Length => _value.Length;

    public TextBuilder Append(ReadOnlySpan<char> piece, bool isTrusted)
    {
        if (piece.IsEmpty)
            return this;
        state.SpendText((long)_value.Length + piece.Length, piece.Length);
        _value.Append(piece);
        var run = new Run(_value.Length, isTrusted);
        if (_runs.Count > 0 && _runs[^1].IsTrusted == isTrusted)
            _runs[^1] = run;
        else
            _runs.Add(run);
        return this;
    }

    public TextBuilder Append(char c, bool isTrusted) => Append(new ReadOnlySpan<char>(in c), isTrusted);

    public TextBuilder Append(Text piece) => Append(piece, 0, piece.Value.Length);

    /// <summary>Appends <paramref name="length"/> units of a text from <paramref name="start"/> on.</summary>
    public TextBuilder Append(Text piece, int start, int length)
    {
        int at = start, end = start + length;
        foreach (Run run in piece.Runs)
        {
            if (run.End <= at)
                continue;
            int until = Math.Min(run.End, end);
            Append(piece.Value.AsSpan(at, until - at), run.IsTrusted);
            at = until;
            if (at == end)
                break;
        }

        return this;
    }

    /// <summary>Appends the same unit <paramref name="count"/> times; nothing for a negative count.</summary>
    public TextBuilder Fill(char c, long count, bool isTrusted)
    {
        if (count <= 0)
            return this;
        state.CheckCharacters(_value.Length + count);
        return Append(new string(c, (int)count), isTrusted);
    }

    public Text ToText() => _value.Length == 0 ? Text.Empty : new(_value.ToString(), [.. _runs]);
}
