using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A register of a kernel, or a constant that belongs to no kernel yet.</summary>
internal sealed class Value
{
    private readonly List<Scope>? _assignments;

    private Value(PtxBuilder? builder, PtxType type, Scope? scope, ulong bits, bool isVariable)
    {
        (Builder, Type, Scope, Bits) = (builder, type, scope, bits);
        if (isVariable)
            _assignments = [];
    }

    public static Value Constant(PtxType type, ulong bits) => new(null, type, null, bits, isVariable: false);

    public static Value Register(PtxBuilder builder, PtxType type, Scope scope) => new(builder, type, scope, 0, isVariable: false);

    public static Value Variable(PtxBuilder builder, PtxType type, Scope scope, int? index) =>
        new(builder, type, scope, 0, isVariable: true) { Index = index };

    public PtxBuilder? Builder { get; }

    /// <summary>Decides the register's class; a cast gives the same register another type.</summary>
    public PtxType Type { get; }

    /// <summary>Where the value was made: it cannot be used once this scope is closed.</summary>
    public Scope? Scope { get; }

    /// <summary>Of a constant, in the low bits.</summary>
    public ulong Bits { get; }

    [MemberNotNullWhen(false, nameof(Builder), nameof(Scope))]
    public bool IsConstant => Builder is null;

    public bool IsVariable => _assignments is not null;

    /// <summary>Whether threads of one block may hold different values.</summary>
    public bool Varies { get; set; }

    /// <summary>Name in the text, without the percent sign; null for a numbered register.</summary>
    public string? Name { get; set; }

    /// <summary>Place in an array of variables.</summary>
    public int? Index { get; private init; }

    /// <summary>Whether every way to this point has assigned the variable.</summary>
    public bool IsAssigned => _assignments is null || _assignments.Exists(s => !s.IsClosed);

    public bool IsAssignedIn(Scope scope) => _assignments is null || _assignments.Contains(scope);

    public void AssignIn(Scope scope)
    {
        _assignments!.Add(scope);
        scope.Assigned.Add(this);
    }

    /// <summary>The constant as an operand: <c>-3</c>, <c>0xFF00FF00</c>, <c>0f3F800000</c>.</summary>
    public string Immediate => Type.Suffix switch
    {
        "f32" => $"0f{(uint)Bits:X8}",
        "f64" => $"0d{Bits:X16}",
        "s8" or "s16" or "s32" or "s64" => ((long)Bits).ToString(CultureInfo.InvariantCulture),
        _ => Bits < 1 << 20 ? Bits.ToString(CultureInfo.InvariantCulture) : $"0x{Bits:X}",
    };

    /// <summary>What a reader wants to know of <see cref="Immediate"/>; null where it is plain.</summary>
    public string? ImmediateComment => Type.Suffix switch
    {
        "f32" => BitConverter.UInt32BitsToSingle((uint)Bits).ToString("R", CultureInfo.InvariantCulture),
        "f64" => BitConverter.UInt64BitsToDouble(Bits).ToString("R", CultureInfo.InvariantCulture),
        _ => null,
    };
}

/// <summary>A block of the kernel's text: values made in it end with it.</summary>
internal sealed class Scope(Scope? parent, bool diverges)
{
    public Scope? Parent { get; } = parent;

    /// <summary>Whether threads of one block may disagree about entering it.</summary>
    public bool Diverges { get; } = diverges || parent is { Diverges: true };

    /// <summary>Whether the text has left it.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Variables that got a value in it.</summary>
    public List<Value> Assigned { get; } = [];
}
