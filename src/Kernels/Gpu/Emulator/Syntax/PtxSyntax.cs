using System.Collections.Immutable;

namespace Puna.Kernels.Gpu.Emulator.Syntax;

// The syntax tree of a PTX module. The nodes form closed hierarchies: a reader switches over the sealed records.

/// <summary>A parsed file.</summary>
internal sealed record PtxModule(
    Version Version, GpuArch Target, ImmutableArray<VariableSyntax> Variables, ImmutableArray<FunctionSyntax> Functions);

/// <summary>
/// A variable outside registers, or a parameter. <c>Count</c> is 0 for one without size, as in
/// <c>.extern .shared .b8 smem[]</c>; <c>Values</c> is the initialiser, flattened.
/// </summary>
internal sealed record VariableSyntax(
    StateSpace Space, PtxType Type, int VectorCount, int Align, string Name, long Count, bool IsExtern,
    ImmutableArray<Operand> Values, int Line)
{
    /// <summary>Size in bytes.</summary>
    public long Bytes => Count * VectorCount * Type.Bytes();

    /// <summary>Alignment in bytes: as declared, or the size of one element.</summary>
    public int Alignment => Align > 0 ? Align : VectorCount * Type.Bytes();
}

/// <summary>An entry or a function; without a body where it is only declared.</summary>
internal sealed record FunctionSyntax(
    string Name, bool IsEntry, bool HasBody, ImmutableArray<VariableSyntax> Returns, ImmutableArray<VariableSyntax> Parameters,
    ImmutableArray<Statement> Body, LaunchBounds Bounds, int Line);

/// <summary>What an entry demands of its launch; 0 or null where it says nothing.</summary>
internal sealed record LaunchBounds
{
    public GpuDim? RequiredThreads { get; set; }

    public GpuDim? MaximumThreads { get; set; }

    public GpuDim? Cluster { get; set; }

    public int MaximumRegisters { get; set; }
}

internal abstract record Statement(int Line);

internal sealed record RegisterDeclaration(PtxType Type, int VectorCount, string Name, int Count, int Line) : Statement(Line);

internal sealed record VariableDeclaration(VariableSyntax Variable, int Line) : Statement(Line);

internal sealed record LabelStatement(string Name, int Line) : Statement(Line);

internal sealed record ScopeStatement(ImmutableArray<Statement> Body, int Line) : Statement(Line);

internal sealed record TargetsStatement(string Name, ImmutableArray<string> Targets, int Line) : Statement(Line);

internal sealed record PrototypeStatement(string Name, int Line) : Statement(Line);

/// <summary>An instruction. <c>Name</c> is the opcode's first word; the words after its dots are <c>Modifiers</c>.</summary>
internal sealed record InstructionSyntax(
    string? Guard, bool IsGuardNegated, string Name, ImmutableArray<string> Modifiers, ImmutableArray<Operand> Operands,
    string Text, int Line) : Statement(Line);

internal abstract record Operand;

/// <summary>A register, variable, label or <c>_</c>, with a constant added to its address.</summary>
internal sealed record NameOperand(string Name, long Offset = 0) : Operand;

/// <summary>An integer; negative ones in two's complement.</summary>
internal sealed record IntegerOperand(ulong Value) : Operand;

/// <summary>A float as its bits: 32 for <c>0f</c>, 64 otherwise.</summary>
internal sealed record FloatOperand(ulong Bits, int Width) : Operand
{
    /// <summary>The value, whatever the spelling.</summary>
    public double Value => Width == 32 ? BitConverter.UInt32BitsToSingle((uint)Bits) : BitConverter.UInt64BitsToDouble(Bits);
}

/// <summary><c>[base + offset]</c> or, for tensor copies, <c>[base, {coordinates}]</c>.</summary>
internal sealed record AddressOperand(Operand Base, long Offset, ImmutableArray<Operand> Coordinates) : Operand;

/// <summary><c>{a, b}</c>.</summary>
internal sealed record VectorOperand(ImmutableArray<Operand> Items) : Operand;

/// <summary><c>(a, b)</c> of a call.</summary>
internal sealed record ListOperand(ImmutableArray<Operand> Items) : Operand;

/// <summary><c>p|q</c>.</summary>
internal sealed record PairOperand(Operand First, Operand Second) : Operand;

/// <summary><c>!p</c>.</summary>
internal sealed record NotOperand(Operand Inner) : Operand;
