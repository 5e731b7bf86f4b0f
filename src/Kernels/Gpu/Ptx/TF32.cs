namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A binary32 with 10 fraction bits: what tensor cores take of one.</summary>
public readonly partial struct TF32 : IRegister<TF32>
{
    private readonly Value? _value;

    private TF32(Value value) => _value = value;

    static PtxType IElement<TF32>.ElementType => PtxType.TF32;

    static int IElement<TF32>.Width => 1;

    Value?[] IElement<TF32>.Values => [_value];

    Value? IRegister<TF32>.Value => _value;

    static TF32 IElement<TF32>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static TF32 IRegister<TF32>.From(Value value) => new(value);

    internal static TF32 Of(Value value) => new(value);

    internal Value? Value => _value;
}
