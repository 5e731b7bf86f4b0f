using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>Filters on lists, dicts and other things that can be iterated.</summary>
internal static class ListFilters
{
    public static IReadOnlyDictionary<string, Filter> All { get; } = new Dictionary<string, Filter>
    {
        ["attr"] = new(new(1, "name"), Attribute),
        ["batch"] = new(new(1, "linecount", "fill_with"), Batch),
        ["count"] = new(new(0), (state, v, _) => Length(state, v)),
        ["d"] = new(new(0, "default_value", "boolean"), Default),
        ["default"] = new(new(0, "default_value", "boolean"), Default),
        ["dictsort"] = new(new(0, "case_sensitive", "by", "reverse"), DictSort),
        ["first"] = new(new(0), First),
        ["groupby"] = new(new(1, "attribute", "default", "case_sensitive"), GroupBy),
        ["items"] = new(new(0), Items),
        ["join"] = new(new(0, "d", "attribute"), Join),
        ["last"] = new(new(0), Last),
        ["length"] = new(new(0), (state, v, _) => Length(state, v)),
        ["list"] = new(new(0), (state, v, _) => state.List(Iteration.Items(state, v), v.IsTrusted)),
        ["max"] = new(new(0, "case_sensitive", "attribute"), (state, v, a) => Extreme(state, v, a, sign: 1)),
        ["min"] = new(new(0, "case_sensitive", "attribute"), (state, v, a) => Extreme(state, v, a, sign: -1)),
        ["reverse"] = new(new(0), Reverse),
        ["slice"] = new(new(1, "slices", "fill_with"), Slice),
        ["sort"] = new(new(0, "reverse", "case_sensitive", "attribute"), Sort),
        ["sum"] = new(new(0, "attribute", "start"), Sum),
        ["unique"] = new(new(0, "case_sensitive", "attribute"), Unique),
    };

    // unlike a point, it does not find the entries of a dict
    private static IValue Attribute(RenderState state, IValue value, Bound a)
    {
        IValue found = Lookup.Attribute(state, value, a.Text(0).Value);
        return value is Dict && found is not Callable
            ? new UndefinedValue($"'dict object' has no attribute '{a.Text(0)}'")
            : found;
    }

    private static IntValue Length(RenderState state, IValue value) => value switch
    {
        Text text => state.Integer(text.CodePointCount),
        Sequence sequence => state.Integer(sequence.Items.Count),
        Dict dict => state.Integer(dict.Entries.Count),
        UndefinedValue => state.Integer(0),
        LoopValue loop => (IntValue)(loop.Attribute("length") ?? state.Integer(0)),
        _ => throw state.Fail($"the filter 'length' is given {PythonTypes.Some(value)}, which has no length. "
            + (value is Generator ? "Write '| list' before it." : "Test it first.")),
    };

    private static IValue Default(RenderState state, IValue value, Bound a) =>
        value is UndefinedValue || a.Flag(1) && !Truth.Of(value) ? a[0] ?? Text.Empty : value;

    private static IValue First(RenderState state, IValue value, Bound a)
    {
        if (value is Generator generator)
            return generator.TryTake(out IValue? item)
                ? item
                : new UndefinedValue("a first item of nothing is undefined");
        return Iteration.Items(state, value) is [var first, ..]
            ? first
            : new UndefinedValue("a first item of nothing is undefined");
    }

    private static IValue Last(RenderState state, IValue value, Bound a)
    {
        if (value is Generator)
            throw state.Fail(
                "the filter 'last' is given a generator, which has no end to begin at. Write '| list' before it.");
        return Iteration.Items(state, value) is [.., var last]
            ? last
            : new UndefinedValue("a last item of nothing is undefined");
    }

    private static IValue Reverse(RenderState state, IValue value, Bound a) => value is Text
        ? Lookup.Range(state, value, null, null, new IntValue(-1, true))
        : new Generator([.. Iteration.Items(state, value).Reverse()], value.IsTrusted);

    private static Generator Items(RenderState state, IValue value, Bound a) => value switch
    {
        Dict dict => new(ContainerMethods.Items(state, dict).Items, dict.IsTrusted),
        UndefinedValue => new([], true),
        _ => throw state.Fail($"the filter 'items' is given {PythonTypes.Some(value)}, but only a dict has items."),
    };

    private static Text Join(RenderState state, IValue value, Bound a)
    {
        Text separator = PythonText.Str(state, a[0] ?? Text.Empty);
        Func<IValue, IValue> read = Attributes.Reader(state, a, 1);
        var builder = new TextBuilder(state);
        bool isFirst = true;
        foreach (IValue item in Iteration.Items(state, value))
        {
            if (!isFirst)
                builder.Append(separator);
            isFirst = false;
            builder.Append(PythonText.Str(state, read(item)));
        }

        return builder.ToText();
    }

    private static Sequence Sort(RenderState state, IValue value, Bound a)
    {
        Func<IValue, IValue> key = a.Has(2) && a[2] is Text several
            ? Attributes.ManyReader(state, several.Value, ignoreCase: !a.Flag(1))
            : Attributes.Reader(state, a, 2, ignoreCase: !a.Flag(1));
        return state.List(Sorting.Sort(state, Iteration.Items(state, value), key, a.Flag(0)), value.IsTrusted);
    }

    private static Sequence DictSort(RenderState state, IValue value, Bound a)
    {
        if (value is not Dict dict)
            throw Undefined.FailIfAny(state, a.Callee, value)
                ?? state.Fail($"{a.Callee} is given {PythonTypes.Some(value)}, but sorts a dict only.");
        string by = a.Text(1, new Text("key", true)).Value;
        if (by is not ("key" or "value"))
            throw a.Wrong(1, "'key' or 'value'");
        Func<IValue, IValue> fold = Attributes.Reader(state, a with { Slots = [null] }, 0, ignoreCase: !a.Flag(0));
        return state.List(Sorting.Sort(state, ContainerMethods.Items(state, dict).Items, item =>
            fold(((Sequence)item).Items[by == "key" ? 0 : 1]), a.Flag(2)), dict.IsTrusted);
    }

    private static Generator Unique(RenderState state, IValue value, Bound a)
    {
        Func<IValue, IValue> key = Attributes.Reader(state, a, 1, ignoreCase: !a.Flag(0));
        var seen = new HashSet<IValue>(KeyComparer.Instance);
        var kept = new List<IValue>();
        foreach (IValue item in Iteration.Items(state, value))
        {
            IValue read = key(item);
            if (!KeyComparer.IsHashable(read))
                throw state.Fail(
                    $"{a.Callee} meets {PythonTypes.Some(read)}, but compares strings, numbers, booleans and "
                    + $"none only.");
            if (seen.Add(read))
                kept.Add(item);
        }

        return new(kept, value.IsTrusted);
    }

    private static IValue Extreme(RenderState state, IValue value, Bound a, int sign)
    {
        Func<IValue, IValue> key = Attributes.Reader(state, a, 1, ignoreCase: !a.Flag(0));
        IValue? best = null, bestKey = null;
        foreach (IValue item in Iteration.Items(state, value))
        {
            IValue read = key(item);
            if (bestKey is null || Equality.Compare(state, read, bestKey, a.Callee) * sign > 0)
                (best, bestKey) = (item, read);
        }

        return best ?? new UndefinedValue("an extreme of nothing is undefined");
    }

    private static IValue Sum(RenderState state, IValue value, Bound a)
    {
        Func<IValue, IValue> read = Attributes.Reader(state, a, 0);
        IValue sum = a[1] ?? state.Integer(0);
        if (sum is Text)
            throw state.Fail(
                "the filter 'sum' begins with a str, but adds numbers or lists. The filter 'join' joins strings.");
        foreach (IValue item in Iteration.Items(state, value))
            sum = Arithmetic.Apply(state, "+", sum, read(item));
        return sum;
    }

    private static Generator Batch(RenderState state, IValue value, Bound a)
    {
        int size = Math.Max(1, a.Int(0));
        var batches = new List<IValue>();
        foreach (IValue[] chunk in Iteration.Items(state, value).Chunk(size))
            batches.Add(state.List(Filled(state, chunk, a.Has(1) ? size - chunk.Length : 0, a[1]), value.IsTrusted));
        return new(batches, value.IsTrusted);
    }

    private static Generator Slice(RenderState state, IValue value, Bound a)
    {
        IReadOnlyList<IValue> items = Iteration.Items(state, value);
        int slices = a.Int(0) > 0 ? a.Int(0) : throw a.Wrong(0, "at least 1");
        state.Spend(slices);
        int each = items.Count / slices, longer = items.Count % slices, at = 0;
        var result = new List<IValue>();
        for (int i = 0; i < slices; i++)
        {
            int count = each + (i < longer ? 1 : 0);
            IValue[] part = [.. items.Skip(at).Take(count)];
            result.Add(state.List(Filled(state, part, a.Has(1) && i >= longer ? 1 : 0, a[1]), value.IsTrusted));
            at += count;
        }

        return new(result, value.IsTrusted);
    }

    private static List<IValue> Filled(RenderState state, IValue[] items, int missing, IValue? fill)
    {
        state.Spend(missing);
        return [.. items, .. Enumerable.Repeat(fill ?? NoneValue.Own, missing)];
    }

    private static Sequence GroupBy(RenderState state, IValue value, Bound a)
    {
        IValue[] parts = Attributes.Parts(a[0] ?? NoneValue.Own);
        Func<IValue, IValue> plain = item => Attributes.Read(state, item, parts, fallback: a[1]);
        Func<IValue, IValue> key = item => Attributes.Read(state, item, parts, ignoreCase: !a.Flag(2), fallback: a[1]);
        var groups = new List<IValue>();
        var members = new List<IValue>();
        foreach (IValue item in Sorting.Sort(state, Iteration.Items(state, value), key))
        {
            if (members.Count > 0 && !Equality.AreEqual(state, key(members[0]), key(item)))
                Close();
            members.Add(item);
        }

        Close();
        return state.List(groups, value.IsTrusted);

        void Close()
        {
            if (members.Count == 0)
                return;
            groups.Add(state.Tuple([plain(members[0]), state.List([.. members], value.IsTrusted)], value.IsTrusted));
            members.Clear();
        }
    }
}
