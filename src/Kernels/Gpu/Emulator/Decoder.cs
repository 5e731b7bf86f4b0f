using System.Collections.Immutable;
using Puna.Kernels.Gpu.Emulator.Instructions;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>A function that has been, or will be, decoded.</summary>
internal sealed class FunctionCode(FunctionSyntax syntax)
{
    public FunctionSyntax Syntax => syntax;

    /// <summary>Its first instruction; -1 before it has been decoded.</summary>
    public int Pc { get; set; } = -1;

    /// <summary>Where a call puts the parameters: registers, or offsets in local memory.</summary>
    public List<(VariableSyntax Variable, Register Register, int Offset)> Parameters { get; } = [];

    /// <summary>Where it leaves its results.</summary>
    public List<(VariableSyntax Variable, Register Register, int Offset)> Returns { get; } = [];

    /// <summary>What a recursive function's activations own; null for others.</summary>
    public RecursionFrame? Frame { get; init; }

    /// <summary>Parameters that the body names, by name.</summary>
    public Scope Scope { get; set; } = new(null);
}

/// <summary>Turns the syntax of an entry, and of what it calls, into instructions.</summary>
internal sealed class Decoder
{
    private readonly PtxModule _module;
    private readonly FunctionSyntax _entry;
    private readonly GpuArch _arch;
    private readonly List<Instruction> _code = [];
    private readonly List<(DecodeContext Context, Action<DecodeContext> Resolve)> _unresolved = [];
    private readonly Dictionary<string, FunctionCode> _functions = [];
    private readonly List<FunctionCode> _toDecode = [];
    private readonly Scope _moduleScope = new(null);
    private readonly List<VariableSyntax> _deviceVariables = [];
    private readonly List<(Scope Scope, VariableSyntax Variable)> _dynamicShared = [];
    private readonly CallGraph _graph;
    private FunctionCode? _present;
    private int _sharedEnd = PtxProgram.SharedBase;
    private int _localEnd = 64;
    private int _scopeNumber;

    public Decoder(PtxModule module, string entry, GpuArch arch)
    {
        (_module, _arch, _graph) = (module, arch, new CallGraph(module));
        _entry = module.Functions.FirstOrDefault(f => f.Name == entry && f.IsEntry && f.HasBody)
            ?? throw new DeviceException($"PTX: the module has no entry '{entry}', but {(module.Functions.Any(f => f.IsEntry) ? string.Join(", ", module.Functions.Where(f => f.IsEntry).Select(f => f.Name)) : "no entry at all")}.");
        if (!arch.Runs(module.Target))
            throw new DeviceException($"PTX: the module is for {module.Target}, but the device is {arch}. Compile it for {arch} or for something older.");
    }

    public RegisterFile Registers { get; } = new();

    public GpuArch Target => _module.Target;

    /// <summary>Whether the code names the shared memory before its own variables.</summary>
    public bool UsesReservedShared { get; set; }

    public PtxProgram Decode()
    {
        foreach (VariableSyntax variable in _module.Variables)
            Declare(_moduleScope, variable, variable.Name);
        List<(VariableSyntax, int)> parameters = [];
        int parameterBytes = 0;
        Scope scope = new(_moduleScope);
        foreach (VariableSyntax p in _entry.Parameters)
        {
            parameterBytes = Align(parameterBytes, p.Alignment);
            parameters.Add((p, parameterBytes));
            scope.Add(p.Name, new Symbol(StateSpace.Param, parameterBytes, p));
            parameterBytes += (int)p.Bytes;
        }

        Body(_entry, new Scope(scope));
        do
        {
            while (_toDecode.Count > 0)
                DecodeFunction();
            ReachInitializers();
        }
        while (_toDecode.Count > 0);
        PlaceFrames();
        PlaceDynamicShared();
        Registers.ResolveFunctions();
        foreach ((DecodeContext context, Action<DecodeContext> resolve) in _unresolved)
            resolve(context);
        int stack = Align(_localEnd, 64), frames = _functions.Values.Select(f => Align(f.Frame?.Bytes ?? 0, 16)).DefaultIfEmpty(0).Max();
        HashSet<int> constants = [.. Registers.Constants.Select(c => c.Register.Index), .. Registers.Addresses.Select(a => a.Register.Index), .. Registers.Specials.Values.Select(r => r.Index)];
        return new PtxProgram
        {
            Entry = _entry.Name,
            Target = _module.Target,
            Code = [.. _code],
            EntryPc = 0,
            Registers = Registers,
            Writable = [.. Registers.All.Where(r => !constants.Contains(r.Index)).Select(r => (r, 0))],
            Variables = _deviceVariables,
            Functions = _module.Functions.DistinctBy(f => f.Name).ToDictionary(f => f.Name, f => _functions.TryGetValue(f.Name, out FunctionCode? code) && code.Pc > 0 ? (ulong)code.Pc : 0),
            Parameters = parameters,
            ParameterBytes = parameterBytes,
            StaticSharedBytes = _sharedEnd - PtxProgram.SharedBase,
            StackOffset = stack,
            LocalBytes = stack + Align(frames * RecursionFrame.MaximumDepth, 64),
            HasRecursion = _functions.Values.Any(f => f.Frame is not null),
            Bounds = _entry.Bounds,
            UsesReservedShared = UsesReservedShared,
        };
    }

    /// <summary>The function of a name, which will be decoded if it has not been.</summary>
    public FunctionCode Function(string name, DecodeContext? context)
    {
        if (_functions.TryGetValue(name, out FunctionCode? found))
            return found;
        FunctionSyntax syntax = _module.Functions.FirstOrDefault(f => f.Name == name && f.HasBody)
            ?? _module.Functions.FirstOrDefault(f => f.Name == name)
            ?? throw context!.Error($"the function '{name}' is not declared"); // without a context the caller knows that there is one
        FunctionCode function = new(syntax)
        {
            Scope = new Scope(_moduleScope),
            Frame = _graph.IsRecursive(name) ? new RecursionFrame() : null,
        };
        _functions.Add(name, function);
        foreach (VariableSyntax p in syntax.Parameters)
            function.Parameters.Add(Place(function.Scope, p));
        foreach (VariableSyntax p in syntax.Returns)
            function.Returns.Add(Place(function.Scope, p));
        if (syntax.HasBody)
            _toDecode.Add(function);
        return function;
    }

    /// <summary>Whether a name is a function.</summary>
    public bool IsFunction(string name) => _module.Functions.Any(f => f.Name == name);

    /// <summary>Does something with an instruction when all labels and functions are known.</summary>
    public void Later(DecodeContext context, Action<DecodeContext> resolve) => _unresolved.Add((context, resolve));

    /// <summary>Room in each thread's local memory.</summary>
    public int Local(int bytes, int alignment)
    {
        int offset = Align(_localEnd, alignment);
        _localEnd = offset + bytes;
        return offset;
    }

    /// <summary>Functions by their first instruction.</summary>
    public IReadOnlyDictionary<int, FunctionCode> FunctionsByPc() => _functions.Values.Where(f => f.Pc >= 0).ToDictionary(f => f.Pc);

    // Tables of functions: what a variable that the code names refers to is needed too.
    private void ReachInitializers()
    {
        Queue<string> next = new(Registers.Addresses.Select(a => a.Symbol));
        HashSet<string> seen = [];
        while (next.TryDequeue(out string? name))
        {
            if (!seen.Add(name) || _deviceVariables.FirstOrDefault(v => v.Name == name) is not { } variable)
                continue;
            foreach (NameOperand value in variable.Values.OfType<NameOperand>())
            {
                if (IsFunction(value.Name))
                    Function(value.Name, null);
                else
                    next.Enqueue(value.Name);
            }
        }
    }

    /// <summary>The frame of the function that is decoded now, where a call to <paramref name="function"/> leads back to it; otherwise null.</summary>
    public RecursionFrame? Leads(FunctionCode function) =>
        _present?.Frame is { } frame && _graph.IsBackward(_present.Syntax.Name, function.Syntax.Name) ? frame : null;

    /// <summary>The frame of the function that is decoded now, where it is recursive.</summary>
    public RecursionFrame? Frame => _present?.Frame;

    // A first activation has its variables at a fixed place, further ones in a stack behind all other local memory.
    private void PlaceFrames()
    {
        foreach (FunctionCode function in _functions.Values)
        {
            if (function.Frame is not { } frame)
                continue;
            frame.Saved = [.. Registers.All.Where(r => (r.Index >= frame.Numbers.First && r.Index < frame.Numbers.End) || function.Parameters.Any(p => p.Register == r))];
            frame.Local.AddRange(function.Parameters.Where(p => p.Offset >= 0).Select(p => (p.Offset, (int)p.Variable.Bytes)));
            int place = Local(frame.Bytes, 16);
            foreach ((Register address, int offset) in frame.Variables)
                Registers.Begin(address, (ulong)(place + offset));
        }
    }

    private void DecodeFunction()
    {
        FunctionCode function = _toDecode[^1];
        _toDecode.RemoveAt(_toDecode.Count - 1);
        _present = function;
        function.Pc = _code.Count;
        int first = Registers.Count, local = _localEnd;
        Body(function.Syntax, new Scope(function.Scope));
        if (function.Frame is { } frame)
        {
            frame.Numbers = (first, Registers.Count);
            frame.Local.Add((local, _localEnd - local));
        }
    }

    // Every body ends with a return, so that no lane runs on into the next one.
    private void Body(FunctionSyntax function, Scope scope)
    {
        Collect(function.Body, scope);
        Add(new InstructionSyntax(null, false, "ret", [], [], "ret", _code.Count > 0 ? _code[^1].Syntax.Line : function.Line), scope);
    }

    private void Collect(ImmutableArray<Statement> body, Scope scope)
    {
        foreach (Statement statement in body)
        {
            switch (statement)
            {
                case RegisterDeclaration r:
                    DeclareRegisters(scope, r);
                    break;
                case VariableDeclaration v:
                    Declare(scope, v.Variable, $"{v.Variable.Name}#{_scopeNumber++}");
                    break;
                case LabelStatement l:
                    scope.Labels[l.Name] = _code.Count;
                    break;
                case TargetsStatement t:
                    scope.Tables[t.Name] = t.Targets;
                    break;
                case ScopeStatement s:
                    Collect(s.Body, new Scope(scope));
                    break;
                case InstructionSyntax i:
                    Add(i, scope);
                    break;
            }
        }
    }

    private void Add(InstructionSyntax syntax, Scope scope)
    {
        DecodeContext context = new(this, syntax, scope, _arch);
        Instruction? instruction = Decode(context);
        if (instruction is null)
            return;
        context.CheckModifiers();
        instruction.Syntax = syntax;
        instruction.Index = _code.Count;
        instruction.Class = OpcodeTable.Classify(syntax);
        if (syntax.Guard is { } guard)
        {
            Register p = context.Named(guard);
            if (!p.IsPredicate)
                throw context.Error($"the guard {guard} is no predicate");
            (instruction.Guard, instruction.GuardIndex, instruction.IsGuardNegated) = (p.Offset, p.Index, syntax.IsGuardNegated);
        }

        _code.Add(instruction);
        if (instruction.Then is { } then)
        {
            (then.Syntax, then.Index, then.Class) = (syntax, _code.Count, instruction.Class);
            (then.Guard, then.GuardIndex, then.IsGuardNegated) = (instruction.Guard, instruction.GuardIndex, instruction.IsGuardNegated);
            _code.Add(then);
        }
    }

    // Whatever stands in a text, it is read or refused in a sentence: tables do not ask first whether every operand is there.
    private static Instruction? Decode(DecodeContext context)
    {
        try
        {
            return OpcodeTable.Decode(context);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or InvalidOperationException or KeyNotFoundException or OverflowException or FormatException)
        {
            throw context.Error($"the instruction has not the form of {context.Name} ({e.Message})");
        }
    }

    private void DeclareRegisters(Scope scope, RegisterDeclaration r)
    {
        if (r.Count >= 0)
            scope.AddRange(r.Name, r.Type, r.Count);
        else if (r.VectorCount > 1)
            scope.AddVector(r.Name, [.. Enumerable.Range(0, r.VectorCount).Select(i => Registers.Add(r.Type, $"{r.Name}.{"xyzw"[i]}"))]);
        else
            scope.Add(r.Name, Registers.Add(r.Type, r.Name));
    }

    private static void CheckSize(VariableSyntax variable)
    {
        // CUDA programming guide, technical specifications: 512 KB of local memory per thread; shared memory is checked at the launch
        long limit = variable.Space switch
        {
            StateSpace.Shared => 1 << 20,
            StateSpace.Local or StateSpace.Param => 512 << 10,
            _ => 1L << 32,
        };
        if (variable.Bytes < 0 || variable.Bytes > limit)
            throw new DeviceException($"PTX line {variable.Line}: {variable.Name} has {variable.Bytes} bytes, but {limit} are possible.");
    }

    private void Declare(Scope scope, VariableSyntax variable, string uniqueName)
    {
        CheckSize(variable);
        switch (variable.Space)
        {
            case StateSpace.Shared when variable.Count == 0:
                _dynamicShared.Add((scope, variable));
                scope.Add(variable.Name, new Symbol(StateSpace.Shared, -1, variable));
                break;
            case StateSpace.Shared:
                _sharedEnd = Align(_sharedEnd, variable.Alignment);
                scope.Add(variable.Name, new Symbol(StateSpace.Shared, _sharedEnd, variable));
                _sharedEnd += (int)variable.Bytes;
                break;
            case StateSpace.Local:
            case StateSpace.Param:
                scope.Add(variable.Name, variable.Space == StateSpace.Local && Frame is { } frame
                    ? new Symbol(StateSpace.Local, frame.Place((int)variable.Bytes, variable.Alignment), variable, frame)
                    : new Symbol(StateSpace.Local, Local((int)variable.Bytes, variable.Alignment), variable));
                break;
            default:
                VariableSyntax named = variable with { Name = uniqueName };
                _deviceVariables.Add(named);
                scope.Add(variable.Name, new Symbol(variable.Space, 0, named));
                break;
        }
    }

    private (VariableSyntax, Register, int) Place(Scope scope, VariableSyntax p)
    {
        if (p.Space == StateSpace.Register)
        {
            Register register = Registers.Add(p.Type, p.Name);
            scope.Add(p.Name, register);
            return (p, register, -1);
        }

        CheckSize(p);
        int offset = Local((int)p.Bytes, Math.Max(p.Alignment, 4));
        scope.Add(p.Name, new Symbol(StateSpace.Local, offset, p));
        return (p, Register.Sink, offset);
    }

    // Dynamic shared memory begins behind the static one; all .extern arrays are the same memory.
    private void PlaceDynamicShared()
    {
        int alignment = Math.Max(16, _dynamicShared.Select(d => d.Variable.Alignment).DefaultIfEmpty(1).Max());
        _sharedEnd = Align(_sharedEnd, alignment);
        foreach ((Scope scope, VariableSyntax variable) in _dynamicShared)
            scope.Add(variable.Name, new Symbol(StateSpace.Shared, _sharedEnd, variable));
        Registers.ResolveDynamicShared(_sharedEnd);
    }

    private static int Align(int offset, int alignment) => (offset + alignment - 1) / alignment * alignment;
}
