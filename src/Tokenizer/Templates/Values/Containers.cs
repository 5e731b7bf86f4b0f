namespace Puna.Tokenizer.Templates.Values;

/// <summary>Which of Python's sequences: it decides the spelling, equality and what may be indexed.</summary>
internal enum SequenceKind
{
    List,
    Tuple,
    Range,
    Keys,
    Values,
    Items,
}

/// <summary>A list, tuple, range or view of a dict; templates cannot change one.</summary>
/// <param name="Items">The elements.</param>
/// <param name="Kind">Which one.</param>
/// <param name="IsTrusted">Origin of the structure: of its brackets and commas where it is printed.</param>
/// <param name="Depth">Nesting: 1 more than the deepest element's.</param>
internal sealed record Sequence(IReadOnlyList<IValue> Items, SequenceKind Kind, bool IsTrusted, int Depth) : IValue
{
    /// <summary>Whether elements can be read by position, as Python allows.</summary>
    public bool IsIndexable => Kind is SequenceKind.List or SequenceKind.Tuple or SequenceKind.Range;

    /// <summary>Python's spelling of a range; null for every other kind.</summary>
    public string? RangeText { get; init; }
}

/// <summary>
/// What filters such as <c>map</c> give: always true, without length, and each element can be taken once.
/// </summary>
/// <param name="items">The elements.</param>
/// <param name="isTrusted">Origin of the structure.</param>
internal sealed class Generator(IReadOnlyList<IValue> items, bool isTrusted) : IValue
{
    private int _taken;

    public bool IsTrusted => isTrusted;

    public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out IValue? item)
    {
        item = _taken < items.Count ? items[_taken++] : null;
        return item is not null;
    }

    public IReadOnlyList<IValue> TakeRest()
    {
        IReadOnlyList<IValue> rest = _taken == 0 ? items : [.. items.Skip(_taken)];
        _taken = items.Count;
        return rest;
    }
}

/// <summary>A dict: keys keep their first position and spelling, and take the last value.</summary>
/// <param name="isTrusted">Origin of the structure.</param>
internal sealed class Dict(bool isTrusted) : IValue
{
    public OrderedDictionary<IValue, IValue> Entries { get; } = new(KeyComparer.Instance);

    public bool IsTrusted => isTrusted;

    /// <summary>Nesting: 1 more than the deepest value's.</summary>
    public int Depth { get; private set; } = 1;

    public IValue? this[string key] => Entries.TryGetValue(new Text(key, true), out IValue? value) ? value : null;

    public void Set(IValue key, IValue value)
    {
        Entries[key] = value;
        Depth = Math.Max(Depth, 1 + DepthOf(value));
    }

    public static int DepthOf(IValue value) => value switch
    {
        Sequence s => s.Depth,
        Dict d => d.Depth,
        _ => 0,
    };
}

/// <summary>Equality of keys as Python has it: by value, and 1, 1.0 and True are one key.</summary>
internal sealed class KeyComparer : IEqualityComparer<IValue>
{
    public static KeyComparer Instance { get; } = new();

    public static bool IsHashable(IValue key) => key is Text or IntValue or BoolValue or FloatValue or NoneValue;

    public bool Equals(IValue? x, IValue? y) => (x, y) switch
    {
        (Text a, Text b) => a.Value == b.Value,
        (NoneValue, NoneValue) => true,
        (not null, not null) when Number.From(x) is { } a && Number.From(y) is { } b => Number.Compare(a, b) == 0,
        _ => false,
    };

    public int GetHashCode(IValue obj) => obj switch
    {
        Text text => text.Value.GetHashCode(StringComparison.Ordinal),
        _ when Number.From(obj) is { } number => number.GetHashCode(),
        _ => 0,
    };
}
