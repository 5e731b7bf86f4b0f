using System.Collections.Frozen;
using System.Numerics;
using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>The tests, <c>value is name</c>, by name.</summary>
internal static class Tests
{
    private static readonly Signature NoArguments = new(0);
    private static readonly Signature Other = new(1, "other");

    private static readonly FrozenDictionary<string, (Signature Signature, Func<RenderState, IValue, IValue, bool> Body)> Table =
        new Dictionary<string, (Signature, Func<RenderState, IValue, IValue, bool>)>
        {
            ["boolean"] = (NoArguments, (_, v, _) => v is BoolValue),
            ["callable"] = (NoArguments, (_, v, _) => v is Callable or LoopValue or UndefinedValue),
            ["defined"] = (NoArguments, (_, v, _) => v is not UndefinedValue),
            ["divisibleby"] = (new(1, "num"), (state, v, o) => IsZero(Arithmetic.Apply(state, "%", v, o))),
            ["escaped"] = (NoArguments, (_, v, _) => v is Text { IsMarkup: true }),
            ["even"] = (NoArguments, (state, v, _) => IsZero(Arithmetic.Apply(state, "%", v, new IntValue(2, true)))),
            ["false"] = (NoArguments, (_, v, _) => v is BoolValue { Value: false }),
            ["filter"] = (NoArguments, (_, v, _) => v is Text name && Filters.Exists(name.Value)),
            ["float"] = (NoArguments, (_, v, _) => v is FloatValue),
            ["in"] = (new(1, "seq"), (state, v, o) => Equality.IsIn(state, v, o)),
            ["integer"] = (NoArguments, (_, v, _) => v is IntValue),
            ["iterable"] = (NoArguments, (_, v, _) => Iteration.IsIterable(v)),
            ["lower"] = (NoArguments, (state, v, _) => IsCase(state, v, "islower")),
            ["mapping"] = (NoArguments, (_, v, _) => v is Dict),
            ["none"] = (NoArguments, (_, v, _) => v is NoneValue),
            ["number"] = (NoArguments, (_, v, _) => Number.From(v) is not null),
            ["odd"] = (NoArguments, (state, v, _) => Number.From(Arithmetic.Apply(state, "%", v, new IntValue(2, true))) is { } n
                && Number.Compare(n, new(BigInteger.One, 0)) == 0),
            ["sameas"] = (Other, IsSame),
            ["sequence"] = (NoArguments, (_, v, _) => v is Text or Dict or UndefinedValue or Sequence { IsIndexable: true }),
            ["string"] = (NoArguments, (_, v, _) => v is Text),
            ["test"] = (NoArguments, (_, v, _) => v is Text name && Exists(name.Value)),
            ["true"] = (NoArguments, (_, v, _) => v is BoolValue { Value: true }),
            ["undefined"] = (NoArguments, (_, v, _) => v is UndefinedValue),
            ["upper"] = (NoArguments, (state, v, _) => IsCase(state, v, "isupper")),
            ["=="] = (Other, Equality.AreEqual),
            ["eq"] = (Other, Equality.AreEqual),
            ["equalto"] = (Other, Equality.AreEqual),
            ["!="] = (Other, (state, v, o) => !Equality.AreEqual(state, v, o)),
            ["ne"] = (Other, (state, v, o) => !Equality.AreEqual(state, v, o)),
            [">"] = (Other, (state, v, o) => Equality.Compare(state, v, o, "'>'") > 0),
            ["gt"] = (Other, (state, v, o) => Equality.Compare(state, v, o, "'>'") > 0),
            ["greaterthan"] = (Other, (state, v, o) => Equality.Compare(state, v, o, "'>'") > 0),
            [">="] = (Other, (state, v, o) => Equality.Compare(state, v, o, "'>='") >= 0),
            ["ge"] = (Other, (state, v, o) => Equality.Compare(state, v, o, "'>='") >= 0),
            ["<"] = (Other, (state, v, o) => Equality.Compare(state, v, o, "'<'") < 0),
            ["lt"] = (Other, (state, v, o) => Equality.Compare(state, v, o, "'<'") < 0),
            ["lessthan"] = (Other, (state, v, o) => Equality.Compare(state, v, o, "'<'") < 0),
            ["<="] = (Other, (state, v, o) => Equality.Compare(state, v, o, "'<='") <= 0),
            ["le"] = (Other, (state, v, o) => Equality.Compare(state, v, o, "'<='") <= 0),
        }.ToFrozenDictionary();

    public static bool Exists(string name) => Table.ContainsKey(name);

    /// <summary>The sentence about a test that there is not.</summary>
    public static string Unknown(string name) => $"the test '{name}' is unknown. Supported are: "
        + string.Join(", ", Table.Keys.Where(k => char.IsLetter(k[0])).Order(StringComparer.Ordinal)) + ".";

    public static bool Apply(RenderState state, string name, IValue value, Arguments arguments)
    {
        state.Spend(1);
        if (!Table.TryGetValue(name, out var test))
            throw state.Fail(Unknown(name));
        Bound bound = test.Signature.Bind(state, $"the test '{name}'", arguments);
        return test.Body(state, value, bound.Slots.Length > 0 ? bound.Slots[0] ?? NoneValue.Own : NoneValue.Own);
    }

    private static bool IsZero(IValue value) => Number.From(value) is { } n && Number.Compare(n, new(BigInteger.Zero, 0)) == 0;

    private static bool IsCase(RenderState state, IValue value, string method) =>
        TextMethods.Find(PythonText.Str(state, value), method)?.Invoke(state, Arguments.None) is BoolValue { Value: true };

    // Python's 'is': small values that are equal and of one type are one object
    private static bool IsSame(RenderState state, IValue value, IValue other) => (value, other) switch
    {
        (BoolValue a, BoolValue b) => a.Value == b.Value,
        (NoneValue, NoneValue) => true,
        (IntValue a, IntValue b) => a.Value == b.Value,
        (Text a, Text b) => a.Value == b.Value,
        _ => ReferenceEquals(value, other),
    };
}
