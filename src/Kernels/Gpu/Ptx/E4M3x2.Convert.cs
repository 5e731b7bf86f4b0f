using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct E4M3x2
{
    /// <summary>The same bits as U16.</summary>
    public U16 Bits => Arithmetic.Reinterpret<E4M3x2, U16>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static E4M3x2 FromBits(U16 bits) => Arithmetic.Reinterpret<U16, E4M3x2>(bits);

    /// <summary><c>cvt.rn.satfinite.e4m3x2.f32</c>: two floats, each rounded to nearest even, at most the largest finite; sm_89.</summary>
    /// <param name="low">Becomes the lower code.</param>
    /// <param name="high">Becomes the upper code.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static E4M3x2 Convert(F32 low, F32 high, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<E4M3x2>("cvt.rn.satfinite.e4m3x2.f32", Needs.Float8, file, line, high.Value, low.Value);

    /// <summary><c>cvt.rn.satfinite.e4m3x2.f16x2</c>: two halves, each rounded to nearest even, at most the largest finite; sm_89.</summary>
    /// <param name="halves">The lower half becomes the lower code.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static E4M3x2 Convert(F16x2 halves, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<E4M3x2>("cvt.rn.satfinite.e4m3x2.f16x2", Needs.Float8, file, line, halves.Value);
}
