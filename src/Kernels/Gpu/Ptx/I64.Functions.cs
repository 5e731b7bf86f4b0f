using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct I64
{
    /// <summary><c>min.s64</c>: the smaller.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I64 Min(I64 a, I64 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("min.s64", file, line, a._value, b._value);

    /// <summary><c>max.s64</c>: the larger.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I64 Max(I64 a, I64 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("max.s64", file, line, a._value, b._value);

    /// <summary><c>mad.lo.s64</c>: a · b + c modulo 2^64.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I64 Mad(I64 a, I64 b, I64 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("mad.lo.s64", file, line, a._value, b._value, c._value);

    /// <summary><c>mul.hi.s64</c>: the upper 64 bits of the product.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I64 MulHigh(I64 a, I64 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("mul.hi.s64", file, line, a._value, b._value);

    /// <summary><c>abs.s64</c>.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I64 Abs(I64 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("abs.s64", file, line, x._value);
}
