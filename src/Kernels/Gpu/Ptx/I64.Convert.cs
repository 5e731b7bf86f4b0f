using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct I64
{
    /// <summary>The same bits; no instruction.</summary>
    public static explicit operator U64(I64 value) => Arithmetic.Reinterpret<I64, U64>(value);

    /// <summary><c>cvt.u32.s64</c>: the low 32 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U32 ToU32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("cvt.u32.s64", file, line, _value);

    /// <summary><c>cvt.s32.s64</c>: the low 32 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I32 ToI32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("cvt.s32.s64", file, line, _value);

    /// <summary><c>cvt.u16.s64</c>: the low 16 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U16 ToU16([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U16>("cvt.u16.s64", file, line, _value);

    /// <summary><c>cvt.s16.s64</c>: the low 16 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I16 ToI16([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I16>("cvt.s16.s64", file, line, _value);

    /// <summary><c>cvt.rn.f32.s64</c>: rounded to nearest even.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 ToF32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.rn.f32.s64", file, line, _value);

    /// <summary><c>cvt.rn.f64.s64</c>: rounded to nearest even.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F64 ToF64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F64>("cvt.rn.f64.s64", file, line, _value);
}
