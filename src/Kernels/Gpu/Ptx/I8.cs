namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A signed byte in memory; in a register it is an I32.</summary>
public readonly partial struct I8 : IRegister<I8>
{
    private readonly Value? _value;

    private I8(Value value) => _value = value;

    static PtxType IElement<I8>.ElementType => PtxType.I8;

    static int IElement<I8>.Width => 1;

    Value?[] IElement<I8>.Values => [_value];

    Value? IRegister<I8>.Value => _value;

    static I8 IElement<I8>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static I8 IRegister<I8>.From(Value value) => new(value);

    internal static I8 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>The byte in a register; no instruction.</summary>
    public static implicit operator I32(I8 value) => value._value is null ? default : I32.Of(value._value);

    /// <summary>The low 8 bits; no instruction. Only a store may follow.</summary>
    public static explicit operator I8(I32 value) => Arithmetic.Reinterpret<I32, I8>(value);
}
