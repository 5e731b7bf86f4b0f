using Puna.Tokenizer.Templates.Library;
using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Syntax;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates;

/// <summary>What expressions give.</summary>
internal sealed partial class Interpreter
{
    private IValue Evaluate(IExpression expression)
    {
        state.Line = expression.Line;
        state.Spend(1);
        state.Enter();
        IValue value = expression switch
        {
            Constant constant => constant.Value,
            Name name => _scope.Find(name.Id) ?? new UndefinedValue($"'{name.Id}' is undefined"),
            AttributeAccess access => EvaluateAttribute(access),
            ItemAccess access => EvaluateItem(access),
            FilterCall call => EvaluateFilter(call),
            TestCall call => EvaluateTest(call),
            Call call => EvaluateCall(call),
            Binary binary => EvaluateBinary(binary),
            Logical logical => EvaluateLogical(logical),
            Unary unary => EvaluateUnary(unary),
            Comparison comparison => EvaluateComparison(comparison),
            Concatenation concatenation => EvaluateConcatenation(concatenation),
            Conditional conditional => EvaluateConditional(conditional),
            SequenceLiteral literal => EvaluateSequence(literal),
            DictLiteral literal => EvaluateDict(literal),
            BlockBody => _blockBody,
            _ => throw state.Fail("a slice stands outside of brackets, where it has no meaning."),
        };
        state.Leave();
        return value;
    }

    private IValue EvaluateAttribute(AttributeAccess access)
    {
        IValue target = Evaluate(access.Target);
        state.Line = access.Line;
        return Lookup.Attribute(state, target, access.Attribute);
    }

    private IValue EvaluateItem(ItemAccess access)
    {
        IValue target = Evaluate(access.Target);
        if (access.Index is Slice slice)
        {
            IValue? start = EvaluateOptional(slice.Start);
            IValue? stop = EvaluateOptional(slice.Stop);
            IValue? step = EvaluateOptional(slice.Step);
            state.Line = access.Line;
            return Lookup.Range(state, target, start, stop, step);
        }

        IValue index = Evaluate(access.Index);
        state.Line = access.Line;
        return Lookup.Item(state, target, index);
    }

    private IValue? EvaluateOptional(IExpression? expression) => expression is null ? null : Evaluate(expression);

    private IValue EvaluateFilter(FilterCall call)
    {
        IValue target = Evaluate(call.Target);
        Arguments arguments = EvaluateArguments(call.Arguments);
        state.Line = call.Line;
        return Filters.Apply(state, call.Filter, target, arguments);
    }

    private BoolValue EvaluateTest(TestCall call)
    {
        IValue target = Evaluate(call.Target);
        Arguments arguments = EvaluateArguments(call.Arguments);
        state.Line = call.Line;
        return BoolValue.Of(Tests.Apply(state, call.Test, target, arguments));
    }

    private IValue EvaluateCall(Call call, Callable? caller = null)
    {
        IValue callee = Evaluate(call.Callee);
        Arguments arguments = EvaluateArguments(call.Arguments);
        state.Line = call.Line;
        if (caller is not null)
            arguments = arguments with { Named = [.. arguments.Named, new("caller", caller)] };
        return callee switch
        {
            Callable callable => callable.Invoke(state, arguments),
            LoopValue loop => loop.Call(state, arguments),
            UndefinedValue when call.Callee is Name name => throw state.Fail(
                $"the function '{name.Id}' is unknown. Supported are: "
                + string.Join(", ", Functions.All.Keys.Order(StringComparer.Ordinal))
                + ", and macros of the template."),
            UndefinedValue undefined => throw state.Fail($"{undefined.Problem}, but it is called."),
            _ => throw state.Fail(
                $"{PythonTypes.Some(callee)} is called, but only functions, macros and methods can be."),
        };
    }

    private Arguments EvaluateArguments(CallArguments arguments)
    {
        if (arguments == CallArguments.None)
            return Arguments.None;
        List<IValue> positional = [.. arguments.Positional.Select(Evaluate)];
        List<KeyValuePair<string, IValue>> named =
            [.. arguments.Named.Select(n => KeyValuePair.Create(n.Name, Evaluate(n.Value)))];
        if (arguments.MorePositional is { } more)
            positional.AddRange(Iteration.Items(state, Evaluate(more)));
        if (arguments.MoreNamed is { } moreNamed)
        {
            if (Evaluate(moreNamed) is not Dict dict)
                throw state.Fail("'**' stands before something that is no dict, but names come from a dict only.");
            named.AddRange(dict.Entries.Select(e => KeyValuePair.Create(PythonText.Str(state, e.Key).Value, e.Value)));
            if (named.DistinctBy(n => n.Key).Count() < named.Count)
                throw state.Fail("an argument is given twice, by name and by '**'.");
        }

        return new(positional, named);
    }

    private IValue EvaluateBinary(Binary binary)
    {
        IValue left = Evaluate(binary.Left), right = Evaluate(binary.Right);
        state.Line = binary.Line;
        return Arithmetic.Apply(state, binary.Operator, left, right);
    }

    private IValue EvaluateLogical(Logical logical)
    {
        IValue left = Evaluate(logical.Left);
        return Truth.Of(left) == logical.IsAnd ? Evaluate(logical.Right) : left;
    }

    private IValue EvaluateUnary(Unary unary)
    {
        IValue operand = Evaluate(unary.Operand);
        state.Line = unary.Line;
        return unary.Operator == "not"
            ? BoolValue.Of(!Truth.Of(operand))
            : Arithmetic.Negate(state, unary.Operator, operand);
    }

    private BoolValue EvaluateComparison(Comparison comparison)
    {
        IValue left = Evaluate(comparison.First);
        foreach ((string @operator, IExpression operand) in comparison.Rest)
        {
            IValue right = Evaluate(operand);
            state.Line = comparison.Line;
            if (!Compare(@operator, left, right))
                return BoolValue.Of(false);
            left = right;
        }

        return BoolValue.Of(true);
    }

    private bool Compare(string @operator, IValue left, IValue right) => @operator switch
    {
        "==" => Equality.AreEqual(state, left, right),
        "!=" => !Equality.AreEqual(state, left, right),
        "in" => Equality.IsIn(state, left, right),
        "not in" => !Equality.IsIn(state, left, right),
        "<" => Equality.Compare(state, left, right, "'<'") < 0,
        "<=" => Equality.Compare(state, left, right, "'<='") <= 0,
        ">" => Equality.Compare(state, left, right, "'>'") > 0,
        _ => Equality.Compare(state, left, right, "'>='") >= 0,
    };

    private Text EvaluateConcatenation(Concatenation concatenation)
    {
        var builder = new TextBuilder(state);
        foreach (IExpression item in concatenation.Items)
            builder.Append(PythonText.Str(state, Evaluate(item)));
        return builder.ToText();
    }

    private IValue EvaluateConditional(Conditional conditional)
    {
        if (Truth.Of(Evaluate(conditional.Test)))
            return Evaluate(conditional.Then);
        return conditional.Otherwise is { } otherwise
            ? Evaluate(otherwise)
            : new UndefinedValue($"the 'if' without 'else' of line {conditional.Line} gives nothing");
    }

    private Sequence EvaluateSequence(SequenceLiteral literal) =>
        state.Sequence([.. literal.Items.Select(Evaluate)], literal.Kind, isTrusted: true);

    private Dict EvaluateDict(DictLiteral literal)
    {
        var dict = new Dict(isTrusted: true);
        foreach ((IExpression key, IExpression value) in literal.Pairs)
            state.Set(dict, Evaluate(key), Evaluate(value));
        return dict;
    }
}
