using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct E5M2x4
{
    /// <summary>The same bits as U32.</summary>
    public U32 Bits => Arithmetic.Reinterpret<E5M2x4, U32>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static E5M2x4 FromBits(U32 bits) => Arithmetic.Reinterpret<U32, E5M2x4>(bits);

    /// <summary><c>mov.b32</c>: two pairs side by side.</summary>
    /// <param name="low">In the lower half.</param>
    /// <param name="high">In the upper half.</param>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public static E5M2x4 Pack(E5M2x2 low, E5M2x2 high, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Halves.Pack<E5M2x2, E5M2x4>(low, high, file, line);

    /// <summary><c>mov.b32</c>: the lower and the upper pair.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public (E5M2x2 Low, E5M2x2 High) Split([CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        Halves.Split<E5M2x4, E5M2x2>(this, file, line);
}
