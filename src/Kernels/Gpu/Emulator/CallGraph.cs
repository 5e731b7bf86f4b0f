using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>Who calls whom in a module: which functions may come to call themselves.</summary>
internal sealed class CallGraph
{
    private readonly Dictionary<string, HashSet<string>> _reached = [];

    public CallGraph(PtxModule module)
    {
        HashSet<string> names = [.. module.Functions.Where(f => f.HasBody).Select(f => f.Name)];
        Dictionary<string, HashSet<string>> calls = [];
        HashSet<string> pointed = [.. module.Variables.SelectMany(v => v.Values).OfType<NameOperand>().Select(n => n.Name).Where(names.Contains)];
        HashSet<string> indirect = [];
        foreach (FunctionSyntax function in module.Functions.Where(f => f.HasBody))
        {
            HashSet<string> own = calls[function.Name] = [];
            foreach (InstructionSyntax i in Instructions(function.Body))
            {
                IEnumerable<string> named = i.Operands.OfType<NameOperand>().Select(n => n.Name);
                if (i.Name != "call")
                    pointed.UnionWith(named.Where(names.Contains));
                else if (named.Any(names.Contains))
                    own.UnionWith(named.Where(names.Contains));
                else if (!named.Any(n => module.Functions.Any(f => f.Name == n)))
                    indirect.Add(function.Name);
            }
        }

        foreach (string name in indirect)
            calls[name].UnionWith(pointed);
        foreach (string name in names)
            _reached[name] = Reach(calls, name);
    }

    /// <summary>Whether a function may call itself, through others too.</summary>
    public bool IsRecursive(string function) => _reached.TryGetValue(function, out HashSet<string>? reached) && reached.Contains(function);

    /// <summary>Whether a call leads back to the function that makes it.</summary>
    public bool IsBackward(string from, string to) => from == to || (_reached.TryGetValue(to, out HashSet<string>? reached) && reached.Contains(from));

    private static HashSet<string> Reach(Dictionary<string, HashSet<string>> calls, string from)
    {
        HashSet<string> reached = [];
        Queue<string> next = new(calls[from]);
        while (next.TryDequeue(out string? name))
        {
            if (!reached.Add(name))
                continue;
            foreach (string further in calls[name])
                next.Enqueue(further);
        }

        return reached;
    }

    private static IEnumerable<InstructionSyntax> Instructions(IEnumerable<Statement> body)
    {
        foreach (Statement statement in body)
        {
            if (statement is InstructionSyntax i)
                yield return i;
            if (statement is not ScopeStatement scope)
                continue;
            foreach (InstructionSyntax inner in Instructions(scope.Body))
                yield return inner;
        }
    }
}
