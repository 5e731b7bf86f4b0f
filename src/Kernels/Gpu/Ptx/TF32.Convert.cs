namespace Puna.Kernels.Gpu.Ptx;

public readonly partial struct TF32
{
    /// <summary>The same bits as U32.</summary>
    public U32 Bits => Arithmetic.Reinterpret<TF32, U32>(this);

    /// <summary>The value with these bits.</summary>
    /// <param name="bits">All of them.</param>
    public static TF32 FromBits(U32 bits) => Arithmetic.Reinterpret<U32, TF32>(bits);
}
