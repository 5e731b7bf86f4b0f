using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct I32
{
    /// <summary><c>min.s32</c>: the smaller.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I32 Min(I32 a, I32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("min.s32", file, line, a._value, b._value);

    /// <summary><c>max.s32</c>: the larger.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I32 Max(I32 a, I32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("max.s32", file, line, a._value, b._value);

    /// <summary><c>mad.lo.s32</c>: a · b + c modulo 2^32.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I32 Mad(I32 a, I32 b, I32 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("mad.lo.s32", file, line, a._value, b._value, c._value);

    /// <summary><c>mul.hi.s32</c>: the upper 32 bits of the product.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I32 MulHigh(I32 a, I32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("mul.hi.s32", file, line, a._value, b._value);

    /// <summary><c>abs.s32</c>.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I32 Abs(I32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("abs.s32", file, line, x._value);

    /// <summary><c>mul.wide.s32</c>: the whole product.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I64 MulWide(I32 a, I32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("mul.wide.s32", file, line, a._value, b._value);

    /// <summary><c>mad.wide.s32</c>: a · b + c in 64 bits.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I64 MadWide(I32 a, I32 b, I64 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("mad.wide.s32", file, line, a._value, b._value, c.Value);

    /// <summary><c>bfe.s32</c>: <paramref name="count"/> bits from <paramref name="start"/> on, with the sign of the highest.</summary>
    /// <param name="x">The word.</param>
    /// <param name="start">Lowest bit.</param>
    /// <param name="count">Bits.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I32 ExtractBits(I32 x, U32 start, U32 count, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("bfe.s32", file, line, x._value, start.Value, count.Value);
}
