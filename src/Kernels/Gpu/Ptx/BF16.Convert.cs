using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct BF16
{
    /// <summary>The same bits as U16.</summary>
    public U16 Bits => Arithmetic.Reinterpret<BF16, U16>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static BF16 FromBits(U16 bits) => Arithmetic.Reinterpret<U16, BF16>(bits);

    /// <summary><c>mov.b32 {0, x}</c>: exact; a BF16 is the upper half of its F32.</summary>
    /// <param name="file">Passed by the compiler.</param>
    /// <param name="line">Passed by the compiler.</param>
    public F32 ToF32([CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        PtxBuilder k = Arithmetic.Kernel("BF16.ToF32", _value);
        F32 result = k.Result<F32>("mov.b32", Operand.Vector(k.Materialize(Ptx.Value.Constant(PtxType.U16, 0)), _value));
        k.At(file, line);
        return result;
    }
}
