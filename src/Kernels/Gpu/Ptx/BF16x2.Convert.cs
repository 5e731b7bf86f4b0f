using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct BF16x2
{
    /// <summary>The same bits as U32.</summary>
    public U32 Bits => Arithmetic.Reinterpret<BF16x2, U32>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static BF16x2 FromBits(U32 bits) => Arithmetic.Reinterpret<U32, BF16x2>(bits);

    /// <summary><c>mov.b32</c>: two values side by side.</summary>
    /// <param name="low">In the lower half.</param>
    /// <param name="high">In the upper half.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16x2 Pack(BF16 low, BF16 high, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Halves.Pack<BF16, BF16x2>(low, high, file, line);

    /// <summary><c>cvt.rn.bf16x2.f32</c>: two floats, each rounded to nearest even.</summary>
    /// <param name="low">Becomes the lower half.</param>
    /// <param name="high">Becomes the upper half.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16x2 Convert(F32 low, F32 high, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16x2>("cvt.rn.bf16x2.f32", file, line, high.Value, low.Value);

    /// <summary><c>mov.b32</c>: the two halves.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public (BF16 Low, BF16 High) Split([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Halves.Split<BF16x2, BF16>(this, file, line);

    /// <summary><c>ex2.approx.ftz.bf16x2</c>: 2^x of each half, within 2^-7 of the value; sm_90.</summary>
    /// <param name="x">The exponents.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static BF16x2 Ex2Ftz(BF16x2 x, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Arithmetic.Call<BF16x2>("ex2.approx.ftz.bf16x2", Needs.Sm90, file, line, x._value);
}
