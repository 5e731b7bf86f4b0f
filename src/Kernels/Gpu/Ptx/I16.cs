namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A 16-bit signed integer of each thread.</summary>
public readonly partial struct I16 : IRegister<I16>
{
    private readonly Value? _value;

    private I16(Value value) => _value = value;

    static PtxType IElement<I16>.ElementType => PtxType.I16;

    static int IElement<I16>.Width => 1;

    Value?[] IElement<I16>.Values => [_value];

    Value? IRegister<I16>.Value => _value;

    static I16 IElement<I16>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static I16 IRegister<I16>.From(Value value) => new(value);

    internal static I16 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>A constant; <see cref="KernelException"/> where it does not fit.</summary>
    public static implicit operator I16(int value) => new(Arithmetic.Integer(PtxType.I16, value));

    /// <summary><c>add.s16</c>, modulo 2^16.</summary>
    public static I16 operator +(I16 a, I16 b) => Arithmetic.Binary("add.s16", a, b);

    /// <summary><c>sub.s16</c>, modulo 2^16.</summary>
    public static I16 operator -(I16 a, I16 b) => Arithmetic.Binary("sub.s16", a, b);

    /// <summary><c>neg.s16</c>, modulo 2^16.</summary>
    public static I16 operator -(I16 a) => Arithmetic.Unary("neg.s16", a);

    /// <summary><c>mul.lo.s16</c>, modulo 2^16.</summary>
    public static I16 operator *(I16 a, I16 b) => Arithmetic.Binary("mul.lo.s16", a, b);

    /// <summary><c>div.s16</c>, toward zero; undefined for a zero divisor.</summary>
    public static I16 operator /(I16 a, I16 b) => Arithmetic.Binary("div.s16", a, b);

    /// <summary><c>rem.s16</c>: the rest of the division; of the sign of a.</summary>
    public static I16 operator %(I16 a, I16 b) => Arithmetic.Binary("rem.s16", a, b);

    /// <summary><c>and.b16</c></summary>
    public static I16 operator &(I16 a, I16 b) => Arithmetic.Binary("and.b16", a, b);

    /// <summary><c>or.b16</c></summary>
    public static I16 operator |(I16 a, I16 b) => Arithmetic.Binary("or.b16", a, b);

    /// <summary><c>xor.b16</c></summary>
    public static I16 operator ^(I16 a, I16 b) => Arithmetic.Binary("xor.b16", a, b);

    /// <summary><c>not.b16</c></summary>
    public static I16 operator ~(I16 a) => Arithmetic.Unary("not.b16", a);

    /// <summary><c>shl.b16</c>; 16 bits or more give 0.</summary>
    public static I16 operator <<(I16 a, U32 bits) => Arithmetic.Apply<I16>("shl.b16", a._value, Shift(bits));

    /// <summary><c>shr.s16</c>; 16 bits or more give the sign.</summary>
    public static I16 operator >>(I16 a, U32 bits) => Arithmetic.Apply<I16>("shr.s16", a._value, Shift(bits));

    /// <summary><c>setp.lt.s16</c>: whether <paramref name="a"/> is smaller.</summary>
    public static Pred operator <(I16 a, I16 b) => Arithmetic.Compare("lt", a, b);

    /// <summary><c>setp.gt.s16</c>: whether <paramref name="a"/> is larger.</summary>
    public static Pred operator >(I16 a, I16 b) => Arithmetic.Compare("gt", a, b);

    /// <summary><c>setp.le.s16</c>: whether <paramref name="a"/> is smaller or equal.</summary>
    public static Pred operator <=(I16 a, I16 b) => Arithmetic.Compare("le", a, b);

    /// <summary><c>setp.ge.s16</c>: whether <paramref name="a"/> is larger or equal.</summary>
    public static Pred operator >=(I16 a, I16 b) => Arithmetic.Compare("ge", a, b);

    /// <summary><c>setp.eq.s16</c>: whether <paramref name="a"/> is equal.</summary>
    public static Pred operator ==(I16 a, I16 b) => Arithmetic.Compare("eq", a, b);

    /// <summary><c>setp.ne.s16</c>: whether they differ.</summary>
    public static Pred operator !=(I16 a, I16 b) => Arithmetic.Compare("ne", a, b);

    /// <summary>Whether both are the same register or constant; no instruction.</summary>
    public override bool Equals(object? obj) => obj is I16 other && ReferenceEquals(_value, other._value);

    /// <inheritdoc/>
    public override int GetHashCode() => _value?.GetHashCode() ?? 0;

    private static Value? Shift(U32 bits) => bits.Value;
}
