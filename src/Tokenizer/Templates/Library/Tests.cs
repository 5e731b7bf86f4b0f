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

    private static readonly FrozenDictionary<string, Test> Table =
        new Dictionary<string, Test>
        {
            ["boolean"] = new(NoArguments, (_, v, _) => v is BoolValue),
            ["callable"] = new(NoArguments, (_, v, _) => v is Callable or LoopValue or UndefinedValue),
            ["defined"] = new(NoArguments, (_, v, _) => v is not UndefinedValue),
            ["divisibleby"] = new(new(1, "num"), (state, v, o) => IsZero(Arithmetic.Apply(state, "%", v, o))),
            ["escaped"] = new(NoArguments, (_, v, _) => v is Text { IsMarkup: true }),
            ["even"] = new(NoArguments, (state, v, _) =>
                IsZero(Arithmetic.Apply(state, "%", v, new IntValue(2, true)))),
            ["false"] = new(NoArguments, (_, v, _) => v is BoolValue { Value: false }),
            ["filter"] = new(NoArguments, (_, v, _) => v is Text name && Filters.Exists(name.Value)),
            ["float"] = new(NoArguments, (_, v, _) => v is FloatValue),
            ["in"] = new(new(1, "seq"), (state, v, o) => Equality.IsIn(state, v, o)),
            ["integer"] = new(NoArguments, (_, v, _) => v is IntValue),
            ["iterable"] = new(NoArguments, (_, v, _) => Iteration.IsIterable(v)),
            ["lower"] = new(NoArguments, (state, v, _) => IsCase(state, v, "islower")),
            ["mapping"] = new(NoArguments, (_, v, _) => v is Dict),
            ["none"] = new(NoArguments, (_, v, _) => v is NoneValue),
            ["number"] = new(NoArguments, (_, v, _) => Number.From(v) is not null),
            ["odd"] = new(NoArguments, (state, v, _) => IsOne(Arithmetic.Apply(state, "%", v, new IntValue(2, true)))),
            ["sameas"] = new(Other, IsSame),
            ["sequence"] = new(NoArguments, (_, v, _) =>
                v is Text or Dict or UndefinedValue or Sequence { IsIndexable: true }),
            ["string"] = new(NoArguments, (_, v, _) => v is Text),
            ["test"] = new(NoArguments, (_, v, _) => v is Text name && Exists(name.Value)),
            ["true"] = new(NoArguments, (_, v, _) => v is BoolValue { Value: true }),
            ["undefined"] = new(NoArguments, (_, v, _) => v is UndefinedValue),
            ["upper"] = new(NoArguments, (state, v, _) => IsCase(state, v, "isupper")),
            ["=="] = new(Other, Equality.AreEqual),
            ["eq"] = new(Other, Equality.AreEqual),
            ["equalto"] = new(Other, Equality.AreEqual),
            ["!="] = new(Other, (state, v, o) => !Equality.AreEqual(state, v, o)),
            ["ne"] = new(Other, (state, v, o) => !Equality.AreEqual(state, v, o)),
            [">"] = new(Other, (state, v, o) => Equality.Compare(state, v, o, "'>'") > 0),
            ["gt"] = new(Other, (state, v, o) => Equality.Compare(state, v, o, "'>'") > 0),
            ["greaterthan"] = new(Other, (state, v, o) => Equality.Compare(state, v, o, "'>'") > 0),
            [">="] = new(Other, (state, v, o) => Equality.Compare(state, v, o, "'>='") >= 0),
            ["ge"] = new(Other, (state, v, o) => Equality.Compare(state, v, o, "'>='") >= 0),
            ["<"] = new(Other, (state, v, o) => Equality.Compare(state, v, o, "'<'") < 0),
            ["lt"] = new(Other, (state, v, o) => Equality.Compare(state, v, o, "'<'") < 0),
            ["lessthan"] = new(Other, (state, v, o) => Equality.Compare(state, v, o, "'<'") < 0),
            ["<="] = new(Other, (state, v, o) => Equality.Compare(state, v, o, "'<='") <= 0),
            ["le"] = new(Other, (state, v, o) => Equality.Compare(state, v, o, "'<='") <= 0),
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

    private static bool IsZero(IValue value) =>
        Number.From(value) is { } n && Number.Compare(n, new(BigInteger.Zero, 0)) == 0;

    private static bool IsOne(IValue value) =>
        Number.From(value) is { } n && Number.Compare(n, new(BigInteger.One, 0)) == 0;

    private static bool IsCase(RenderState state, IValue value, string method) =>
        TextMethods.Find(PythonText.Str(state, value), method)?.Invoke(state, Arguments.None)
            is BoolValue { Value: true };

    // Python's 'is': small values that are equal and of one type are one object
    private static bool IsSame(RenderState state, IValue value, IValue other) => (value, other) switch
    {
        (BoolValue a, BoolValue b) => a.Value == b.Value,
        (NoneValue, NoneValue) => true,
        (IntValue a, IntValue b) => a.Value == b.Value,
        (Text a, Text b) => a.Value == b.Value,
        _ => ReferenceEquals(value, other),
    };

    /// <summary>A test: its parameters behind the value, and what it says of the value and its argument.</summary>
    private sealed record Test(Signature Signature, Func<RenderState, IValue, IValue, bool> Body);
}
