using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

// Approx stands in a name where PTX has an exactly rounded form too; Ftz where subnormals become zero.
public readonly partial struct F32
{
    /// <summary><c>fma.rn.f32</c>: a · b + c, rounded once.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Fma(F32 a, F32 b, F32 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("fma.rn.f32", file, line, a._value, b._value, c._value);

    /// <summary><c>min.f32</c>: the smaller; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Min(F32 a, F32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("min.f32", file, line, a._value, b._value);

    /// <summary><c>max.f32</c>: the larger; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Max(F32 a, F32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("max.f32", file, line, a._value, b._value);

    /// <summary><c>min.NaN.f32</c>: the smaller; NaN where one is.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 MinNaN(F32 a, F32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("min.NaN.f32", file, line, a._value, b._value);

    /// <summary><c>max.NaN.f32</c>: the larger; NaN where one is.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 MaxNaN(F32 a, F32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("max.NaN.f32", file, line, a._value, b._value);

    /// <summary><c>abs.f32</c>.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Abs(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("abs.f32", file, line, x._value);

    /// <summary><c>copysign.f32</c>.</summary>
    /// <param name="sign">Whose sign the result has.</param>
    /// <param name="magnitude">Whose magnitude it has.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 CopySign(F32 sign, F32 magnitude, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("copysign.f32", file, line, sign._value, magnitude._value);

    /// <summary><c>sqrt.rn.f32</c>: rounded to nearest.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Sqrt(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("sqrt.rn.f32", file, line, x._value);

    /// <summary><c>sqrt.approx.f32</c>: within 1 ulp.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 SqrtApprox(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("sqrt.approx.f32", file, line, x._value);

    /// <summary><c>rcp.rn.f32</c>: 1 / x, rounded to nearest.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Rcp(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("rcp.rn.f32", file, line, x._value);

    /// <summary><c>rcp.approx.f32</c>: 1 / x within 1 ulp.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 RcpApprox(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("rcp.approx.f32", file, line, x._value);

    /// <summary><c>rcp.approx.ftz.f32</c>: 1 / x within 1 ulp, subnormals as zero.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 RcpApproxFtz(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("rcp.approx.ftz.f32", file, line, x._value);

    /// <summary><c>div.approx.f32</c>: a / b within 2 ulp for |b| from 2^-126 to 2^126.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 DivideApprox(F32 a, F32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("div.approx.f32", file, line, a._value, b._value);

    /// <summary><c>rsqrt.approx.f32</c>: 1 / √x within 2^-22.9 of the value.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 RSqrt(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("rsqrt.approx.f32", file, line, x._value);

    /// <summary><c>rsqrt.approx.ftz.f32</c>: 1 / √x within 2^-22.9 of the value, subnormals as zero.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 RSqrtFtz(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("rsqrt.approx.ftz.f32", file, line, x._value);

    /// <summary><c>ex2.approx.f32</c>: 2^x within 2 ulp.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Ex2(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("ex2.approx.f32", file, line, x._value);

    /// <summary><c>ex2.approx.ftz.f32</c>: 2^x within 2 ulp, subnormals as zero.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Ex2Ftz(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("ex2.approx.ftz.f32", file, line, x._value);

    /// <summary><c>lg2.approx.f32</c>: the logarithm to base 2 within 2^-22 near 1, otherwise within 2^-22 of the value.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Lg2(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("lg2.approx.f32", file, line, x._value);

    /// <summary><c>lg2.approx.ftz.f32</c>: the logarithm to base 2, subnormals as zero.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Lg2Ftz(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("lg2.approx.ftz.f32", file, line, x._value);

    /// <summary><c>sin.approx.f32</c>: within 2^-20.5 for |x| up to π.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Sin(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("sin.approx.f32", file, line, x._value);

    /// <summary><c>cos.approx.f32</c>: within 2^-20.5 for |x| up to π.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Cos(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cos.approx.f32", file, line, x._value);

    /// <summary><c>tanh.approx.f32</c>: within 2^-11 of the value.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F32 Tanh(F32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("tanh.approx.f32", file, line, x._value);
}
