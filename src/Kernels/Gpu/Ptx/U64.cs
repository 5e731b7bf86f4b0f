namespace Puna.Kernels.Gpu.Ptx;

/// <summary>A 64-bit unsigned integer of each thread.</summary>
public readonly partial struct U64 : IRegister<U64>
{
    private readonly Value? _value;

    private U64(Value value) => _value = value;

    static PtxType IElement<U64>.ElementType => PtxType.U64;

    static int IElement<U64>.Width => 1;

    Value?[] IElement<U64>.Values => [_value];

    Value? IRegister<U64>.Value => _value;

    static U64 IElement<U64>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static U64 IRegister<U64>.From(Value value) => new(value);

    internal static U64 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>A constant; <see cref="KernelException"/> where it does not fit.</summary>
    public static implicit operator U64(int value) => new(Arithmetic.Integer(PtxType.U64, value));

    /// <summary>A constant; <see cref="KernelException"/> where it does not fit.</summary>
    public static implicit operator U64(long value) => new(Arithmetic.Integer(PtxType.U64, value));

    /// <summary>A constant; <see cref="KernelException"/> where it does not fit.</summary>
    public static implicit operator U64(ulong value) => new(Arithmetic.Integer(PtxType.U64, value));

    /// <summary><c>add.u64</c>, modulo 2^64.</summary>
    public static U64 operator +(U64 a, U64 b) => Arithmetic.Binary("add.u64", a, b);

    /// <summary><c>sub.u64</c>, modulo 2^64.</summary>
    public static U64 operator -(U64 a, U64 b) => Arithmetic.Binary("sub.u64", a, b);

    /// <summary><c>mul.lo.u64</c>, modulo 2^64.</summary>
    public static U64 operator *(U64 a, U64 b) => Arithmetic.Binary("mul.lo.u64", a, b);

    /// <summary><c>div.u64</c>, toward zero; undefined for a zero divisor.</summary>
    public static U64 operator /(U64 a, U64 b) => Arithmetic.Binary("div.u64", a, b);

    /// <summary><c>rem.u64</c>: the rest of the division.</summary>
    public static U64 operator %(U64 a, U64 b) => Arithmetic.Binary("rem.u64", a, b);

    /// <summary><c>and.b64</c></summary>
    public static U64 operator &(U64 a, U64 b) => Arithmetic.Binary("and.b64", a, b);

    /// <summary><c>or.b64</c></summary>
    public static U64 operator |(U64 a, U64 b) => Arithmetic.Binary("or.b64", a, b);

    /// <summary><c>xor.b64</c></summary>
    public static U64 operator ^(U64 a, U64 b) => Arithmetic.Binary("xor.b64", a, b);

    /// <summary><c>not.b64</c></summary>
    public static U64 operator ~(U64 a) => Arithmetic.Unary("not.b64", a);

    /// <summary><c>shl.b64</c>; 64 bits or more give 0.</summary>
    public static U64 operator <<(U64 a, U32 bits) => Arithmetic.Apply<U64>("shl.b64", a._value, Shift(bits));

    /// <summary><c>shr.u64</c>; 64 bits or more give 0.</summary>
    public static U64 operator >>(U64 a, U32 bits) => Arithmetic.Apply<U64>("shr.u64", a._value, Shift(bits));

    /// <summary><c>setp.lt.u64</c>: whether <paramref name="a"/> is smaller.</summary>
    public static Pred operator <(U64 a, U64 b) => Arithmetic.Compare("lt", a, b);

    /// <summary><c>setp.gt.u64</c>: whether <paramref name="a"/> is larger.</summary>
    public static Pred operator >(U64 a, U64 b) => Arithmetic.Compare("gt", a, b);

    /// <summary><c>setp.le.u64</c>: whether <paramref name="a"/> is smaller or equal.</summary>
    public static Pred operator <=(U64 a, U64 b) => Arithmetic.Compare("le", a, b);

    /// <summary><c>setp.ge.u64</c>: whether <paramref name="a"/> is larger or equal.</summary>
    public static Pred operator >=(U64 a, U64 b) => Arithmetic.Compare("ge", a, b);

    /// <summary><c>setp.eq.u64</c>: whether <paramref name="a"/> is equal.</summary>
    public static Pred operator ==(U64 a, U64 b) => Arithmetic.Compare("eq", a, b);

    /// <summary><c>setp.ne.u64</c>: whether they differ.</summary>
    public static Pred operator !=(U64 a, U64 b) => Arithmetic.Compare("ne", a, b);

    /// <summary>Whether both are the same register or constant; no instruction.</summary>
    public override bool Equals(object? obj) => obj is U64 other && ReferenceEquals(_value, other._value);

    /// <inheritdoc/>
    public override int GetHashCode() => _value?.GetHashCode() ?? 0;

    private static Value? Shift(U32 bits) => bits.Value;
}
