namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Two 8-bit floats with 5 exponent and 2 fraction bits, the lower one first.</summary>
public readonly partial struct E5M2x2 : IRegister<E5M2x2>
{
    private readonly Value? _value;

    private E5M2x2(Value value) => _value = value;

    static PtxType IElement<E5M2x2>.ElementType => PtxType.E5M2x2;

    static int IElement<E5M2x2>.Width => 1;

    Value?[] IElement<E5M2x2>.Values => [_value];

    Value? IRegister<E5M2x2>.Value => _value;

    static E5M2x2 IElement<E5M2x2>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static E5M2x2 IRegister<E5M2x2>.From(Value value) => new(value);

    internal static E5M2x2 Of(Value value) => new(value);

    internal Value? Value => _value;
}
