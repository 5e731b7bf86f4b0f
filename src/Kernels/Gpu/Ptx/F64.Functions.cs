using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct F64
{
    /// <summary><c>fma.rn.f64</c>: a · b + c, rounded once.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F64 Fma(F64 a, F64 b, F64 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F64>("fma.rn.f64", file, line, a._value, b._value, c._value);

    /// <summary><c>min.f64</c>: the smaller; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F64 Min(F64 a, F64 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F64>("min.f64", file, line, a._value, b._value);

    /// <summary><c>max.f64</c>: the larger; of a number and NaN, the number.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F64 Max(F64 a, F64 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F64>("max.f64", file, line, a._value, b._value);

    /// <summary><c>abs.f64</c>.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F64 Abs(F64 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F64>("abs.f64", file, line, x._value);

    /// <summary><c>sqrt.rn.f64</c>: rounded to nearest.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F64 Sqrt(F64 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F64>("sqrt.rn.f64", file, line, x._value);
}
