namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A 16-bit unsigned integer of each thread.</summary>
public readonly partial struct U16 : IRegister<U16>
{
    private readonly Value? _value;

    private U16(Value value) => _value = value;

    static PtxType IElement<U16>.ElementType => PtxType.U16;

    static int IElement<U16>.Width => 1;

    Value?[] IElement<U16>.Values => [_value];

    Value? IRegister<U16>.Value => _value;

    static U16 IElement<U16>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static U16 IRegister<U16>.From(Value value) => new(value);

    internal static U16 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>A constant; <see cref="KernelException"/> where it does not fit.</summary>
    public static implicit operator U16(int value) => new(Arithmetic.Integer(PtxType.U16, value));

    /// <summary><c>add.u16</c>, modulo 2^16.</summary>
    public static U16 operator +(U16 a, U16 b) => Arithmetic.Binary("add.u16", a, b);

    /// <summary><c>sub.u16</c>, modulo 2^16.</summary>
    public static U16 operator -(U16 a, U16 b) => Arithmetic.Binary("sub.u16", a, b);

    /// <summary><c>mul.lo.u16</c>, modulo 2^16.</summary>
    public static U16 operator *(U16 a, U16 b) => Arithmetic.Binary("mul.lo.u16", a, b);

    /// <summary><c>div.u16</c>, toward zero; undefined for a zero divisor.</summary>
    public static U16 operator /(U16 a, U16 b) => Arithmetic.Binary("div.u16", a, b);

    /// <summary><c>rem.u16</c>: the rest of the division.</summary>
    public static U16 operator %(U16 a, U16 b) => Arithmetic.Binary("rem.u16", a, b);

    /// <summary><c>and.b16</c></summary>
    public static U16 operator &(U16 a, U16 b) => Arithmetic.Binary("and.b16", a, b);

    /// <summary><c>or.b16</c></summary>
    public static U16 operator |(U16 a, U16 b) => Arithmetic.Binary("or.b16", a, b);

    /// <summary><c>xor.b16</c></summary>
    public static U16 operator ^(U16 a, U16 b) => Arithmetic.Binary("xor.b16", a, b);

    /// <summary><c>not.b16</c></summary>
    public static U16 operator ~(U16 a) => Arithmetic.Unary("not.b16", a);

    /// <summary><c>shl.b16</c>; 16 bits or more give 0.</summary>
    public static U16 operator <<(U16 a, U32 bits) => Arithmetic.Apply<U16>("shl.b16", a._value, Shift(bits));

    /// <summary><c>shr.u16</c>; 16 bits or more give 0.</summary>
    public static U16 operator >>(U16 a, U32 bits) => Arithmetic.Apply<U16>("shr.u16", a._value, Shift(bits));

    /// <summary><c>setp.lt.u16</c>: whether <paramref name="a"/> is smaller.</summary>
    public static Pred operator <(U16 a, U16 b) => Arithmetic.Compare("lt", a, b);

    /// <summary><c>setp.gt.u16</c>: whether <paramref name="a"/> is larger.</summary>
    public static Pred operator >(U16 a, U16 b) => Arithmetic.Compare("gt", a, b);

    /// <summary><c>setp.le.u16</c>: whether <paramref name="a"/> is smaller or equal.</summary>
    public static Pred operator <=(U16 a, U16 b) => Arithmetic.Compare("le", a, b);

    /// <summary><c>setp.ge.u16</c>: whether <paramref name="a"/> is larger or equal.</summary>
    public static Pred operator >=(U16 a, U16 b) => Arithmetic.Compare("ge", a, b);

    /// <summary><c>setp.eq.u16</c>: whether <paramref name="a"/> is equal.</summary>
    public static Pred operator ==(U16 a, U16 b) => Arithmetic.Compare("eq", a, b);

    /// <summary><c>setp.ne.u16</c>: whether they differ.</summary>
    public static Pred operator !=(U16 a, U16 b) => Arithmetic.Compare("ne", a, b);

    /// <summary>Whether both are the same register or constant; no instruction.</summary>
    public override bool Equals(object? obj) => obj is U16 other && ReferenceEquals(_value, other._value);

    /// <inheritdoc/>
    public override int GetHashCode() => _value?.GetHashCode() ?? 0;

    private static Value? Shift(U32 bits) => bits.Value;
}
