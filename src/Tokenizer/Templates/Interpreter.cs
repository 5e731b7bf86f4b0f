using Puna.Tokenizer.Templates.Python;
using Puna.Tokenizer.Templates.Syntax;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates;

/// <summary>Renders a template: runs its statements one after the other. One instance renders once.</summary>
/// <param name="state">Limits, and the current line.</param>
/// <param name="globals">The functions, and the variables of the input.</param>
internal sealed partial class Interpreter(RenderState state, Scope globals)
{
    private Scope _scope = new(globals);
    private TextBuilder _output = new(state);
    private Text _blockBody = Text.Empty;

    /// <summary>Where a statement sends the loop around it.</summary>
    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    /// <exception cref="ChatTemplateException">The template refuses its input, fails, or reaches a limit.</exception>
    public Text Run(IReadOnlyList<IStatement> template)
    {
        Execute(template);
        return _output.ToText();
    }

    private Flow Execute(IReadOnlyList<IStatement> body)
    {
        foreach (IStatement statement in body)
        {
            if (Execute(statement) is not Flow.Next and var flow)
                return flow;
        }

        return Flow.Next;
    }

    private Flow Execute(IStatement statement)
    {
        state.Line = statement.Line;
        state.Spend(1);
        state.Enter();
        Flow flow = Flow.Next;
        switch (statement)
        {
            case Data data:
                _output.Append(data.Text, isTrusted: true);
                break;
            case Print print:
                _output.Append(PythonText.Str(state, Evaluate(print.Value)));
                break;
            case If branches:
                flow = ExecuteIf(branches);
                break;
            case For loop:
                ExecuteFor(loop, loop.Items, depth: 0);
                break;
            case Jump jump:
                flow = jump.IsBreak ? Flow.Break : Flow.Continue;
                break;
            case With with:
                flow = ExecuteWith(with);
                break;
            default:
                ExecuteAssignment(statement);
                break;
        }

        state.Leave();
        return flow;
    }

    private void ExecuteAssignment(IStatement statement)
    {
        switch (statement)
        {
            case Set set:
                Assign(set.Target, Evaluate(set.Value));
                break;
            case SetBlock set:
                Assign(set.Target, EvaluateBlock(set.Value, set.Body));
                break;
            case FilterBlock filter:
                _output.Append(PythonText.Str(state, EvaluateBlock(filter.Value, filter.Body)));
                break;
            case Macro macro:
                _scope.Set(macro.Name, Define(macro.Name, macro.Signature, macro.Body));
                break;
            case CallBlock call:
                IValue result = EvaluateCall(call.Call, Define("caller", call.Signature, call.Body));
                _output.Append(PythonText.Str(state, result));
                break;
        }
    }

    private IValue EvaluateBlock(IExpression value, IReadOnlyList<IStatement> body)
    {
        _blockBody = Capture(body);
        return Evaluate(value);
    }

    private Flow ExecuteIf(If branches)
    {
        foreach ((IExpression? test, IReadOnlyList<IStatement> body) in branches.Branches)
        {
            if (test is null || Truth.Of(Evaluate(test)))
                return Execute(body);
        }

        return Flow.Next;
    }

    private Flow ExecuteWith(With with)
    {
        // values are read outside: in 'with a = 1, b = a' the second a is not the first
        IValue[] values = [.. with.Variables.Select(v => Evaluate(v.Value))];
        return InScope(() =>
        {
            for (int i = 0; i < values.Length; i++)
                Assign(with.Variables[i].Target, values[i]);
            return Execute(with.Body);
        });
    }

    private void ExecuteFor(For loop, IExpression source, int depth) =>
        ExecuteFor(loop, Evaluate(source), depth);

    private void ExecuteFor(For loop, IValue source, int depth)
    {
        state.Line = loop.Line;
        IReadOnlyList<IValue> items = Iteration.Items(state, source);
        if (loop.Test is { } test)
            items = Where(loop.Target, test, items);
        Func<IValue, int, IValue>? recurse =
            loop.IsRecursive ? (more, deeper) => Recurse(loop, more, deeper) : null;
        var variable = new LoopValue(items, depth, recurse);
        Flow flow = items.Count == 0 ? Execute(loop.Otherwise) : Flow.Next;
        for (int i = 0; i < items.Count && flow != Flow.Break; i++)
        {
            variable.Index = i;
            flow = InScope(() =>
            {
                state.Line = loop.Line;
                _scope.Set("loop", variable);
                Assign(loop.Target, items[variable.Index]);
                return Execute(loop.Body);
            });
        }
    }

    private List<IValue> Where(ITarget target, IExpression test, IReadOnlyList<IValue> items)
    {
        var kept = new List<IValue>();
        foreach (IValue item in items)
        {
            InScope(() =>
            {
                Assign(target, item);
                if (Truth.Of(Evaluate(test)))
                    kept.Add(item);
                return Flow.Next;
            });
        }

        return kept;
    }

    private Text Recurse(For loop, IValue items, int depth)
    {
        state.Enter();
        (TextBuilder outer, _output) = (_output, new TextBuilder(state));
        ExecuteFor(loop, items, depth);
        (Text text, _output) = (_output.ToText(), outer);
        state.Leave();
        return text;
    }

    private void Assign(ITarget target, IValue value)
    {
        switch (target)
        {
            case NameTarget name:
                _scope.Set(name.Id, value);
                break;
            case AttributeTarget attribute when _scope.Find(attribute.Namespace) is NamespaceValue space:
                space.Attributes[attribute.Attribute] = value;
                break;
            case AttributeTarget attribute:
                throw state.Fail(
                    $"'{attribute.Namespace}.{attribute.Attribute}' is assigned to, but '{attribute.Namespace}' "
                    + "is no namespace. Make it with 'namespace()'.");
            case TupleTarget tuple:
                IReadOnlyList<IValue> items = Iteration.Items(state, value);
                if (items.Count != tuple.Items.Count)
                    throw state.Fail(
                        $"{items.Count} values are assigned to {tuple.Items.Count} names, but each name needs one.");
                for (int i = 0; i < items.Count; i++)
                    Assign(tuple.Items[i], items[i]);
                break;
        }
    }
}
