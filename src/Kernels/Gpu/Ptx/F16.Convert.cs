using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct F16
{
    /// <summary>The same bits as U16.</summary>
    public U16 Bits => Arithmetic.Reinterpret<F16, U16>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static F16 FromBits(U16 bits) => Arithmetic.Reinterpret<U16, F16>(bits);

    /// <summary><c>cvt.f32.f16</c>: exact.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 ToF32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<F32>("cvt.f32.f16", file, line, _value);
}
