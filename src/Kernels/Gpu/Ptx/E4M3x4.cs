namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Four 8-bit floats with 4 exponent and 3 fraction bits, the lowest first.</summary>
public readonly partial struct E4M3x4 : IRegister<E4M3x4>
{
    private readonly Value? _value;

    private E4M3x4(Value value) => _value = value;

    static PtxType IElement<E4M3x4>.ElementType => PtxType.E4M3x4;

    static int IElement<E4M3x4>.Width => 1;

    Value?[] IElement<E4M3x4>.Values => [_value];

    Value? IRegister<E4M3x4>.Value => _value;

    static E4M3x4 IElement<E4M3x4>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static E4M3x4 IRegister<E4M3x4>.From(Value value) => new(value);

    internal static E4M3x4 Of(Value value) => new(value);

    internal Value? Value => _value;
}
