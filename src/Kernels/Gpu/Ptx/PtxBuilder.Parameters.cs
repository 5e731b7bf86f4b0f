namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    private readonly Dictionary<string, string> _symbols = [];
    private readonly List<string> _parameters = [];
    private readonly Dictionary<string, Value> _special = [];

    internal IReadOnlyList<string> ParameterDeclarations => _parameters;

    /// <summary>The next parameter of the kernel, a pointer to global memory.</summary>
    /// <typeparam name="T">What it points at.</typeparam>
    /// <param name="name">Name in the text.</param>
    public Global<T> PointerParam<T>(string name) where T : struct, IElement<T>
    {
        Value address = Parameter(PtxType.U64, name);
        _prologue.Add(new Line(LineKind.Instruction, "cvta.to.global.u64", [Operand.Out(address), address], 0));
        return new Global<T>(new Address(this, Space.Global, address, null, 0, name));
    }

    /// <summary>The next parameter of the kernel, passed by value.</summary>
    /// <param name="name">Name in the text.</param>
    public T Param<T>(string name) where T : struct, IRegister<T>
    {
        if (T.ElementType.Bytes < 4)
            throw Fail($"the parameter '{name}' is a {T.ElementType.Name}, but a type of 4 or 8 bytes was expected");
        return T.From(Parameter(T.ElementType, name));
    }

    /// <summary><see cref="Param{T}"/> of a 32-bit float.</summary>
    /// <param name="name">Name in the text.</param>
    public F32 F32Param(string name) => Param<F32>(name);

    /// <summary><see cref="Param{T}"/> of a 32-bit unsigned integer.</summary>
    /// <param name="name">Name in the text.</param>
    public U32 U32Param(string name) => Param<U32>(name);

    private Value Parameter(PtxType type, string name)
    {
        ClaimSymbol(name, "parameter");
        string scalar = $"{(type.Register[0] == 'f' ? 'f' : 'u')}{8 * type.Bytes}";
        _parameters.Add($".{scalar} {name}");
        Value register = InPrologue(type, name);
        _prologue.Add(new Line(LineKind.Instruction, $"ld.param.{scalar}", [Operand.Out(register), Operand.Address(name)], 0));
        return register;
    }

    /// <summary>A register that is written before the body, and lives as long as the kernel.</summary>
    private Value InPrologue(PtxType type, string name)
    {
        CheckOpen();
        Value register = Value.Register(this, type, _root);
        register.Name = name;
        _registers.Add(register);
        return register;
    }

    /// <summary>Takes a name of the module: parameters, shared arrays and labels share one space.</summary>
    private void ClaimSymbol(string name, string kind)
    {
        if (!PtxNames.IsIdentifier(name))
            throw Fail($"the {kind} is called '{name}', but ASCII letters, digits and underscores were expected, not starting with a digit");
        if (!_symbols.TryAdd(name, kind))
            throw Fail($"the {kind} is called '{name}', but there is already a {_symbols[name]} of this name");
    }

    /// <summary>A name of the module that nothing else has.</summary>
    private string NewSymbol(string stem)
    {
        string name = stem;
        for (int i = 2; _symbols.ContainsKey(name); i++)
            name = $"{stem}_{i}";
        return name;
    }

    /// <summary>A label that nothing else is called: the stem with the lowest number from 1 on, or alone where it is a name.</summary>
    internal string NewLabel(string stem, bool isNumbered = false)
    {
        string label = isNumbered ? $"{stem}_1" : stem;
        for (int i = 2; !_symbols.TryAdd(label, "label"); i++)
            label = $"{stem}_{i}";
        return label;
    }
}
