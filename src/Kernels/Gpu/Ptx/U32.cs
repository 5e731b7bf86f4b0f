namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A 32-bit unsigned integer of each thread.</summary>
public readonly partial struct U32 : IRegister<U32>
{
    private readonly Value? _value;

    private U32(Value value) => _value = value;

    static PtxType IElement<U32>.ElementType => PtxType.U32;

    static int IElement<U32>.Width => 1;

    Value?[] IElement<U32>.Values => [_value];

    Value? IRegister<U32>.Value => _value;

    static U32 IElement<U32>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static U32 IRegister<U32>.From(Value value) => new(value);

    internal static U32 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>A constant; <see cref="KernelException"/> where it does not fit.</summary>
    public static implicit operator U32(int value) => new(Arithmetic.Integer(PtxType.U32, value));

    /// <summary>A constant; <see cref="KernelException"/> where it does not fit.</summary>
    public static implicit operator U32(uint value) => new(Arithmetic.Integer(PtxType.U32, value));

    /// <summary><c>add.u32</c>, modulo 2^32.</summary>
    public static U32 operator +(U32 a, U32 b) => Arithmetic.Binary("add.u32", a, b);

    /// <summary><c>sub.u32</c>, modulo 2^32.</summary>
    public static U32 operator -(U32 a, U32 b) => Arithmetic.Binary("sub.u32", a, b);

    /// <summary><c>mul.lo.u32</c>, modulo 2^32.</summary>
    public static U32 operator *(U32 a, U32 b) => Arithmetic.Binary("mul.lo.u32", a, b);

    /// <summary><c>div.u32</c>, toward zero; undefined for a zero divisor.</summary>
    public static U32 operator /(U32 a, U32 b) => Arithmetic.Binary("div.u32", a, b);

    /// <summary><c>rem.u32</c>: the rest of the division.</summary>
    public static U32 operator %(U32 a, U32 b) => Arithmetic.Binary("rem.u32", a, b);

    /// <summary><c>and.b32</c></summary>
    public static U32 operator &(U32 a, U32 b) => Arithmetic.Binary("and.b32", a, b);

    /// <summary><c>or.b32</c></summary>
    public static U32 operator |(U32 a, U32 b) => Arithmetic.Binary("or.b32", a, b);

    /// <summary><c>xor.b32</c></summary>
    public static U32 operator ^(U32 a, U32 b) => Arithmetic.Binary("xor.b32", a, b);

    /// <summary><c>not.b32</c></summary>
    public static U32 operator ~(U32 a) => Arithmetic.Unary("not.b32", a);

    /// <summary><c>shl.b32</c>; 32 bits or more give 0.</summary>
    public static U32 operator <<(U32 a, U32 bits) => Arithmetic.Apply<U32>("shl.b32", a._value, Shift(bits));

    /// <summary><c>shr.u32</c>; 32 bits or more give 0.</summary>
    public static U32 operator >>(U32 a, U32 bits) => Arithmetic.Apply<U32>("shr.u32", a._value, Shift(bits));

    /// <summary><c>setp.lt.u32</c>: whether <paramref name="a"/> is smaller.</summary>
    public static Pred operator <(U32 a, U32 b) => Arithmetic.Compare("lt", a, b);

    /// <summary><c>setp.gt.u32</c>: whether <paramref name="a"/> is larger.</summary>
    public static Pred operator >(U32 a, U32 b) => Arithmetic.Compare("gt", a, b);

    /// <summary><c>setp.le.u32</c>: whether <paramref name="a"/> is smaller or equal.</summary>
    public static Pred operator <=(U32 a, U32 b) => Arithmetic.Compare("le", a, b);

    /// <summary><c>setp.ge.u32</c>: whether <paramref name="a"/> is larger or equal.</summary>
    public static Pred operator >=(U32 a, U32 b) => Arithmetic.Compare("ge", a, b);

    /// <summary><c>setp.eq.u32</c>: whether <paramref name="a"/> is equal.</summary>
    public static Pred operator ==(U32 a, U32 b) => Arithmetic.Compare("eq", a, b);

    /// <summary><c>setp.ne.u32</c>: whether they differ.</summary>
    public static Pred operator !=(U32 a, U32 b) => Arithmetic.Compare("ne", a, b);

    /// <summary>Whether both are the same register or constant; no instruction.</summary>
    public override bool Equals(object? obj) => obj is U32 other && ReferenceEquals(_value, other._value);

    /// <inheritdoc/>
    public override int GetHashCode() => _value?.GetHashCode() ?? 0;

    private static Value? Shift(U32 bits) => bits.Value;
}
