namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A predicate: yes or no in each thread.</summary>
public readonly partial struct Pred : IRegister<Pred>
{
    private readonly Value? _value;

    private Pred(Value value) => _value = value;

    static PtxType IElement<Pred>.ElementType => PtxType.Pred;

    static int IElement<Pred>.Width => 1;

    Value?[] IElement<Pred>.Values => [_value];

    Value? IRegister<Pred>.Value => _value;

    static Pred IElement<Pred>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static Pred IRegister<Pred>.From(Value value) => new(value);

    internal static Pred Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary><c>and.pred</c></summary>
    public static Pred operator &(Pred a, Pred b) => Arithmetic.Binary("and.pred", a, b);

    /// <summary><c>or.pred</c></summary>
    public static Pred operator |(Pred a, Pred b) => Arithmetic.Binary("or.pred", a, b);

    /// <summary><c>xor.pred</c></summary>
    public static Pred operator ^(Pred a, Pred b) => Arithmetic.Binary("xor.pred", a, b);

    /// <summary><c>not.pred</c></summary>
    public static Pred operator !(Pred a) => Arithmetic.Unary("not.pred", a);
}
