namespace Puna.Tokenizer.Templates.Syntax;

/// <summary>Something that writes, assigns or decides what happens.</summary>
internal interface IStatement
{
    /// <summary>One-based line on which it begins.</summary>
    int Line { get; }
}

/// <summary>Text as it stands in the template.</summary>
internal sealed record Data(int Line, string Text) : IStatement;

/// <summary><c>{{ value }}</c>.</summary>
internal sealed record Print(int Line, IExpression Value) : IStatement;

/// <summary>The branches of an if in order; the last one's test is null where it is an else.</summary>
internal sealed record If(
    int Line, IReadOnlyList<(IExpression? Test, IReadOnlyList<IStatement> Body)> Branches) : IStatement;

/// <summary>A loop over the items for which the test, if any, holds.</summary>
internal sealed record For(
    int Line,
    ITarget Target,
    IExpression Items,
    IExpression? Test,
    bool IsRecursive,
    IReadOnlyList<IStatement> Body,
    IReadOnlyList<IStatement> Otherwise) : IStatement;

/// <summary><c>break</c> or <c>continue</c>.</summary>
internal sealed record Jump(int Line, bool IsBreak) : IStatement;

/// <summary>An assignment of a value.</summary>
internal sealed record Set(int Line, ITarget Target, IExpression Value) : IStatement;

/// <summary>An assignment of the rendered body, after filters.</summary>
internal sealed record SetBlock(
    int Line, ITarget Target, IExpression Value, IReadOnlyList<IStatement> Body) : IStatement;

/// <summary>Prints the rendered body after filters.</summary>
internal sealed record FilterBlock(int Line, IExpression Value, IReadOnlyList<IStatement> Body) : IStatement;

/// <summary>
/// A body with variables of its own: <c>with</c>, and <c>generation</c>, which marks what a model wrote.
/// </summary>
internal sealed record With(
    int Line,
    IReadOnlyList<(ITarget Target, IExpression Value)> Variables,
    IReadOnlyList<IStatement> Body) : IStatement;

/// <summary>The definition of a macro.</summary>
internal sealed record Macro(
    int Line, string Name, MacroSignature Signature, IReadOnlyList<IStatement> Body) : IStatement;

/// <summary>Prints what a macro gives that may call the body as <c>caller()</c>.</summary>
internal sealed record CallBlock(
    int Line, MacroSignature Signature, Call Call, IReadOnlyList<IStatement> Body) : IStatement;

/// <summary>The parameters of a macro, and which of the special variables its body reads.</summary>
internal sealed record MacroSignature(
    IReadOnlyList<(string Name, IExpression? Default)> Parameters,
    bool ReadsCaller = false,
    bool ReadsKwargs = false,
    bool ReadsVarargs = false);

/// <summary>What can be assigned to.</summary>
internal interface ITarget
{
}

internal sealed record NameTarget(string Id) : ITarget;

/// <summary><c>namespace.attribute</c>.</summary>
internal sealed record AttributeTarget(string Namespace, string Attribute) : ITarget;

internal sealed record TupleTarget(IReadOnlyList<ITarget> Items) : ITarget;
