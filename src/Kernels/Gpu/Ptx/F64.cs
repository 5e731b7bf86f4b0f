namespace Puna.Kernels.Gpu.Ptx;

/// <summary>An IEEE 754 binary64 number of each thread.</summary>
public readonly partial struct F64 : IRegister<F64>
{
    private readonly Value? _value;

    private F64(Value value) => _value = value;

    static PtxType IElement<F64>.ElementType => PtxType.F64;

    static int IElement<F64>.Width => 1;

    Value?[] IElement<F64>.Values => [_value];

    Value? IRegister<F64>.Value => _value;

    static F64 IElement<F64>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static F64 IRegister<F64>.From(Value value) => new(value);

    internal static F64 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>A constant.</summary>
    public static implicit operator F64(double value) => new(Value.Constant(PtxType.F64, BitConverter.DoubleToUInt64Bits(value)));

    /// <summary><c>add.rn.f64</c>: rounded once; never fused with another operation.</summary>
    public static F64 operator +(F64 a, F64 b) => Arithmetic.Binary("add.rn.f64", a, b);

    /// <summary><c>sub.rn.f64</c>: rounded once; never fused with another operation.</summary>
    public static F64 operator -(F64 a, F64 b) => Arithmetic.Binary("sub.rn.f64", a, b);

    /// <summary><c>mul.rn.f64</c>: rounded once; never fused with another operation.</summary>
    public static F64 operator *(F64 a, F64 b) => Arithmetic.Binary("mul.rn.f64", a, b);

    /// <summary><c>div.rn.f64</c>: rounded once; never fused with another operation.</summary>
    public static F64 operator /(F64 a, F64 b) => Arithmetic.Binary("div.rn.f64", a, b);

    /// <summary><c>neg.f64</c></summary>
    public static F64 operator -(F64 a) => Arithmetic.Unary("neg.f64", a);

    /// <summary><c>setp.lt.f64</c>: whether <paramref name="a"/> is smaller; false where one is NaN.</summary>
    public static Pred operator <(F64 a, F64 b) => Arithmetic.Compare("lt", a, b);

    /// <summary><c>setp.gt.f64</c>: whether <paramref name="a"/> is larger; false where one is NaN.</summary>
    public static Pred operator >(F64 a, F64 b) => Arithmetic.Compare("gt", a, b);

    /// <summary><c>setp.le.f64</c>: whether <paramref name="a"/> is smaller or equal; false where one is NaN.</summary>
    public static Pred operator <=(F64 a, F64 b) => Arithmetic.Compare("le", a, b);

    /// <summary><c>setp.ge.f64</c>: whether <paramref name="a"/> is larger or equal; false where one is NaN.</summary>
    public static Pred operator >=(F64 a, F64 b) => Arithmetic.Compare("ge", a, b);

    /// <summary><c>setp.eq.f64</c>: whether <paramref name="a"/> is equal; false where one is NaN.</summary>
    public static Pred operator ==(F64 a, F64 b) => Arithmetic.Compare("eq", a, b);

    /// <summary><c>setp.neu.f64</c>: whether they differ; true where one is NaN.</summary>
    public static Pred operator !=(F64 a, F64 b) => Arithmetic.Compare("neu", a, b);

    /// <summary>Whether both are the same register or constant; no instruction.</summary>
    public override bool Equals(object? obj) => obj is F64 other && ReferenceEquals(_value, other._value);

    /// <inheritdoc/>
    public override int GetHashCode() => _value?.GetHashCode() ?? 0;
}
