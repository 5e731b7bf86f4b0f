using Puna.Tokenizer.Templates.Syntax;
using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates;

/// <summary>Macros, and the bodies that are rendered to a value.</summary>
internal sealed partial class Interpreter
{
    private Callable Define(string name, MacroSignature signature, IReadOnlyList<IStatement> body)
    {
        Scope definition = _scope;
        return new(name, (_, arguments) => Invoke(name, signature, body, definition, arguments));
    }

    private Text Invoke(
        string name, MacroSignature signature, IReadOnlyList<IStatement> body, Scope definition, Arguments arguments)
    {
        int line = state.Line;
        (Scope caller, _scope) = (_scope, new Scope(definition));
        state.Enter();
        Bind(name, signature, arguments);
        Text text = Capture(body);
        state.Leave();
        _scope = caller;
        state.Line = line;
        return text;
    }

    /// <summary>Sets a macro's parameters, and what is left of the arguments where its body reads it.</summary>
    private void Bind(string name, MacroSignature signature, Arguments arguments)
    {
        int count = signature.Parameters.Count;
        var named = new OrderedDictionary<string, IValue>(arguments.Named);
        if (arguments.Positional.Count > count && !signature.ReadsVarargs)
            throw state.Fail($"the macro '{name}' is given {arguments.Positional.Count} arguments, but takes {count}.");
        for (int i = 0; i < count; i++)
        {
            (string parameter, IExpression? fallback) = signature.Parameters[i];
            IValue? given = i < arguments.Positional.Count ? arguments.Positional[i] : null;
            if (given is null && named.TryGetValue(parameter, out given))
                named.Remove(parameter);
            // a default may read the parameters before it
            _scope.Set(parameter, given ?? EvaluateOptional(fallback)
                ?? new UndefinedValue($"the parameter '{parameter}' of the macro '{name}' is not given"));
        }

        if (signature.ReadsCaller && !signature.Parameters.Any(p => p.Name == "caller"))
        {
            _scope.Set("caller", named.GetValueOrDefault("caller") ?? new UndefinedValue("the macro has no caller"));
            named.Remove("caller");
        }

        if (signature.ReadsVarargs)
            _scope.Set("varargs", state.Tuple([.. arguments.Positional.Skip(count)]));
        if (signature.ReadsKwargs)
            _scope.Set("kwargs", Rest(named));
        else if (named.Count > 0)
            throw state.Fail($"the macro '{name}' is given '{named.GetAt(0).Key}', but has no such parameter.");
    }

    private Dict Rest(OrderedDictionary<string, IValue> named)
    {
        var rest = new Dict(isTrusted: true);
        foreach ((string key, IValue value) in named)
            state.Set(rest, new Text(key, true), value);
        return rest;
    }

    /// <summary>What a body prints, instead of printing it; variables it sets are its own.</summary>
    private Text Capture(IReadOnlyList<IStatement> body)
    {
        (TextBuilder outer, _output) = (_output, new TextBuilder(state));
        InScope(() => Execute(body));
        (Text captured, _output) = (_output.ToText(), outer);
        return captured;
    }

    private Flow InScope(Func<Flow> action)
    {
        (Scope outer, _scope) = (_scope, new Scope(_scope));
        Flow flow = action();
        _scope = outer;
        return flow;
    }
}
