namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Two 8-bit floats with 4 exponent and 3 fraction bits, the lower one first.</summary>
public readonly partial struct E4M3x2 : IRegister<E4M3x2>
{
    private readonly Value? _value;

    private E4M3x2(Value value) => _value = value;

    static PtxType IElement<E4M3x2>.ElementType => PtxType.E4M3x2;

    static int IElement<E4M3x2>.Width => 1;

    Value?[] IElement<E4M3x2>.Values => [_value];

    Value? IRegister<E4M3x2>.Value => _value;

    static E4M3x2 IElement<E4M3x2>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static E4M3x2 IRegister<E4M3x2>.From(Value value) => new(value);

    internal static E4M3x2 Of(Value value) => new(value);

    internal Value? Value => _value;
}
