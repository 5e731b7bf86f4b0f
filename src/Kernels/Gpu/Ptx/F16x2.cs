using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Two F16 in one register, the lower one first.</summary>
public readonly partial struct F16x2 : IRegister<F16x2>
{
    private readonly Value? _value;

    private F16x2(Value value) => _value = value;

    static PtxType IElement<F16x2>.ElementType => PtxType.F16x2;

    static int IElement<F16x2>.Width => 1;

    Value?[] IElement<F16x2>.Values => [_value];

    Value? IRegister<F16x2>.Value => _value;

    static F16x2 IElement<F16x2>.FromValues(ReadOnlySpan<Value> values) => new(values[0]);

    static F16x2 IRegister<F16x2>.From(Value value) => new(value);

    internal static F16x2 Of(Value value) => new(value);

    internal Value? Value => _value;

    /// <summary><c>add.rn.f16x2</c>: each half rounded once.</summary>
    public static F16x2 operator +(F16x2 a, F16x2 b) => Arithmetic.Binary("add.rn.f16x2", a, b);

    /// <summary><c>sub.rn.f16x2</c>: each half rounded once.</summary>
    public static F16x2 operator -(F16x2 a, F16x2 b) => Arithmetic.Binary("sub.rn.f16x2", a, b);

    /// <summary><c>mul.rn.f16x2</c>: each half rounded once.</summary>
    public static F16x2 operator *(F16x2 a, F16x2 b) => Arithmetic.Binary("mul.rn.f16x2", a, b);

    /// <summary><c>neg.f16x2</c></summary>
    public static F16x2 operator -(F16x2 a) => Arithmetic.Unary("neg.f16x2", a);

    /// <summary><c>fma.rn.f16x2</c>: a · b + c, each half rounded once.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16x2 Fma(F16x2 a, F16x2 b, F16x2 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16x2>("fma.rn.f16x2", file, line, a._value, b._value, c._value);

    /// <summary><c>min.f16x2</c>: the smaller of each half; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16x2 Min(F16x2 a, F16x2 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16x2>("min.f16x2", file, line, a._value, b._value);

    /// <summary><c>max.f16x2</c>: the larger of each half; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16x2 Max(F16x2 a, F16x2 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16x2>("max.f16x2", file, line, a._value, b._value);

    /// <summary><c>abs.f16x2</c></summary>
    /// <param name="a">The value.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16x2 Abs(F16x2 a, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16x2>("abs.f16x2", file, line, a._value);
}
