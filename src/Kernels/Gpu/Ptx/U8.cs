namespace Puna.Kernels.Gpu.Ptx;

/// <summary>An unsigned byte in memory; in a register it is a U32.</summary>
public readonly partial struct U8 : IRegister<U8>
{
    private readonly Value? _value;

    private U8(Value value) => _value = value;

    static PtxType IElement<U8>.ElementType => PtxType.U8;

    static int IElement<U8>.Width => 1;

    Value?[] IElement<U8>.Values => [_value];

    Value? IRegister<U8>.Value => _value;

    static U8 IElement<U8>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static U8 IRegister<U8>.From(Value value) => new(value);

    internal static U8 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>The byte in a register; no instruction.</summary>
    public static implicit operator U32(U8 value) => value._value is null ? default : U32.Of(value._value);

    /// <summary>The low 8 bits; no instruction. Only a store may follow.</summary>
    public static explicit operator U8(U32 value) => Arithmetic.Reinterpret<U32, U8>(value);
}
