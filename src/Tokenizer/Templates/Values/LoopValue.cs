namespace Puna.Tokenizer.Templates.Values;

/// <summary>The variable <c>loop</c> inside a for loop.</summary>
/// <param name="items">What is iterated.</param>
/// <param name="depth">0 for a loop that is not called by a recursive one.</param>
/// <param name="recurse">Runs the loop's body over other items; null unless the loop is recursive.</param>
internal sealed class LoopValue(IReadOnlyList<IValue> items, int depth, Func<IValue, int, IValue>? recurse) : IValue
{
    private IReadOnlyList<IValue>? _changed;

    public int Index { get; set; }

    public bool IsTrusted => true;

    /// <summary>The attribute of a name; null where a loop has none such.</summary>
    public IValue? Attribute(string name) => name switch
    {
        "index" => new IntValue(Index + 1, true),
        "index0" => new IntValue(Index, true),
        "revindex" => new IntValue(items.Count - Index, true),
        "revindex0" => new IntValue(items.Count - Index - 1, true),
        "first" => BoolValue.Of(Index == 0),
        "last" => BoolValue.Of(Index == items.Count - 1),
        "length" => new IntValue(items.Count, true),
        "depth" => new IntValue(depth + 1, true),
        "depth0" => new IntValue(depth, true),
        "previtem" => Index > 0 ? items[Index - 1] : new UndefinedValue("there is no previous item"),
        "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new UndefinedValue("there is no next item"),
        "cycle" => new Callable("loop.cycle", Cycle),
        "changed" => new Callable("loop.changed", Changed),
        _ => null,
    };

    public IValue Call(RenderState state, Arguments arguments)
    {
        if (recurse is null)
            throw state.Fail("'loop' is called, but the loop is not recursive. Write '{% for … recursive %}'.");
        IValue? items = new Signature(1, "iterable").Bind(state, "'loop'", arguments)[0];
        return recurse(items ?? NoneValue.Own, depth + 1);
    }

    private IValue Cycle(RenderState state, Arguments arguments) => arguments.Positional.Count > 0
        ? arguments.Positional[Index % arguments.Positional.Count]
        : throw state.Fail("'loop.cycle' is called without arguments, but needs something to cycle through.");

    private BoolValue Changed(RenderState state, Arguments arguments)
    {
        bool changed = _changed is null || _changed.Count != arguments.Positional.Count
            || !_changed.Zip(arguments.Positional).All(p => Equality.AreEqual(state, p.First, p.Second));
        _changed = arguments.Positional;
        return BoolValue.Of(changed);
    }
}
