using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct F16x2
{
    /// <summary>The same bits as U32.</summary>
    public U32 Bits => Arithmetic.Reinterpret<F16x2, U32>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static F16x2 FromBits(U32 bits) => Arithmetic.Reinterpret<U32, F16x2>(bits);

    /// <summary><c>mov.b32</c>: two values side by side.</summary>
    /// <param name="low">In the lower half.</param>
    /// <param name="high">In the upper half.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16x2 Pack(F16 low, F16 high, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Halves.Pack<F16, F16x2>(low, high, file, line);

    /// <summary><c>cvt.rn.f16x2.f32</c>: two floats, each rounded to nearest even.</summary>
    /// <param name="low">Becomes the lower half.</param>
    /// <param name="high">Becomes the upper half.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16x2 Convert(F32 low, F32 high, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16x2>("cvt.rn.f16x2.f32", file, line, high.Value, low.Value);

    /// <summary><c>mov.b32</c>: the two halves.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public (F16 Low, F16 High) Split([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Halves.Split<F16x2, F16>(this, file, line);

    /// <summary><c>ex2.approx.f16x2</c>: 2^x of each half, within 2^-9.9 of the value.</summary>
    /// <param name="x">The exponents.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16x2 Ex2(F16x2 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16x2>("ex2.approx.f16x2", file, line, x._value);

    /// <summary><c>cvt.rn.f16x2.e4m3x2</c>: exact; sm_89.</summary>
    /// <param name="codes">The lower code becomes the lower half.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16x2 Convert(E4M3x2 codes, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16x2>("cvt.rn.f16x2.e4m3x2", Needs.Float8, file, line, codes.Value);

    /// <summary><c>cvt.rn.f16x2.e5m2x2</c>: exact; sm_89.</summary>
    /// <param name="codes">The lower code becomes the lower half.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static F16x2 Convert(E5M2x2 codes, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16x2>("cvt.rn.f16x2.e5m2x2", Needs.Float8, file, line, codes.Value);
}
