namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Four signed bytes in one register, the lowest first.</summary>
public readonly partial struct I8x4 : IRegister<I8x4>
{
    private readonly Value? _value;

    private I8x4(Value value) => _value = value;

    static PtxType IElement<I8x4>.ElementType => PtxType.I8x4;

    static int IElement<I8x4>.Width => 1;

    Value?[] IElement<I8x4>.Values => [_value];

    Value? IRegister<I8x4>.Value => _value;

    static I8x4 IElement<I8x4>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static I8x4 IRegister<I8x4>.From(Value value) => new(value);

    internal static I8x4 Of(Value value) => new(value);

    internal Value? Value => _value;
}
