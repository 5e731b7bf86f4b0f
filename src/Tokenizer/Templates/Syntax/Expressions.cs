using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Syntax;

/// <summary>Something that gives a value.</summary>
internal interface IExpression
{
    /// <summary>One-based line on which it begins.</summary>
    int Line { get; }
}

internal sealed record Constant(int Line, IValue Value) : IExpression;

internal sealed record Name(int Line, string Id) : IExpression;

/// <summary>A list or tuple.</summary>
internal sealed record SequenceLiteral(int Line, IReadOnlyList<IExpression> Items, SequenceKind Kind) : IExpression;

internal sealed record DictLiteral(int Line, IReadOnlyList<(IExpression Key, IExpression Value)> Pairs) : IExpression;

/// <summary>An operator on one value: <c>not</c>, <c>-</c> or <c>+</c>.</summary>
internal sealed record Unary(int Line, string Operator, IExpression Operand) : IExpression;

/// <summary>An arithmetic operator on two values.</summary>
internal sealed record Binary(int Line, string Operator, IExpression Left, IExpression Right) : IExpression;

/// <summary>
/// <c>and</c> or <c>or</c>: gives one of its operands, and reads the right one only where it decides.
/// </summary>
internal sealed record Logical(int Line, bool IsAnd, IExpression Left, IExpression Right) : IExpression;

/// <summary>Operands joined by <c>~</c> as text.</summary>
internal sealed record Concatenation(int Line, IReadOnlyList<IExpression> Items) : IExpression;

/// <summary>A chain such as <c>a &lt; b &lt;= c</c>: true where each neighbouring pair is.</summary>
internal sealed record Comparison(
    int Line, IExpression First, IReadOnlyList<(string Operator, IExpression Operand)> Rest) : IExpression;

/// <summary><c>then if test else otherwise</c>; undefined where the test fails and nothing else is given.</summary>
internal sealed record Conditional(
    int Line, IExpression Test, IExpression Then, IExpression? Otherwise) : IExpression;

/// <summary><c>target.name</c>.</summary>
internal sealed record AttributeAccess(int Line, IExpression Target, string Attribute) : IExpression;

/// <summary><c>target[index]</c>.</summary>
internal sealed record ItemAccess(int Line, IExpression Target, IExpression Index) : IExpression;

/// <summary><c>start:stop:step</c> between the brackets of an <see cref="ItemAccess"/>.</summary>
internal sealed record Slice(int Line, IExpression? Start, IExpression? Stop, IExpression? Step) : IExpression;

internal sealed record Call(int Line, IExpression Callee, CallArguments Arguments) : IExpression;

internal sealed record FilterCall(int Line, IExpression Target, string Filter, CallArguments Arguments) : IExpression;

internal sealed record TestCall(int Line, IExpression Target, string Test, CallArguments Arguments) : IExpression;

/// <summary>The rendered body of a block, where a filter is applied to it.</summary>
internal sealed record BlockBody(int Line) : IExpression;

/// <summary>The arguments of a call.</summary>
/// <param name="Positional">By position.</param>
/// <param name="Named">By name.</param>
/// <param name="MorePositional">A sequence of further ones, behind <c>*</c>.</param>
/// <param name="MoreNamed">A dict of further ones, behind <c>**</c>.</param>
internal sealed record CallArguments(
    IReadOnlyList<IExpression> Positional,
    IReadOnlyList<(string Name, IExpression Value)> Named,
    IExpression? MorePositional = null,
    IExpression? MoreNamed = null)
{
    public static CallArguments None { get; } = new([], []);
}
