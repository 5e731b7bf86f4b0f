using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct U32
{
    /// <summary><c>min.u32</c>: the smaller.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 Min(U32 a, U32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("min.u32", file, line, a._value, b._value);

    /// <summary><c>max.u32</c>: the larger.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 Max(U32 a, U32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("max.u32", file, line, a._value, b._value);

    /// <summary><c>mad.lo.u32</c>: a · b + c modulo 2^32.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 Mad(U32 a, U32 b, U32 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("mad.lo.u32", file, line, a._value, b._value, c._value);

    /// <summary><c>mul.hi.u32</c>: the upper 32 bits of the product.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 MulHigh(U32 a, U32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("mul.hi.u32", file, line, a._value, b._value);

    /// <summary><c>mul.wide.u32</c>: the whole product.</summary>
    /// <param name="a">One value.</param>
    /// <param name="b">The other.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U64 MulWide(U32 a, U32 b, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("mul.wide.u32", file, line, a._value, b._value);

    /// <summary><c>mad.wide.u32</c>: a · b + c in 64 bits.</summary>
    /// <param name="a">First factor.</param>
    /// <param name="b">Second factor.</param>
    /// <param name="c">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U64 MadWide(U32 a, U32 b, U64 c, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("mad.wide.u32", file, line, a._value, b._value, c.Value);

    /// <summary><c>popc.b32</c>: bits that are 1.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 PopCount(U32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("popc.b32", file, line, x._value);

    /// <summary><c>clz.b32</c>: zero bits above the highest 1; 32 for 0.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 LeadingZeros(U32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("clz.b32", file, line, x._value);

    /// <summary><c>brev.b32</c>: the bits in reverse order.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 Reverse(U32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("brev.b32", file, line, x._value);

    /// <summary><c>bfind.u32</c>: place of the highest 1; 0xFFFFFFFF for 0.</summary>
    /// <param name="x">The argument.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 FindHighest(U32 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("bfind.u32", file, line, x._value);

    /// <summary><c>prmt.b32</c>: four bytes out of eight.</summary>
    /// <param name="a">Bytes 0 to 3.</param>
    /// <param name="b">Bytes 4 to 7.</param>
    /// <param name="selector">Four hexadecimal digits, the lowest for the lowest byte; bit 3 of one repeats the sign.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 Permute(U32 a, U32 b, U32 selector, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("prmt.b32", file, line, a._value, b._value, selector._value);

    /// <summary><c>shf.l.wrap.b32</c>: the upper word of the shifted pair.</summary>
    /// <param name="low">Lower word.</param>
    /// <param name="high">Upper word.</param>
    /// <param name="bits">How far, modulo 32.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 FunnelShiftLeft(U32 low, U32 high, U32 bits, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("shf.l.wrap.b32", file, line, low._value, high._value, bits._value);

    /// <summary><c>shf.r.wrap.b32</c>: the lower word of the shifted pair.</summary>
    /// <param name="low">Lower word.</param>
    /// <param name="high">Upper word.</param>
    /// <param name="bits">How far, modulo 32.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 FunnelShiftRight(U32 low, U32 high, U32 bits, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("shf.r.wrap.b32", file, line, low._value, high._value, bits._value);

    /// <summary><c>lop3.b32</c>: any function of three bits, in each place.</summary>
    /// <param name="a">Operand whose table is 0xF0.</param>
    /// <param name="b">Operand whose table is 0xCC.</param>
    /// <param name="c">Operand whose table is 0xAA.</param>
    /// <param name="table">The same function of 0xF0, 0xCC and 0xAA.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 Lop3(U32 a, U32 b, U32 c, byte table, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("lop3.b32", file, line, a._value, b._value, c._value, Arithmetic.Integer(PtxType.U32, table));

    /// <summary><c>bfe.u32</c>: <paramref name="count"/> bits from <paramref name="start"/> on, zeros above them.</summary>
    /// <param name="x">The word.</param>
    /// <param name="start">Lowest bit.</param>
    /// <param name="count">Bits.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 ExtractBits(U32 x, U32 start, U32 count, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("bfe.u32", file, line, x._value, start.Value, count.Value);

    /// <summary><c>bfi.b32</c>: a word with <paramref name="count"/> of its bits replaced.</summary>
    /// <param name="bits">The new bits, in the low places.</param>
    /// <param name="x">The word.</param>
    /// <param name="start">Lowest bit to replace.</param>
    /// <param name="count">Bits.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 InsertBits(U32 bits, U32 x, U32 start, U32 count, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("bfi.b32", file, line, bits._value, x._value, start._value, count._value);
}
