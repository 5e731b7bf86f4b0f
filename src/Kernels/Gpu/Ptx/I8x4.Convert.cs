using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct I8x4
{
    /// <summary>The same bits as U32.</summary>
    public U32 Bits => Arithmetic.Reinterpret<I8x4, U32>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static I8x4 FromBits(U32 bits) => Arithmetic.Reinterpret<U32, I8x4>(bits);

    /// <summary><c>dp4a.s32.s32</c>: sum + the four products.</summary>
    /// <param name="a">Four factors.</param>
    /// <param name="b">Four factors.</param>
    /// <param name="sum">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I32 Dot(I8x4 a, I8x4 b, I32 sum, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("dp4a.s32.s32", file, line, a._value, b._value, sum.Value);

    /// <summary>Two <c>cvt.pack.sat.s8.s32.b32</c>: four numbers, each into the range of a byte.</summary>
    /// <param name="a">Becomes the lowest byte.</param>
    /// <param name="b">Becomes byte 1.</param>
    /// <param name="c">Becomes byte 2.</param>
    /// <param name="d">Becomes the highest byte.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static I8x4 PackSaturated(I32 a, I32 b, I32 c, I32 d, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I8x4>("cvt.pack.sat.s8.s32.b32", file, line, b.Value, a.Value,
            Arithmetic.Call<I8x4>("cvt.pack.sat.s8.s32.b32", file, line, d.Value, c.Value, Arithmetic.Integer(PtxType.U32, 0)).Value);
}
