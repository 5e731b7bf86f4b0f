using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct F32
{
    /// <summary>The same bits as U32.</summary>
    public U32 Bits => Arithmetic.Reinterpret<F32, U32>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static F32 FromBits(U32 bits) => Arithmetic.Reinterpret<U32, F32>(bits);

    /// <summary><c>cvt.rzi.s32.f32</c>: toward zero; what does not fit becomes the nearest that does, NaN 0.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I32 ToI32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("cvt.rzi.s32.f32", file, line, _value);

    /// <summary><c>cvt.rni.s32.f32</c>: to nearest even; what does not fit becomes the nearest that does, NaN 0.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I32 RoundToI32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I32>("cvt.rni.s32.f32", file, line, _value);

    /// <summary><c>cvt.rzi.u32.f32</c>: toward zero; what does not fit becomes the nearest that does, NaN 0.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U32 ToU32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("cvt.rzi.u32.f32", file, line, _value);

    /// <summary><c>cvt.rni.u32.f32</c>: to nearest even; what does not fit becomes the nearest that does, NaN 0.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U32 RoundToU32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U32>("cvt.rni.u32.f32", file, line, _value);

    /// <summary><c>cvt.rzi.s64.f32</c>: toward zero; what does not fit becomes the nearest that does, NaN 0.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I64 ToI64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("cvt.rzi.s64.f32", file, line, _value);

    /// <summary><c>cvt.rni.s64.f32</c>: to nearest even; what does not fit becomes the nearest that does, NaN 0.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I64 RoundToI64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I64>("cvt.rni.s64.f32", file, line, _value);

    /// <summary><c>cvt.rzi.u64.f32</c>: toward zero; what does not fit becomes the nearest that does, NaN 0.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U64 ToU64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("cvt.rzi.u64.f32", file, line, _value);

    /// <summary><c>cvt.rni.u64.f32</c>: to nearest even; what does not fit becomes the nearest that does, NaN 0.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public U64 RoundToU64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<U64>("cvt.rni.u64.f32", file, line, _value);

    /// <summary><c>cvt.rmi.f32.f32</c>: the next integer below, as a float.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 Floor([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.rmi.f32.f32", file, line, _value);

    /// <summary><c>cvt.rpi.f32.f32</c>: the next integer above, as a float.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 Ceiling([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.rpi.f32.f32", file, line, _value);

    /// <summary><c>cvt.rni.f32.f32</c>: the nearest integer, ties to even, as a float.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 Round([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.rni.f32.f32", file, line, _value);

    /// <summary><c>cvt.rzi.f32.f32</c>: the next integer toward zero, as a float.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 Truncate([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.rzi.f32.f32", file, line, _value);

    /// <summary><c>cvt.sat.f32.f32</c>: into [0, 1]; NaN becomes 0.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 Saturate([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.sat.f32.f32", file, line, _value);

    /// <summary><c>cvt.f64.f32</c>: exact.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F64 ToF64([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F64>("cvt.f64.f32", file, line, _value);

    /// <summary><c>cvt.rn.f16.f32</c>: rounded to nearest even.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F16 ToF16([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F16>("cvt.rn.f16.f32", file, line, _value);

    /// <summary><c>cvt.rn.bf16.f32</c>: rounded to nearest even.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public BF16 ToBF16([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16>("cvt.rn.bf16.f32", file, line, _value);

    /// <summary><c>cvt.rna.tf32.f32</c>: rounded to nearest, ties away from zero.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public TF32 ToTF32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<TF32>("cvt.rna.tf32.f32", file, line, _value);

    /// <summary><c>cvt.rni.sat.s8.f32</c>: to nearest even, into [-128, 127], NaN 0.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public I8 RoundToI8([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<I8>("cvt.rni.sat.s8.f32", file, line, _value);
}
