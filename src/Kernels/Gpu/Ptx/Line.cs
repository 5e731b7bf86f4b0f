namespace Puna.Kernels.Gpu.Ptx;

/// <summary>What a <see cref="Line"/> is.</summary>
internal enum LineKind
{
    Instruction,
    Label,
    Comment,

    /// <summary>Text as it stands, as in <c>.pragma "nounroll";</c>.</summary>
    Directive,
}

/// <summary>One line of a kernel's text, before its registers have names.</summary>
/// <param name="kind">What it is.</param>
/// <param name="text">Opcode, label, comment or directive.</param>
/// <param name="operands">Of an instruction.</param>
/// <param name="depth">Blocks around it.</param>
internal sealed class Line(LineKind kind, string text, Operand[] operands, int depth)
{
    public LineKind Kind { get; } = kind;

    public string Text { get; set; } = text;

    public Operand[] Operands { get; } = operands;

    public int Depth { get; set; } = depth;

    /// <summary>The predicate in front of the instruction.</summary>
    public Value? Guard { get; set; }

    /// <summary>Whether the instruction runs where the guard is false.</summary>
    public bool IsGuardNegated { get; set; }

    /// <summary>The C# line that wrote it.</summary>
    public SourceLine? Source { get; set; }
}

/// <summary>A line of a C# file, without folders.</summary>
internal sealed record SourceLine(string File, int Number)
{
    public override string ToString() => $"{File}:{Number}";

    /// <summary>From what the compiler passes for a caller; paths of either kind of system.</summary>
    public static SourceLine Of(string path, int number) => new(path[(path.LastIndexOfAny(['/', '\\']) + 1)..], number);
}

/// <summary>An operand: a register or constant, an address, a group in braces, or plain text.</summary>
internal readonly record struct Operand
{
    public Value? Value { get; init; }

    /// <summary>Whether the instruction writes <see cref="Value"/>.</summary>
    public bool IsWritten { get; private init; }

    /// <summary>A symbol or literal, where there is no value.</summary>
    public string? Text { get; private init; }

    /// <summary>In brackets, with <see cref="Offset"/>.</summary>
    public bool IsAddress { get; private init; }

    /// <summary>Bytes added to an address.</summary>
    public long Offset { get; private init; }

    /// <summary>The members of a group or address: <c>{a, b}</c>, <c>[map, {x, y}]</c>, <c>d|p</c>.</summary>
    public Operand[]? Items { get; init; }

    /// <summary>Opening text, separator and closing text around <see cref="Items"/>.</summary>
    public (string Open, string Between, string Close) Brackets { get; private init; }

    public static implicit operator Operand(Value? value) => new() { Value = value, Text = value is null ? "" : null };

    public static implicit operator Operand(string text) => new() { Text = text };

    public static implicit operator Operand(int value) => new() { Text = $"{value}" };

    /// <summary>A register that the instruction writes.</summary>
    public static Operand Out(Value value) => new() { Value = value, IsWritten = true };

    /// <summary><c>[register+offset]</c></summary>
    public static Operand Address(Value @base, long offset = 0) => new() { Value = @base, IsAddress = true, Offset = offset };

    /// <summary><c>[symbol+offset]</c></summary>
    public static Operand Address(string symbol, long offset = 0) => new() { Text = symbol, IsAddress = true, Offset = offset };

    /// <summary><c>{a, b, c, d}</c></summary>
    public static Operand Vector(params Operand[] items) => new() { Items = items, Brackets = ("{", ", ", "}") };

    /// <summary><c>[map, {x, y}]</c></summary>
    public static Operand Bracketed(params Operand[] items) => new() { Items = items, Brackets = ("[", ", ", "]") };

    /// <summary><c>d|p</c>: two results.</summary>
    public static Operand Pair(Operand first, Operand second) => new() { Items = [first, second], Brackets = ("", "|", "") };
}
