using System.Numerics;
using Puna.Tokenizer.Templates.Python;

namespace Puna.Tokenizer.Templates.Values;

/// <summary>The arguments of a call, as given.</summary>
/// <param name="Positional">By position.</param>
/// <param name="Named">By name; names differ.</param>
internal sealed record Arguments(
    IReadOnlyList<IValue> Positional, IReadOnlyList<KeyValuePair<string, IValue>> Named)
{
    public static Arguments None { get; } = new([], []);

    public static Arguments Of(params IValue[] positional) => new(positional, []);

    /// <summary>The arguments from position <paramref name="count"/> on.</summary>
    public Arguments Skip(int count) => this with { Positional = [.. Positional.Skip(count)] };

    public IValue? Find(string name)
    {
        foreach ((string key, IValue value) in Named)
        {
            if (key == name)
                return value;
        }

        return null;
    }
}

/// <summary>The parameters of a filter, test, function or method.</summary>
/// <param name="Required">How many must be given.</param>
/// <param name="Names">Names in order.</param>
internal sealed record Signature(int Required, params string[] Names)
{
    /// <summary>Puts arguments in the order of the parameters.</summary>
    /// <param name="state">The rendering.</param>
    /// <param name="callee">As messages call it, such as <c>the filter 'replace'</c>.</param>
    /// <param name="arguments">As given.</param>
    /// <exception cref="ChatTemplateException">One is missing, given twice, or too many.</exception>
    public Bound Bind(RenderState state, string callee, Arguments arguments)
    {
        if (arguments.Positional.Count > Names.Length)
            throw state.Fail($"{callee} is given {Count(arguments.Positional.Count)}, but takes {Describe()}.");
        var slots = new IValue?[Names.Length];
        for (int i = 0; i < arguments.Positional.Count; i++)
            slots[i] = arguments.Positional[i];
        foreach ((string name, IValue value) in arguments.Named)
        {
            int at = Array.IndexOf(Names, name);
            if (at < 0 || slots[at] is not null)
                throw state.Fail($"{callee} is given '{name}'{(at < 0 ? "" : " twice")}, but takes {Describe()}.");
            slots[at] = value;
        }

        int missing = Array.IndexOf(slots, null);
        if (missing >= 0 && missing < Required)
            throw state.Fail($"{callee} is called without '{Names[missing]}', but takes {Describe()}.");
        return new(state, callee, Names, slots);
    }

    private static string Count(int count) => count == 1 ? "1 argument" : $"{count} arguments";

    private string Describe() => Names.Length == 0 ? "no arguments"
        : string.Join(", ", Names.Select((name, i) => i < Required ? name : $"[{name}]"));
}

/// <summary>Arguments in the order of the parameters; null where one was not given.</summary>
internal readonly record struct Bound(RenderState State, string Callee, string[] Names, IValue?[] Slots)
{
    public IValue? this[int index] => Slots[index];

    public bool Has(int index) => Slots[index] is not null and not NoneValue;

    /// <summary>An argument as truth; <paramref name="fallback"/> where it was not given.</summary>
    public bool Flag(int index, bool fallback = false) =>
        Slots[index] is { } value ? Truth.Of(value) : fallback;

    /// <summary>An argument as an index or count, clamped to 32 bits, which no list or string exceeds.</summary>
    public int Int(int index, int fallback = 0)
    {
        if (!Has(index))
            return fallback;
        if (Slots[index] is not { } slot || Number.From(slot)?.Integer is not { } i)
            throw Wrong(index, "an int");
        return (int)BigInteger.Clamp(i, int.MinValue + 1, int.MaxValue - 1);
    }

    /// <summary>An argument that must be a string.</summary>
    public Text Text(int index, Text? fallback = null) =>
        Slots[index] is Text text ? text
        : !Has(index) && fallback is not null ? fallback
        : throw Wrong(index, "a str");

    public ChatTemplateException Wrong(int index, string expected) =>
        State.Fail($"{Callee} is given {PythonTypes.Some(Slots[index] ?? NoneValue.Own)} as '{Names[index]}', "
            + $"but it must be {expected}.");
}
