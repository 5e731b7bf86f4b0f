using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>A name that is not a register: where the variable lies.</summary>
/// <param name="Space">Its state space.</param>
/// <param name="Offset">In shared, local or parameter memory.</param>
/// <param name="Variable">Its declaration.</param>
/// <param name="Frame">The activation that owns it, where a recursive function declares it; the offset counts from its begin.</param>
internal sealed record Symbol(StateSpace Space, long Offset, VariableSyntax Variable, RecursionFrame? Frame = null);

/// <summary>Names that are visible in a pair of braces.</summary>
internal sealed class Scope(Scope? parent)
{
    private readonly Dictionary<string, Register> _registers = [];
    private readonly Dictionary<string, Register[]> _vectors = [];
    private readonly Dictionary<string, (PtxType Type, int Count)> _ranges = [];
    private readonly Dictionary<string, Symbol> _symbols = [];

    /// <summary>Labels of this scope and the instruction each stands before.</summary>
    public Dictionary<string, int> Labels { get; } = [];

    /// <summary>Tables of branch targets.</summary>
    public Dictionary<string, IReadOnlyList<string>> Tables { get; } = [];

    public Scope? Parent => parent;

    public void Add(string name, Register register) => _registers[name] = register;

    public void AddRange(string prefix, PtxType type, int count) => _ranges[prefix] = (type, count);

    public void AddVector(string name, Register[] items)
    {
        _vectors[name] = items;
        for (int i = 0; i < items.Length; i++)
        {
            _registers[$"{name}.{"xyzw"[i]}"] = items[i];
            _registers[$"{name}.{"rgba"[i]}"] = items[i];
        }
    }

    public void Add(string name, Symbol symbol) => _symbols[name] = symbol;

    /// <summary>The symbol of a name, here or outside.</summary>
    public Symbol? Symbol(string name) => _symbols.TryGetValue(name, out Symbol? found) ? found : parent?.Symbol(name);

    /// <summary>The registers of a vector variable, or null.</summary>
    public Register[]? Vector(string name) => _vectors.TryGetValue(name, out Register[]? found) ? found : parent?.Vector(name);

    /// <summary>The register of a name, here or outside; those of a range come into being when they are named first.</summary>
    public Register? Register(string name, RegisterFile file)
    {
        if (_registers.TryGetValue(name, out Register found))
            return found;
        if (_symbols.ContainsKey(name))
            return null;    // a variable hides an outer register
        int digits = name.Length;
        while (digits > 0 && char.IsAsciiDigit(name[digits - 1]))
            digits--;
        for (; digits < name.Length; digits++)
        {
            if (_ranges.TryGetValue(name[..digits], out (PtxType Type, int Count) range) && int.TryParse(name.AsSpan(digits), out int index) && index < range.Count)
            {
                found = file.Add(range.Type, name);
                _registers.Add(name, found);
                return found;
            }
        }

        return parent?.Register(name, file);
    }

    /// <summary>The instruction a label stands before, or -1.</summary>
    public int Label(string name) => Labels.TryGetValue(name, out int pc) ? pc : parent?.Label(name) ?? -1;

    /// <summary>The labels of a table, or null.</summary>
    public IReadOnlyList<string>? Table(string name) => Tables.TryGetValue(name, out IReadOnlyList<string>? t) ? t : parent?.Table(name);
}
