namespace Puna.Tokenizer.Templates.Values;

/// <summary>Part of a <see cref="Text"/> with one origin.</summary>
/// <param name="End">Where it ends, in UTF-16 units from the start of the text.</param>
/// <param name="IsTrusted">Whether the template wrote it.</param>
internal readonly record struct Run(int End, bool IsTrusted);

/// <summary>
/// A string that knows where each piece of it came from. Indices are UTF-16 units unless said otherwise.
/// </summary>
internal sealed class Text : IValue
{
    private readonly Run[] _runs;
    private int[]? _offsets;

    public Text(string value, bool isTrusted)
        : this(value, value.Length == 0 ? [] : [new Run(value.Length, isTrusted)])
    {
    }

    public Text(string value, Run[] runs, bool isMarkup = false)
    {
        Value = value;
        _runs = runs;
        IsMarkup = isMarkup;
    }

    public static Text Empty { get; } = new("", []);

    public string Value { get; }

    /// <summary>Whether it is HTML already, so that '+' escapes what is added; see the filter <c>safe</c>.</summary>
    public bool IsMarkup { get; }

    public ReadOnlySpan<Run> Runs => _runs;

    public bool IsTrusted => Array.TrueForAll(_runs, r => r.IsTrusted);

    /// <summary>Characters as Python counts them: a surrogate pair is one.</summary>
    public int CodePointCount => Offsets is { } offsets ? offsets.Length - 1 : Value.Length;

    // where each code point begins, and the end; null where every code point is one unit
    private int[]? Offsets => (_offsets ??= FindOffsets()) is { Length: > 0 } offsets ? offsets : null;

    /// <summary>
    /// The unit at which code point <paramref name="index"/> begins; the length where it is one past the last.
    /// </summary>
    public int OffsetOf(int index) => Offsets is { } offsets ? offsets[index] : index;

    /// <summary>The number of code points before unit <paramref name="offset"/>.</summary>
    public int IndexAt(int offset) => Offsets is { } offsets ? Array.BinarySearch(offsets, offset) : offset;

    public Text CodePoint(int index) => Slice(OffsetOf(index), OffsetOf(index + 1) - OffsetOf(index));

    public Text Slice(int start) => Slice(start, Value.Length - start);

    public Text Slice(int start, int length)
    {
        if (length == Value.Length)
            return this;
        if (length == 0)
            return Empty;
        int first = RunAt(start), last = RunAt(start + length - 1);
        var runs = new Run[last - first + 1];
        for (int i = 0; i < runs.Length; i++)
            runs[i] = _runs[first + i] with { End = Math.Min(_runs[first + i].End - start, length) };
        return new Text(Value.Substring(start, length), runs);
    }

    /// <summary>Whether the template wrote every character of a part.</summary>
    public bool IsTrustedAt(int start, int length)
    {
        for (int i = length == 0 ? _runs.Length : RunAt(start); i < _runs.Length; i++)
        {
            if (!_runs[i].IsTrusted)
                return false;
            if (_runs[i].End >= start + length)
                break;
        }

        return true;
    }

    public Text AsMarkup() => new(Value, _runs, isMarkup: true);

    public Text AsPlain() => IsMarkup ? new(Value, _runs) : this;

    public override string ToString() => Value;

    private int RunAt(int offset)
    {
        int low = 0, high = _runs.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_runs[middle].End > offset)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    // empty where every code point is one unit
    private int[] FindOffsets()
    {
        if (Value.AsSpan().IndexOfAnyInRange('\uD800', '\uDBFF') < 0)
            return [];
        var offsets = new List<int>(Value.Length + 1);
        for (int i = 0; i < Value.Length; i++)
        {
            offsets.Add(i);
            if (char.IsHighSurrogate(Value[i]) && i + 1 < Value.Length && char.IsLowSurrogate(Value[i + 1]))
                i++;
        }

        offsets.Add(Value.Length);
        return [.. offsets];
    }
}
