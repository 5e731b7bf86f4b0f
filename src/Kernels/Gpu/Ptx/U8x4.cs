namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Four unsigned bytes in one register, the lowest first.</summary>
public readonly partial struct U8x4 : IRegister<U8x4>
{
    private readonly Value? _value;

    private U8x4(Value value) => _value = value;

    static PtxType IElement<U8x4>.ElementType => PtxType.U8x4;

    static int IElement<U8x4>.Width => 1;

    Value?[] IElement<U8x4>.Values => [_value];

    Value? IRegister<U8x4>.Value => _value;

    static U8x4 IElement<U8x4>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static U8x4 IRegister<U8x4>.From(Value value) => new(value);

    internal static U8x4 Of(Value value) => new(value);

    internal Value? Value => _value;
}
