using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct U64
{
    /// <summary><c>min.u64</c>: the smaller.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U64 Min(U64 a, U64 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("min.u64", file, line, a._value, b._value);

    /// <summary><c>max.u64</c>: the larger.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U64 Max(U64 a, U64 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("max.u64", file, line, a._value, b._value);

    /// <summary><c>mad.lo.u64</c>: a · b + c modulo 2^64.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U64 Mad(U64 a, U64 b, U64 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("mad.lo.u64", file, line, a._value, b._value, c._value);

    /// <summary><c>mul.hi.u64</c>: the upper 64 bits of the product.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U64 MulHigh(U64 a, U64 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("mul.hi.u64", file, line, a._value, b._value);

    /// <summary><c>popc.b64</c>: bits that are 1.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 PopCount(U64 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("popc.b64", file, line, x._value);

    /// <summary><c>clz.b64</c>: zero bits above the highest 1; 64 for 0.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 LeadingZeros(U64 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("clz.b64", file, line, x._value);

    /// <summary><c>brev.b64</c>: the bits in reverse order.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U64 Reverse(U64 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("brev.b64", file, line, x._value);
}
