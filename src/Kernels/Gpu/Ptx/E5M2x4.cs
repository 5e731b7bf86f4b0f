namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Four 8-bit floats with 5 exponent and 2 fraction bits, the lowest first.</summary>
public readonly partial struct E5M2x4 : IRegister<E5M2x4>
{
    private readonly Value? _value;

    private E5M2x4(Value value) => _value = value;

    static PtxType IElement<E5M2x4>.ElementType => PtxType.E5M2x4;

    static int IElement<E5M2x4>.Width => 1;

    Value?[] IElement<E5M2x4>.Values => [_value];

    Value? IRegister<E5M2x4>.Value => _value;

    static E5M2x4 IElement<E5M2x4>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static E5M2x4 IRegister<E5M2x4>.From(Value value) => new(value);

    internal static E5M2x4 Of(Value value) => new(value);

    internal Value? Value => _value;
}
