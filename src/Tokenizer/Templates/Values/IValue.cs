using System.Numerics;

namespace Puna.Tokenizer.Templates.Values;

/// <summary>What an expression gives: Python's values, each with where it came from.</summary>
internal interface IValue
{
    /// <summary>
    /// Whether the template itself wrote it; false once anything of a message, tool or variable is in it.
    /// </summary>
    bool IsTrusted { get; }
}

/// <summary>Python's <c>None</c>.</summary>
internal sealed record NoneValue(bool IsTrusted) : IValue
{
    public static NoneValue Own { get; } = new(true);
}

/// <summary>True or False.</summary>
internal sealed record BoolValue(bool Value, bool IsTrusted) : IValue
{
    private static readonly BoolValue True = new(true, true);
    private static readonly BoolValue False = new(false, true);

    /// <summary>The outcome of a test or comparison, which is the template's.</summary>
    public static BoolValue Of(bool value) => value ? True : False;
}

/// <summary>An integer of any size.</summary>
internal sealed record IntValue(BigInteger Value, bool IsTrusted) : IValue;

/// <summary>A double.</summary>
internal sealed record FloatValue(double Value, bool IsTrusted) : IValue;

/// <summary>Something that is not there. Printing and iterating it gives nothing; any other use is an error.</summary>
/// <param name="Problem">What is missing, such as <c>'tools' is undefined</c>.</param>
internal sealed record UndefinedValue(string Problem) : IValue
{
    public bool IsTrusted => true;
}

/// <summary>A macro, a function, or a method bound to its value.</summary>
/// <param name="Name">As messages call it.</param>
/// <param name="Invoke">The call.</param>
internal sealed record Callable(string Name, Func<RenderState, Arguments, IValue> Invoke) : IValue
{
    public bool IsTrusted => true;
}

/// <summary>The result of <c>namespace(...)</c>, whose attributes a template may set.</summary>
internal sealed class NamespaceValue : IValue
{
    public OrderedDictionary<string, IValue> Attributes { get; } = new(StringComparer.Ordinal);

    public bool IsTrusted => true;
}
