namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A 64-bit signed integer of each thread.</summary>
public readonly partial struct I64 : IRegister<I64>
{
    private readonly Value? _value;

    private I64(Value value) => _value = value;

    static PtxType IElement<I64>.ElementType => PtxType.I64;

    static int IElement<I64>.Width => 1;

    Value?[] IElement<I64>.Values => [_value];

    Value? IRegister<I64>.Value => _value;

    static I64 IElement<I64>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static I64 IRegister<I64>.From(Value value) => new(value);

    internal static I64 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>A constant; <see cref="KernelException"/> where it does not fit.</summary>
    public static implicit operator I64(int value) => new(Arithmetic.Integer(PtxType.I64, value));

    /// <summary>A constant; <see cref="KernelException"/> where it does not fit.</summary>
    public static implicit operator I64(long value) => new(Arithmetic.Integer(PtxType.I64, value));

    /// <summary><c>add.s64</c>, modulo 2^64.</summary>
    public static I64 operator +(I64 a, I64 b) => Arithmetic.Binary("add.s64", a, b);

    /// <summary><c>sub.s64</c>, modulo 2^64.</summary>
    public static I64 operator -(I64 a, I64 b) => Arithmetic.Binary("sub.s64", a, b);

    /// <summary><c>neg.s64</c>, modulo 2^64.</summary>
    public static I64 operator -(I64 a) => Arithmetic.Unary("neg.s64", a);

    /// <summary><c>mul.lo.s64</c>, modulo 2^64.</summary>
    public static I64 operator *(I64 a, I64 b) => Arithmetic.Binary("mul.lo.s64", a, b);

    /// <summary><c>div.s64</c>, toward zero; undefined for a zero divisor.</summary>
    public static I64 operator /(I64 a, I64 b) => Arithmetic.Binary("div.s64", a, b);

    /// <summary><c>rem.s64</c>: the rest of the division; of the sign of a.</summary>
    public static I64 operator %(I64 a, I64 b) => Arithmetic.Binary("rem.s64", a, b);

    /// <summary><c>and.b64</c></summary>
    public static I64 operator &(I64 a, I64 b) => Arithmetic.Binary("and.b64", a, b);

    /// <summary><c>or.b64</c></summary>
    public static I64 operator |(I64 a, I64 b) => Arithmetic.Binary("or.b64", a, b);

    /// <summary><c>xor.b64</c></summary>
    public static I64 operator ^(I64 a, I64 b) => Arithmetic.Binary("xor.b64", a, b);

    /// <summary><c>not.b64</c></summary>
    public static I64 operator ~(I64 a) => Arithmetic.Unary("not.b64", a);

    /// <summary><c>shl.b64</c>; 64 bits or more give 0.</summary>
    public static I64 operator <<(I64 a, U32 bits) => Arithmetic.Apply<I64>("shl.b64", a._value, Shift(bits));

    /// <summary><c>shr.s64</c>; 64 bits or more give the sign.</summary>
    public static I64 operator >>(I64 a, U32 bits) => Arithmetic.Apply<I64>("shr.s64", a._value, Shift(bits));

    /// <summary><c>setp.lt.s64</c>: whether <paramref name="a"/> is smaller.</summary>
    public static Pred operator <(I64 a, I64 b) => Arithmetic.Compare("lt", a, b);

    /// <summary><c>setp.gt.s64</c>: whether <paramref name="a"/> is larger.</summary>
    public static Pred operator >(I64 a, I64 b) => Arithmetic.Compare("gt", a, b);

    /// <summary><c>setp.le.s64</c>: whether <paramref name="a"/> is smaller or equal.</summary>
    public static Pred operator <=(I64 a, I64 b) => Arithmetic.Compare("le", a, b);

    /// <summary><c>setp.ge.s64</c>: whether <paramref name="a"/> is larger or equal.</summary>
    public static Pred operator >=(I64 a, I64 b) => Arithmetic.Compare("ge", a, b);

    /// <summary><c>setp.eq.s64</c>: whether <paramref name="a"/> is equal.</summary>
    public static Pred operator ==(I64 a, I64 b) => Arithmetic.Compare("eq", a, b);

    /// <summary><c>setp.ne.s64</c>: whether they differ.</summary>
    public static Pred operator !=(I64 a, I64 b) => Arithmetic.Compare("ne", a, b);

    /// <summary>Whether both are the same register or constant; no instruction.</summary>
    public override bool Equals(object? obj) => obj is I64 other && ReferenceEquals(_value, other._value);

    /// <inheritdoc/>
    public override int GetHashCode() => _value?.GetHashCode() ?? 0;

    private static Value? Shift(U32 bits) => bits.Value;
}
