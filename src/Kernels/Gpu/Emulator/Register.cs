using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// Where a warp keeps a register of its 32 lanes. Immediates and most special registers are registers too, filled
/// before a warp starts, so that an instruction never asks what kind of operand it has.
/// </summary>
/// <param name="Index">Its number: that of its undefined lanes in <see cref="Warp.U"/>.</param>
/// <param name="Offset">Of lane 0 in <see cref="Warp.R"/>, in words of 4 bytes; for a predicate in <see cref="Warp.P"/>.</param>
/// <param name="Type">As declared. 8 and 16 bits take a word whose upper bits are zero.</param>
internal readonly record struct Register(int Index, int Offset, PtxType Type)
{
    /// <summary>The operand <c>_</c>: results are dropped.</summary>
    public static Register Sink => new(-1, -1, PtxType.None);

    public bool IsSink => Index < 0;

    public int Bits => Type.Bits();

    public int Bytes => Type.Bytes();

    public bool IsPredicate => Type == PtxType.Pred;
}

/// <summary>Special registers that have their value before a warp starts.</summary>
internal enum SpecialRegister
{
    ThreadX, ThreadY, ThreadZ,
    ThreadsX, ThreadsY, ThreadsZ,
    BlockX, BlockY, BlockZ,
    BlocksX, BlocksY, BlocksZ,
    Lane, WarpIndex, WarpCount,
    Multiprocessor, MultiprocessorCount, GridIndex,
    LanesEqual, LanesLess, LanesLessEqual, LanesGreater, LanesGreaterEqual,
    DynamicSharedBytes, TotalSharedBytes,
    ClusterX, ClusterY, ClusterZ,
    ClustersX, ClustersY, ClustersZ,
    ClusterBlockX, ClusterBlockY, ClusterBlockZ,
    ClusterBlocksX, ClusterBlocksY, ClusterBlocksZ,
    ClusterRank, ClusterRanks,
    Zero,
}

/// <summary>Hands out registers while a program is decoded.</summary>
internal sealed class RegisterFile
{
    private readonly Dictionary<(ulong, int), Register> _constants = [];
    private readonly Dictionary<SpecialRegister, Register> _specials = [];
    private readonly List<(Register, ulong)> _values = [];
    private readonly List<(Register, string, long)> _addresses = [];
    private readonly List<(Register, long)> _dynamic = [];
    private Register? _conditionCode;
    private readonly List<(Register, FunctionCode)> _functions = [];

    /// <summary>Registers, predicates and constants together.</summary>
    public int Count { get; private set; }

    /// <summary>Words of 4 bytes for all lanes.</summary>
    public int Words { get; private set; }

    /// <summary>Predicates.</summary>
    public int Predicates { get; private set; }

    /// <summary>Constants and their values.</summary>
    public IReadOnlyList<(Register Register, ulong Value)> Constants => _values;

    /// <summary>Constants that are addresses of variables, known when the module is loaded.</summary>
    public IReadOnlyList<(Register Register, string Symbol, long Offset)> Addresses => _addresses;

    /// <summary>Special registers in use.</summary>
    public IReadOnlyDictionary<SpecialRegister, Register> Specials => _specials;

    /// <summary>Names, for messages.</summary>
    public List<string> Names { get; } = [];

    /// <summary>All registers by their numbers.</summary>
    public List<Register> All { get; } = [];

    /// <summary>A register of its own.</summary>
    public Register Add(PtxType type, string name)
    {
        Names.Add(name);
        Register register = new(Count++, type == PtxType.Pred ? Predicates++ : Words, type);
        if (type != PtxType.Pred)
            Words += 32 * Math.Max(1, type.Bytes() / 4);
        All.Add(register);
        return register;
    }

    /// <summary>A register that always holds <paramref name="value"/>.</summary>
    public Register Constant(ulong value, PtxType type)
    {
        int bits = type.Bits();
        if (bits < 64)
            value &= (1UL << bits) - 1;
        if (_constants.TryGetValue((value, bits), out Register found))
            return found with { Type = type };
        Register register = Add(type, PtxParser.Spell(value));
        _constants.Add((value, bits), register);
        _values.Add((register, value));
        return register;
    }

    /// <summary>Gives a register the value that it has when a warp starts.</summary>
    public void Begin(Register register, ulong value) => _values.Add((register, value));

    /// <summary>A register that holds an address in dynamic shared memory, whose place is known last.</summary>
    public Register DynamicShared(long offset, PtxType type)
    {
        Register register = Add(type, "dynamic shared memory");
        _dynamic.Add((register, offset));
        return register;
    }

    /// <summary>Dynamic shared memory begins here.</summary>
    public void ResolveDynamicShared(long start)
    {
        foreach ((Register register, long offset) in _dynamic)
            _values.Add((register, (ulong)(start + offset)));
    }

    /// <summary>A register that holds the address of a variable.</summary>
    public Register Address(string symbol, long offset, PtxType type)
    {
        Register register = Add(type, symbol);
        _addresses.Add((register, symbol, offset));
        return register;
    }

    /// <summary>The symbol of the kernel's parameters.</summary>
    public const string ParameterBlock = "";

    /// <summary>A register that names a function, for calls through a pointer: the function's number.</summary>
    public Register Function(string name, PtxType type, FunctionCode function)
    {
        Register register = Add(type, name);
        _functions.Add((register, function));
        return register;
    }

    /// <summary>All functions have been decoded: their pointers are the index of their first instruction.</summary>
    public void ResolveFunctions()
    {
        foreach ((Register register, FunctionCode function) in _functions)
            _values.Add((register, (ulong)function.Pc));
    }

    /// <summary>The carry of <c>add.cc</c> and its kind.</summary>
    public Register ConditionCode() => _conditionCode ??= Add(PtxType.Pred, "the condition code");

    /// <summary>A register that holds a special value; 32 bits wide.</summary>
    public Register Special(SpecialRegister special)
    {
        if (!_specials.TryGetValue(special, out Register register))
            _specials.Add(special, register = Add(PtxType.U32, special.ToString()));
        return register;
    }
}
