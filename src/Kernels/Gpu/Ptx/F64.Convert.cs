using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct F64
{
    /// <summary>The same bits as U64.</summary>
    public U64 Bits => Arithmetic.Reinterpret<F64, U64>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static F64 FromBits(U64 bits) => Arithmetic.Reinterpret<U64, F64>(bits);

    /// <summary><c>cvt.rzi.s32.f64</c>: toward zero; what does not fit becomes the nearest that does.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I32 ToI32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("cvt.rzi.s32.f64", file, line, _value);

    /// <summary><c>cvt.rzi.u32.f64</c>: toward zero; what does not fit becomes the nearest that does.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U32 ToU32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("cvt.rzi.u32.f64", file, line, _value);

    /// <summary><c>cvt.rzi.s64.f64</c>: toward zero; what does not fit becomes the nearest that does.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I64 ToI64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("cvt.rzi.s64.f64", file, line, _value);

    /// <summary><c>cvt.rzi.u64.f64</c>: toward zero; what does not fit becomes the nearest that does.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U64 ToU64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("cvt.rzi.u64.f64", file, line, _value);

    /// <summary><c>cvt.rn.f32.f64</c>: rounded to nearest even.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 ToF32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.rn.f32.f64", file, line, _value);
}
