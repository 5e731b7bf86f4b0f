using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct U8x4
{
    /// <summary>The same bits as U32.</summary>
    public U32 Bits => Arithmetic.Reinterpret<U8x4, U32>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static U8x4 FromBits(U32 bits) => Arithmetic.Reinterpret<U32, U8x4>(bits);

    /// <summary><c>dp4a.u32.u32</c>: sum + the four products.</summary>
    /// <param name="a">Four factors.</param>
    /// <param name="b">Four factors.</param>
    /// <param name="sum">Added.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 Dot(U8x4 a, U8x4 b, U32 sum, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("dp4a.u32.u32", file, line, a._value, b._value, sum.Value);

    /// <summary>Two <c>cvt.pack.sat.u8.s32.b32</c>: four numbers, each into the range of a byte.</summary>
    /// <param name="a">Becomes the lowest byte.</param>
    /// <param name="b">Becomes byte 1.</param>
    /// <param name="c">Becomes byte 2.</param>
    /// <param name="d">Becomes the highest byte.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U8x4 PackSaturated(I32 a, I32 b, I32 c, I32 d, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U8x4>("cvt.pack.sat.u8.s32.b32", file, line, b.Value, a.Value,
            Arithmetic.Call<U8x4>("cvt.pack.sat.u8.s32.b32", file, line, d.Value, c.Value, Arithmetic.Integer(PtxType.U32, 0)).Value);
}
