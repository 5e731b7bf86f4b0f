using System.Numerics;
using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>The functions a template may call by name.</summary>
internal static class Functions
{
    /// <summary>Longest range, as in the sandbox that templates are written for.</summary>
    private const int MaxRange = 100_000;

    public static IReadOnlyDictionary<string, Callable> All { get; } = new[]
    {
        new Callable("raise_exception", RaiseException),
        new Callable("strftime_now", StrftimeNow),
        new Callable("namespace", MakeNamespace),
        new Callable("dict", MakeDict),
        new Callable("range", MakeRange),
    }.ToDictionary(f => f.Name);

    private static IValue RaiseException(RenderState state, Arguments arguments)
    {
        IValue message = new Signature(1, "message").Bind(state, "'raise_exception'", arguments)[0] ?? NoneValue.Own;
        throw state.Refuse(PythonText.Str(state, message).Value);
    }

    private static Text StrftimeNow(RenderState state, Arguments arguments)
    {
        Text format = new Signature(1, "format").Bind(state, "'strftime_now'", arguments).Text(0);
        state.SpendText(format.Value.Length, format.Value.Length);
        return new(Strftime.Format(state.Clock.GetLocalNow().DateTime, format.Value), format.IsTrusted);
    }

    private static NamespaceValue MakeNamespace(RenderState state, Arguments arguments)
    {
        var space = new NamespaceValue();
        foreach ((IValue key, IValue value) in MakeDict(state, arguments).Entries)
            space.Attributes[PythonText.Str(state, key).Value] = value;
        return space;
    }

    // a dict or pairs, then named entries
    private static Dict MakeDict(RenderState state, Arguments arguments)
    {
        if (arguments.Positional.Count > 1)
            throw state.Fail($"'dict' is given {arguments.Positional.Count} values, but takes one, and named entries.");
        var dict = new Dict(arguments.Positional.All(p => p.IsTrusted));
        foreach (IValue item in arguments.Positional)
        {
            IEnumerable<IValue> pairs = item is Dict source
                ? ContainerMethods.Items(state, source).Items
                : Iteration.Items(state, item);
            foreach (IValue pair in pairs)
            {
                if (Iteration.Items(state, pair) is not [var key, var value])
                    throw state.Fail("'dict' is given something that is no pair, but needs a key and a value.");
                state.Set(dict, key, value);
            }
        }

        foreach ((string name, IValue value) in arguments.Named)
            state.Set(dict, new Text(name, true), value);
        return dict;
    }

    private static Sequence MakeRange(RenderState state, Arguments arguments)
    {
        Bound a = new Signature(1, "start", "stop", "step").Bind(state, "'range'", arguments);
        BigInteger first = Integer(a, 0) ?? 0, step = Integer(a, 2) ?? 1;
        (BigInteger start, BigInteger stop) = Integer(a, 1) is { } second ? (first, second) : (BigInteger.Zero, first);
        if (step.IsZero)
            throw state.Fail("'range' is given step 0, but needs to move on.");
        BigInteger count = step.Sign > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step;
        if (count > MaxRange)
            throw state.Fail($"'range' would have {count} items, but {MaxRange} are the most.");
        var items = new List<IValue>();
        for (BigInteger i = start; items.Count < count; i += step)
            items.Add(new IntValue(i, true));
        string text = step.IsOne ? $"range({start}, {stop})" : $"range({start}, {stop}, {step})";
        return state.Sequence(items, SequenceKind.Range, isTrusted: true) with { RangeText = text };
    }

    private static BigInteger? Integer(Bound a, int index) => a[index] switch
    {
        null => null,
        IntValue or BoolValue => Number.From(a[index] ?? NoneValue.Own)?.Integer,
        { } other => throw Undefined.FailIfAny(a.State, a.Callee, other) ?? a.Wrong(index, "an int"),
    };
}
