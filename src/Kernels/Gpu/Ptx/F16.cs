using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>An IEEE 754 binary16 number of each thread.</summary>
public readonly partial struct F16 : IRegister<F16>
{
    private readonly Value? _value;

    private F16(Value value) => _value = value;

    static PtxType IElement<F16>.ElementType => PtxType.F16;

    static int IElement<F16>.Width => 1;

    Value?[] IElement<F16>.Values => [_value];

    Value? IRegister<F16>.Value => _value;

    static F16 IElement<F16>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static F16 IRegister<F16>.From(Value value) => new(value);

    internal static F16 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary>A constant, rounded to nearest even.</summary>
    public static explicit operator F16(float value) => new(Value.Constant(PtxType.F16, BitConverter.HalfToUInt16Bits((Half)value)));

    /// <summary><c>add.rn.f16</c>: rounded once.</summary>
    public static F16 operator +(F16 a, F16 b) => Arithmetic.Binary("add.rn.f16", a, b);

    /// <summary><c>sub.rn.f16</c>: rounded once.</summary>
    public static F16 operator -(F16 a, F16 b) => Arithmetic.Binary("sub.rn.f16", a, b);

    /// <summary><c>mul.rn.f16</c>: rounded once.</summary>
    public static F16 operator *(F16 a, F16 b) => Arithmetic.Binary("mul.rn.f16", a, b);

    /// <summary><c>neg.f16</c></summary>
    public static F16 operator -(F16 a) => Arithmetic.Unary("neg.f16", a);

    /// <summary><c>fma.rn.f16</c>: a · b + c, rounded once.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16 Fma(F16 a, F16 b, F16 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16>("fma.rn.f16", file, line, a._value, b._value, c._value);

    /// <summary><c>min.f16</c>: the smaller; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16 Min(F16 a, F16 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16>("min.f16", file, line, a._value, b._value);

    /// <summary><c>max.f16</c>: the larger; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16 Max(F16 a, F16 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16>("max.f16", file, line, a._value, b._value);

    /// <summary><c>abs.f16</c></summary>
    /// <param name="a">The value.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16 Abs(F16 a, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16>("abs.f16", file, line, a._value);
}
