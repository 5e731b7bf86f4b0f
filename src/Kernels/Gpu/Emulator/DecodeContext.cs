using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// One instruction while it is decoded. Whoever reads a modifier takes it; one that nobody took is an error, so that
/// no spelling is silently ignored.
/// </summary>
internal sealed class DecodeContext(Decoder decoder, InstructionSyntax syntax, Scope scope, GpuArch arch)
{
    private readonly List<string> _left = [.. syntax.Modifiers];

    public InstructionSyntax Syntax => syntax;

    public Decoder Decoder => decoder;

    /// <summary>The device that it will run on.</summary>
    public GpuArch Arch => arch;

    public Scope Scope => scope;

    public RegisterFile Registers => decoder.Registers;

    /// <summary>The first word of the opcode.</summary>
    public string Name => syntax.Name;

    /// <summary>Operands.</summary>
    public int OperandCount => syntax.Operands.Length;

    /// <summary>An error that names the line.</summary>
    public DeviceException Error(string what) => new($"PTX line {syntax.Line}: `{syntax.Text}`: {what}.");

    /// <summary>Takes a modifier; false where it is absent.</summary>
    public bool Take(string modifier) => _left.Remove(modifier);

    /// <summary>Takes the first of several modifiers that is present; the last one is returned when none is.</summary>
    public string TakeAny(params ReadOnlySpan<string> modifiers)
    {
        foreach (string m in modifiers)
        {
            if (_left.Remove(m))
                return m;
        }

        return modifiers[^1];
    }

    /// <summary>Takes every modifier that begins with one of the prefixes: hints without meaning here.</summary>
    public void Ignore(params ReadOnlySpan<string> prefixes)
    {
        foreach (string prefix in prefixes)
            _left.RemoveAll(m => m.StartsWith(prefix, StringComparison.Ordinal));
    }

    /// <summary>Modifiers that nobody has taken, in their order.</summary>
    public IReadOnlyList<string> Left => _left;

    /// <summary>Takes the first type among the modifiers.</summary>
    public PtxType Type() => TryType() is { } type and not PtxType.None ? type : throw Error("a type was expected");

    /// <summary>Takes the first type among the modifiers; <see cref="PtxType.None"/> without one.</summary>
    public PtxType TryType()
    {
        for (int i = 0; i < _left.Count; i++)
        {
            if (PtxTypes.TryParse(_left[i], out PtxType type))
            {
                _left.RemoveAt(i);
                return type;
            }
        }

        return PtxType.None;
    }

    /// <summary>Refuses what an older target lacks.</summary>
    /// <param name="minimum">The oldest target that has it.</param>
    /// <param name="what">What it is, for the message.</param>
    public void Need(GpuArch minimum, string what)
    {
        bool has = minimum.IsSpecific ? decoder.Target == minimum : decoder.Target.CompareTo(minimum) >= 0;
        if (!has)
            throw Error($"{what} needs {minimum}, but the module's target is {decoder.Target}");
    }

    /// <summary>Every modifier must have been taken.</summary>
    public void CheckModifiers()
    {
        if (_left.Count > 0)
            throw Error($"the emulator does not know .{string.Join(" .", _left)} of {syntax.Name}");
    }

    /// <summary>The operand at a place.</summary>
    public Operand Operand(int index) => index < syntax.Operands.Length
        ? syntax.Operands[index] : throw Error($"operand {index + 1} is missing");

    /// <summary>A register by name.</summary>
    public Register Named(string name) => name == "_" ? Register.Sink
        : scope.Register(name, Registers) ?? throw Error($"the register {name} is not declared");

    /// <summary>A register that is written.</summary>
    public Register Destination(int index) => DestinationOf(Operand(index));

    /// <summary>A register that is written.</summary>
    public Register DestinationOf(Operand operand) => operand is NameOperand { Offset: 0 } n
        ? Named(n.Name) : throw Error("a register was expected as destination");

    /// <summary>An operand that is read: a register, a constant, a special register or a variable's address.</summary>
    public Register Source(int index, PtxType type) => SourceOf(Operand(index), type);

    /// <summary>An operand that is read.</summary>
    public Register SourceOf(Operand operand, PtxType type)
    {
        switch (operand)
        {
            case IntegerOperand i:
                return Registers.Constant(type.IsFloat() && type is PtxType.F32 or PtxType.F64 ? FloatBits(i.Value, type) : i.Value, type);
            case FloatOperand f:
                return Registers.Constant(FloatBits(f, type), type);
            case NameOperand n when n.Name == "_":
                return Register.Sink;
            case NameOperand n when n.Offset == 0 && scope.Register(n.Name, Registers) is { } register:
                CheckWidth(register, type, n.Name);
                return register;
            case NameOperand n:
                return Special(n.Name) ?? AddressOf(n, type);
            default:
                throw Error("a register or a constant was expected");
        }
    }

    /// <summary>The predicate of an operand, and whether it is written <c>!p</c>.</summary>
    public (Register Register, bool IsNegated) Predicate(Operand operand)
    {
        bool negated = operand is NotOperand;
        Operand inner = operand is NotOperand not ? not.Inner : operand;
        if (inner is IntegerOperand i)
            return (Registers.Constant(i.Value & 1, PtxType.Pred), negated);
        Register register = DestinationOf(inner);
        return register.IsPredicate ? (register, negated) : throw Error("a predicate was expected");
    }

    /// <summary>The items of <c>{a, b}</c>, of a vector register, or of a single operand.</summary>
    public IReadOnlyList<Operand> Items(int index) => Operand(index) switch
    {
        VectorOperand v => v.Items,
        NameOperand n when scope.Vector(n.Name) is { } v => [.. v.Select((_, i) => new NameOperand($"{n.Name}.{"xyzw"[i]}"))],
        Operand o => [o],
    };

    /// <summary>A number that must be known here.</summary>
    public long Immediate(int index) => Operand(index) is IntegerOperand i
        ? (long)i.Value : throw Error($"operand {index + 1} must be a constant");

    /// <summary>An address <c>[base + offset]</c> as a register and a constant. A variable's address is a constant register.</summary>
    /// <param name="index">The operand.</param>
    /// <param name="space">The state space that the instruction names; a parameter that lives in local memory changes it.</param>
    public (Register Base, long Offset, StateSpace Space) Address(int index, StateSpace space) => AddressIn(Operand(index), space);

    /// <summary>An address, as <see cref="Address"/>.</summary>
    public (Register Base, long Offset, StateSpace Space) AddressIn(Operand operand, StateSpace space)
    {
        if (operand is not AddressOperand a)
            throw Error("an address in brackets was expected");
        if (a.Base is NameOperand n && Special(n.Name) is null
            && (scope.Register(n.Name, Registers) is null || (space == StateSpace.Param && scope.Symbol(n.Name) is not null)))
        {
            Symbol symbol = scope.Symbol(n.Name) ?? throw Error($"the name {n.Name} is not declared");
            StateSpace actual = symbol.Space == StateSpace.Local && space == StateSpace.Param ? StateSpace.Local
                : space == StateSpace.Generic ? symbol.Space : space;
            return (AddressOf(n, PtxType.U64), a.Offset, actual);
        }

        Register register = SourceOf(a.Base, a.Base is IntegerOperand ? PtxType.U64 : PtxType.None);
        return (register, a.Offset, space);
    }

    private Register AddressOf(NameOperand n, PtxType type)
    {
        Symbol? symbol = scope.Symbol(n.Name);
        if (symbol is null && decoder.IsFunction(n.Name))
            return Registers.Function(n.Name, type.Bits() == 64 ? PtxType.U64 : PtxType.U32, decoder.Function(n.Name, this));
        if (symbol is null)
            throw Error($"the name {n.Name} is not declared");
        PtxType width = type.Bits() == 64 ? PtxType.U64 : PtxType.U32;
        if (symbol.Frame is { } frame)
            return InFrame(frame, (int)(symbol.Offset + n.Offset), width);
        return symbol.Space switch
        {
            StateSpace.Shared when symbol.Offset < 0 => Registers.DynamicShared(n.Offset, width),
            StateSpace.Shared or StateSpace.Local => Registers.Constant((ulong)(symbol.Offset + n.Offset), width),
            StateSpace.Param => Registers.Address(RegisterFile.ParameterBlock, symbol.Offset + n.Offset, width),
            _ => Registers.Address(symbol.Variable.Name, n.Offset, width),
        };
    }

    private Register InFrame(RecursionFrame frame, int offset, PtxType width)
    {
        foreach ((Register known, int at) in frame.Variables)
        {
            if (at == offset && known.Type == width)
                return known;
        }

        Register address = Registers.Add(width, "a local variable");
        frame.Variables.Add((address, offset));
        return address;
    }

    private Register? Special(string name) => name switch
    {
        "%tid.x" => Of(SpecialRegister.ThreadX),
        "%tid.y" => Of(SpecialRegister.ThreadY),
        "%tid.z" => Of(SpecialRegister.ThreadZ),
        "%ntid.x" => Of(SpecialRegister.ThreadsX),
        "%ntid.y" => Of(SpecialRegister.ThreadsY),
        "%ntid.z" => Of(SpecialRegister.ThreadsZ),
        "%ctaid.x" => Of(SpecialRegister.BlockX),
        "%ctaid.y" => Of(SpecialRegister.BlockY),
        "%ctaid.z" => Of(SpecialRegister.BlockZ),
        "%nctaid.x" => Of(SpecialRegister.BlocksX),
        "%nctaid.y" => Of(SpecialRegister.BlocksY),
        "%nctaid.z" => Of(SpecialRegister.BlocksZ),
        "%laneid" => Of(SpecialRegister.Lane),
        "%warpid" => Of(SpecialRegister.WarpIndex),
        "%nwarpid" => Of(SpecialRegister.WarpCount),
        "%smid" => Of(SpecialRegister.Multiprocessor),
        "%nsmid" => Of(SpecialRegister.MultiprocessorCount),
        "%gridid" => Of(SpecialRegister.GridIndex),
        "%lanemask_eq" => Of(SpecialRegister.LanesEqual),
        "%lanemask_lt" => Of(SpecialRegister.LanesLess),
        "%lanemask_le" => Of(SpecialRegister.LanesLessEqual),
        "%lanemask_gt" => Of(SpecialRegister.LanesGreater),
        "%lanemask_ge" => Of(SpecialRegister.LanesGreaterEqual),
        "%dynamic_smem_size" => Of(SpecialRegister.DynamicSharedBytes),
        "%total_smem_size" or "%aggr_smem_size" => Of(SpecialRegister.TotalSharedBytes),
        "%clusterid.x" => Of(SpecialRegister.ClusterX),
        "%clusterid.y" => Of(SpecialRegister.ClusterY),
        "%clusterid.z" => Of(SpecialRegister.ClusterZ),
        "%nclusterid.x" => Of(SpecialRegister.ClustersX),
        "%nclusterid.y" => Of(SpecialRegister.ClustersY),
        "%nclusterid.z" => Of(SpecialRegister.ClustersZ),
        "%cluster_ctaid.x" => Of(SpecialRegister.ClusterBlockX),
        "%cluster_ctaid.y" => Of(SpecialRegister.ClusterBlockY),
        "%cluster_ctaid.z" => Of(SpecialRegister.ClusterBlockZ),
        "%cluster_nctaid.x" => Of(SpecialRegister.ClusterBlocksX),
        "%cluster_nctaid.y" => Of(SpecialRegister.ClusterBlocksY),
        "%cluster_nctaid.z" => Of(SpecialRegister.ClusterBlocksZ),
        "%cluster_ctarank" => Of(SpecialRegister.ClusterRank),
        "%cluster_nctarank" => Of(SpecialRegister.ClusterRanks),
        "%reserved_smem_offset_begin" => Reserved(0),
        "%reserved_smem_offset_end" or "%reserved_smem_offset_cap" => Reserved(PtxProgram.SharedBase),
        "%reserved_smem_offset_0" => Reserved(0),
        "%reserved_smem_offset_1" => Reserved(PtxProgram.SharedBase / 2),
        _ when name.StartsWith("%envreg", StringComparison.Ordinal) || name.StartsWith("%pm", StringComparison.Ordinal) => Of(SpecialRegister.Zero),
        _ => null,
    };

    private Register Reserved(int offset)
    {
        decoder.UsesReservedShared = true;
        return Registers.Constant((ulong)offset, PtxType.U32);
    }

    private Register Of(SpecialRegister special) => Registers.Special(special);

    private static ulong FloatBits(ulong integer, PtxType type) => type == PtxType.F32
        ? BitConverter.SingleToUInt32Bits((float)(long)integer) : BitConverter.DoubleToUInt64Bits((double)(long)integer);

    private static ulong FloatBits(FloatOperand f, PtxType type) => type.Bits() switch
    {
        64 => f.Width == 64 ? f.Bits : BitConverter.DoubleToUInt64Bits(f.Value),
        16 => type == PtxType.BF16 ? BitConverter.SingleToUInt32Bits((float)f.Value) >> 16 : BitConverter.HalfToUInt16Bits((Half)f.Value),
        _ => f.Width == 32 ? f.Bits : BitConverter.SingleToUInt32Bits((float)f.Value),
    };

    private void CheckWidth(Register register, PtxType type, string name)
    {
        if (type != PtxType.None && register.Bits < type.Bits() && !(register.IsPredicate && type == PtxType.Pred))
            throw Error($"{name} has {register.Bits} bits, but {type.Spelling()} has {type.Bits()}");
    }
}
