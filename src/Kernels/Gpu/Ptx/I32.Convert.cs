using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct I32
{
    /// <summary>The same bits; no instruction.</summary>
    public static explicit operator U32(I32 value) => Arithmetic.Reinterpret<I32, U32>(value);

    /// <summary><c>cvt.u64.s32</c>: the same number; a negative one modulo 2^64.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U64 ToU64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("cvt.u64.s32", file, line, _value);

    /// <summary><c>cvt.s64.s32</c>: the same number.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I64 ToI64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("cvt.s64.s32", file, line, _value);

    /// <summary><c>cvt.u16.s32</c>: the low 16 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U16 ToU16([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U16>("cvt.u16.s32", file, line, _value);

    /// <summary><c>cvt.s16.s32</c>: the low 16 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I16 ToI16([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I16>("cvt.s16.s32", file, line, _value);

    /// <summary><c>cvt.rn.f32.s32</c>: rounded to nearest even.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 ToF32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.rn.f32.s32", file, line, _value);

    /// <summary><c>cvt.rn.f64.s32</c>: exact.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F64 ToF64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F64>("cvt.rn.f64.s32", file, line, _value);
}
