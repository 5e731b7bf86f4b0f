using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct U32
{
    /// <summary>The same bits; no instruction.</summary>
    public static explicit operator I32(U32 value) => Arithmetic.Reinterpret<U32, I32>(value);

    /// <summary><c>cvt.u64.u32</c>: the same number.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U64 ToU64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("cvt.u64.u32", file, line, _value);

    /// <summary><c>cvt.s64.u32</c>: the same number.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I64 ToI64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("cvt.s64.u32", file, line, _value);

    /// <summary><c>cvt.u16.u32</c>: the low 16 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U16 ToU16([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U16>("cvt.u16.u32", file, line, _value);

    /// <summary><c>cvt.s16.u32</c>: the low 16 bits.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I16 ToI16([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I16>("cvt.s16.u32", file, line, _value);

    /// <summary><c>cvt.rn.f32.u32</c>: rounded to nearest even.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 ToF32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.rn.f32.u32", file, line, _value);

    /// <summary><c>cvt.rn.f64.u32</c>: exact.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F64 ToF64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F64>("cvt.rn.f64.u32", file, line, _value);

    /// <summary><c>mov.b32</c>: two 16-bit halves in one word.</summary>
    /// <param name="low">Lower half.</param>
    /// <param name="high">Upper half.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static U32 Pack(U16 low, U16 high, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Halves.Pack<U16, U32>(low, high, file, line);

    /// <summary><c>mov.b32</c>: the two 16-bit halves.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public (U16 Low, U16 High) Split([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Halves.Split<U32, U16>(this, file, line);

    /// <summary><c>bfe.u32</c>: one byte of the word.</summary>
    /// <param name="index">0 for the lowest.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U32 Byte(int index, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) => ExtractBits(this, 8 * index, 8, file, line);
}
