using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates;

/// <summary>Variables of a block; what it does not hold is looked up around it.</summary>
/// <param name="parent">The block around it; null for the template's own.</param>
internal sealed class Scope(Scope? parent)
{
    private readonly Dictionary<string, IValue> _variables = new(StringComparer.Ordinal);

    public IValue? Find(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._variables.TryGetValue(name, out IValue? value))
                return value;
        }

        return null;
    }

    public void Set(string name, IValue value) => _variables[name] = value;

    private Scope? Parent => parent;
}
