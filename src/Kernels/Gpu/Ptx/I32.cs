namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A 32-bit signed integer of each thread.</summary>
public readonly partial struct I32 : IRegister<I32>
{
    private readonly Value? _value;

    private I32(Value value) => _value = value;

    static PtxType IElement<I32>.ElementType => PtxType.I32;

    static int IElement<I32>.Width => 1;

    Value?[] IElement<I32>.Values => [_value];

    Value? IRegister<I32>.Value => _value;

    static I32 IElement<I32>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static I32 IRegister<I32>.From(Value value) => new(value);

    internal static I32 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>A constant; <see cref="KernelException"/> where it does not fit.</summary>
    public static implicit operator I32(int value) => new(Arithmetic.Integer(PtxType.I32, value));

    /// <summary><c>add.s32</c>, modulo 2^32.</summary>
    public static I32 operator +(I32 a, I32 b) => Arithmetic.Binary("add.s32", a, b);

    /// <summary><c>sub.s32</c>, modulo 2^32.</summary>
    public static I32 operator -(I32 a, I32 b) => Arithmetic.Binary("sub.s32", a, b);

    /// <summary><c>neg.s32</c>, modulo 2^32.</summary>
    public static I32 operator -(I32 a) => Arithmetic.Unary("neg.s32", a);

    /// <summary><c>mul.lo.s32</c>, modulo 2^32.</summary>
    public static I32 operator *(I32 a, I32 b) => Arithmetic.Binary("mul.lo.s32", a, b);

    /// <summary><c>div.s32</c>, toward zero; undefined for a zero divisor.</summary>
    public static I32 operator /(I32 a, I32 b) => Arithmetic.Binary("div.s32", a, b);

    /// <summary><c>rem.s32</c>: the rest of the division; of the sign of a.</summary>
    public static I32 operator %(I32 a, I32 b) => Arithmetic.Binary("rem.s32", a, b);

    /// <summary><c>and.b32</c></summary>
    public static I32 operator &(I32 a, I32 b) => Arithmetic.Binary("and.b32", a, b);

    /// <summary><c>or.b32</c></summary>
    public static I32 operator |(I32 a, I32 b) => Arithmetic.Binary("or.b32", a, b);

    /// <summary><c>xor.b32</c></summary>
    public static I32 operator ^(I32 a, I32 b) => Arithmetic.Binary("xor.b32", a, b);

    /// <summary><c>not.b32</c></summary>
    public static I32 operator ~(I32 a) => Arithmetic.Unary("not.b32", a);

    /// <summary><c>shl.b32</c>; 32 bits or more give 0.</summary>
    public static I32 operator <<(I32 a, U32 bits) => Arithmetic.Apply<I32>("shl.b32", a._value, Shift(bits));

    /// <summary><c>shr.s32</c>; 32 bits or more give the sign.</summary>
    public static I32 operator >>(I32 a, U32 bits) => Arithmetic.Apply<I32>("shr.s32", a._value, Shift(bits));

    /// <summary><c>setp.lt.s32</c>: whether <paramref name="a"/> is smaller.</summary>
    public static Pred operator <(I32 a, I32 b) => Arithmetic.Compare("lt", a, b);

    /// <summary><c>setp.gt.s32</c>: whether <paramref name="a"/> is larger.</summary>
    public static Pred operator >(I32 a, I32 b) => Arithmetic.Compare("gt", a, b);

    /// <summary><c>setp.le.s32</c>: whether <paramref name="a"/> is smaller or equal.</summary>
    public static Pred operator <=(I32 a, I32 b) => Arithmetic.Compare("le", a, b);

    /// <summary><c>setp.ge.s32</c>: whether <paramref name="a"/> is larger or equal.</summary>
    public static Pred operator >=(I32 a, I32 b) => Arithmetic.Compare("ge", a, b);

    /// <summary><c>setp.eq.s32</c>: whether <paramref name="a"/> is equal.</summary>
    public static Pred operator ==(I32 a, I32 b) => Arithmetic.Compare("eq", a, b);

    /// <summary><c>setp.ne.s32</c>: whether they differ.</summary>
    public static Pred operator !=(I32 a, I32 b) => Arithmetic.Compare("ne", a, b);

    /// <summary>Whether both are the same register or constant; no instruction.</summary>
    public override bool Equals(object? obj) => obj is I32 other && ReferenceEquals(_value, other._value);

    /// <inheritdoc/>
    public override int GetHashCode() => _value?.GetHashCode() ?? 0;

    private static Value? Shift(U32 bits) => bits.Value;
}
