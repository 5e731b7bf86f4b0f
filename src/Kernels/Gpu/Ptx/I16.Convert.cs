using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct I16
{
    /// <summary>The same bits; no instruction.</summary>
    public static explicit operator U16(I16 value) => Arithmetic.Reinterpret<I16, U16>(value);

    /// <summary><c>cvt.u32.s16</c>: the same number; a negative one modulo 2^32.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U32 ToU32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("cvt.u32.s16", file, line, _value);

    /// <summary><c>cvt.s32.s16</c>: the same number.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I32 ToI32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("cvt.s32.s16", file, line, _value);

    /// <summary><c>cvt.u64.s16</c>: the same number; a negative one modulo 2^64.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U64 ToU64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("cvt.u64.s16", file, line, _value);

    /// <summary><c>cvt.s64.s16</c>: the same number.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I64 ToI64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("cvt.s64.s16", file, line, _value);

    /// <summary><c>cvt.rn.f32.s16</c>: exact.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 ToF32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.rn.f32.s16", file, line, _value);
}
