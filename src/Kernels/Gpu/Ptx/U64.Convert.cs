using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct U64
{
    /// <summary>The same bits; no instruction.</summary>
    public static explicit operator I64(U64 value) => Arithmetic.Reinterpret<U64, I64>(value);

    /// <summary><c>cvt.u32.u64</c>: the low 32 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U32 ToU32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("cvt.u32.u64", file, line, _value);

    /// <summary><c>cvt.s32.u64</c>: the low 32 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I32 ToI32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("cvt.s32.u64", file, line, _value);

    /// <summary><c>cvt.u16.u64</c>: the low 16 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U16 ToU16([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U16>("cvt.u16.u64", file, line, _value);

    /// <summary><c>cvt.s16.u64</c>: the low 16 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I16 ToI16([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I16>("cvt.s16.u64", file, line, _value);

    /// <summary><c>cvt.rn.f32.u64</c>: rounded to nearest even.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 ToF32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.rn.f32.u64", file, line, _value);

    /// <summary><c>cvt.rn.f64.u64</c>: rounded to nearest even.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F64 ToF64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F64>("cvt.rn.f64.u64", file, line, _value);

    /// <summary><c>mov.b64</c>: two words in one.</summary>
    /// <param name="low">Lower word.</param>
    /// <param name="high">Upper word.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U64 Pack(U32 low, U32 high, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Halves.Pack<U32, U64>(low, high, file, line);

    /// <summary><c>mov.b64</c>: the two words.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public (U32 Low, U32 High) Split([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Halves.Split<U64, U32>(this, file, line);
}
