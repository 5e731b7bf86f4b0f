namespace Puna.Kernels.Gpu.Ptx;

/// <summary>An IEEE 754 binary32 number of each thread.</summary>
public readonly partial struct F32 : IRegister<F32>
{
    private readonly Value? _value;

    private F32(Value value) => _value = value;

    static PtxType IElement<F32>.ElementType => PtxType.F32;

    static int IElement<F32>.Width => 1;

    Value?[] IElement<F32>.Values => [_value];

    Value? IRegister<F32>.Value => _value;

    static F32 IElement<F32>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static F32 IRegister<F32>.From(Value value) => new(value);

    internal static F32 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>A constant.</summary>
    public static implicit operator F32(float value) => new(Value.Constant(PtxType.F32, BitConverter.SingleToUInt32Bits(value)));

    /// <summary>A constant; <see cref="KernelException"/> where it is not exact.</summary>
    public static implicit operator F32(int value) => Exact(value);

    /// <summary><c>add.rn.f32</c>: rounded once; never fused with another operation.</summary>
    public static F32 operator +(F32 a, F32 b) => Arithmetic.Binary("add.rn.f32", a, b);

    /// <summary><c>sub.rn.f32</c>: rounded once; never fused with another operation.</summary>
    public static F32 operator -(F32 a, F32 b) => Arithmetic.Binary("sub.rn.f32", a, b);

    /// <summary><c>mul.rn.f32</c>: rounded once; never fused with another operation.</summary>
    public static F32 operator *(F32 a, F32 b) => Arithmetic.Binary("mul.rn.f32", a, b);

    /// <summary><c>div.rn.f32</c>: rounded once; never fused with another operation.</summary>
    public static F32 operator /(F32 a, F32 b) => Arithmetic.Binary("div.rn.f32", a, b);

    /// <summary><c>neg.f32</c></summary>
    public static F32 operator -(F32 a) => Arithmetic.Unary("neg.f32", a);

    /// <summary><c>setp.lt.f32</c>: whether <paramref name="a"/> is smaller; false where one is NaN.</summary>
    public static Pred operator <(F32 a, F32 b) => Arithmetic.Compare("lt", a, b);

    /// <summary><c>setp.gt.f32</c>: whether <paramref name="a"/> is larger; false where one is NaN.</summary>
    public static Pred operator >(F32 a, F32 b) => Arithmetic.Compare("gt", a, b);

    /// <summary><c>setp.le.f32</c>: whether <paramref name="a"/> is smaller or equal; false where one is NaN.</summary>
    public static Pred operator <=(F32 a, F32 b) => Arithmetic.Compare("le", a, b);

    /// <summary><c>setp.ge.f32</c>: whether <paramref name="a"/> is larger or equal; false where one is NaN.</summary>
    public static Pred operator >=(F32 a, F32 b) => Arithmetic.Compare("ge", a, b);

    /// <summary><c>setp.eq.f32</c>: whether <paramref name="a"/> is equal; false where one is NaN.</summary>
    public static Pred operator ==(F32 a, F32 b) => Arithmetic.Compare("eq", a, b);

    /// <summary><c>setp.neu.f32</c>: whether they differ; true where one is NaN.</summary>
    public static Pred operator !=(F32 a, F32 b) => Arithmetic.Compare("neu", a, b);

    /// <summary>Whether both are the same register or constant; no instruction.</summary>
    public override bool Equals(object? obj) => obj is F32 other && ReferenceEquals(_value, other._value);

    /// <inheritdoc/>
    public override int GetHashCode() => _value?.GetHashCode() ?? 0;

    private static F32 Exact(int value) => (int)(float)value == value && value != int.MaxValue
        ? (float)value
        : throw PtxBuilder.Mistake($"the constant {value} became F32, but a float cannot hold it exactly");
}
