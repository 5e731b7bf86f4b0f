namespace Puna.Kernels.Gpu.Ptx;

public sealed partial class PtxBuilder
{
    private int _requiredPtx;
    private int _attributed;
    private SourceLine? _lastSource;

    /// <summary>Lowest <c>.version</c> so far: 74 is 7.4.</summary>
    internal int RequiredPtx => _requiredPtx;

    /// <summary>The lowest version that knows a target.</summary>
    private static int LowestPtx(GpuArch arch) => (arch.Major, arch.Minor, arch.IsSpecific) switch
    {
        (9, 0, true) => 80,
        (9, 0, false) or (8, 9, false) => 78,
        (8, 6, false) => 71,
        (8, 7, false) => 74,
        (8, 0, false) => 70,
        _ => throw new KernelException($"PtxBuilder: the target is {arch}, but one of sm_80, sm_86, sm_87, sm_89, sm_90 and sm_90a was expected."),
    };

    /// <summary>States what a construct needs; every construct beyond PTX 7.0 and sm_80 does.</summary>
    /// <param name="construct">Its name in the error.</param>
    /// <param name="ptx">Lowest version: 78 is 7.8; at most 84.</param>
    /// <param name="arch">Lowest target.</param>
    /// <param name="instead">What to do on a lesser target; null where there is nothing.</param>
    internal void Require(string construct, int ptx, GpuArch arch, string? instead = null)
    {
        if (!Arch.Runs(arch))
            throw Fail($"{construct} was used for {Arch}, but it needs {arch}{(instead is null ? "" : $". {instead}")}");
        _requiredPtx = Math.Max(_requiredPtx, ptx);
    }

    /// <summary>Writes an instruction. Registers that it writes are passed by <see cref="Operand.Out"/>.</summary>
    internal Line Emit(string opcode, params ReadOnlySpan<Operand> operands)
    {
        CheckOpen();
        Operand[] checkedOperands = operands.ToArray();
        bool varies = false;
        for (int i = 0; i < checkedOperands.Length; i++)
            varies |= CheckOperand(ref checkedOperands[i]);
        foreach (Operand operand in checkedOperands)
            MarkWritten(operand, varies);
        Line line = new(LineKind.Instruction, opcode, checkedOperands, _depth);
        _lines.Add(line);
        return line;
    }

    /// <summary>Writes an instruction that the construct's needs allow.</summary>
    internal Line Emit(string opcode, int ptx, GpuArch arch, params ReadOnlySpan<Operand> operands)
    {
        Require(opcode, ptx, arch);
        return Emit(opcode, operands);
    }

    /// <summary>Writes an instruction with one result, its first operand.</summary>
    internal T Result<T>(string opcode, params ReadOnlySpan<Operand> sources) where T : struct, IRegister<T>
    {
        Value result = NewRegister(T.ElementType);
        Emit(opcode, [Operand.Out(result), .. sources]);
        return T.From(result);
    }

    internal Value NewRegister(PtxType type, string? name = null)
    {
        CheckOpen();
        Value register = Value.Register(this, type, _scope);
        register.Name = name is null ? null : PtxNames.Identifier(name);
        _registers.Add(register);
        return register;
    }

    internal void Label(string label) => _lines.Add(new Line(LineKind.Label, label, [], _depth));

    internal void Directive(string text) => _lines.Add(new Line(LineKind.Directive, text, [], _depth));

    /// <summary>A line of its own: <c>// text</c>.</summary>
    /// <param name="text">ASCII, one line.</param>
    public void Comment(string text)
    {
        CheckOpen();
        if (text.Any(c => c is < ' ' or > '~'))
            throw Fail($"the comment '{text}' has characters that PTX may not hold (printable ASCII was expected)");
        _lines.Add(new Line(LineKind.Comment, text, [], _depth));
    }

    /// <summary>Says that everything written since the last call stands on this C# line.</summary>
    internal void At(string file, int line) => Attribute(SourceLine.Of(file, line));

    private void Attribute(SourceLine? source)
    {
        _lastSource = source ?? _lastSource;
        for (; _attributed < _lines.Count; _attributed++)
            _lines[_attributed].Source ??= _lastSource;
    }

    /// <summary>Checks what is read and gives constants that PTX cannot hold a register; returns whether threads may differ.</summary>
    private bool CheckOperand(ref Operand operand)
    {
        bool varies = false;
        if (operand.Items is { } items)
        {
            Operand[] copy = [.. items];
            for (int i = 0; i < copy.Length; i++)
                varies |= CheckOperand(ref copy[i]);
            operand = operand with { Items = copy };
            return varies;
        }

        if (operand.Value is not { } value)
            return operand.Text is { Length: 0 } ? throw Fail(Unset) : false;
        if (operand.IsWritten)
            return false;
        CheckRead(value);
        if (value.IsConstant && (operand.IsAddress || !value.Type.HasImmediates))
            operand = operand with { Value = Materialize(value) };
        return value.Varies;
    }

    private void MarkWritten(Operand operand, bool varies)
    {
        foreach (Operand item in operand.Items ?? [])
            MarkWritten(item, varies);
        if (operand is not { IsWritten: true, Value: { } value })
            return;
        if (!ReferenceEquals(value.Builder, this))
            throw Fail("a result belongs to another kernel");
        value.Varies |= varies || (value.IsVariable && _scope.Diverges);
        if (value.IsVariable)
            value.AssignIn(_scope);
    }

    /// <summary>A register that holds a constant.</summary>
    internal Value Materialize(Value constant)
    {
        Value register = NewRegister(constant.Type);
        string text = constant.Type.HasImmediates ? constant.Immediate : $"0x{constant.Bits:X}";
        _lines.Add(new Line(LineKind.Instruction, $"mov.{constant.Type.Register}", [Operand.Out(register), text], _depth));
        return register;
    }

    /// <summary>The value in a register of its own, for operands that may not be constants.</summary>
    internal Value InRegister(Value? value) =>
        value is null ? throw Fail(Unset) : value.IsConstant ? Materialize(value) : value;
}
