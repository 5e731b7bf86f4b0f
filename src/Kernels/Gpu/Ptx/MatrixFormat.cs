namespace Puna.Kernels.Gpu.Ptx;

/// <summary>What tensor cores multiply: a packed register type, its name in their instructions and what they need.</summary>
/// <param name="Name">As in <c>bf16</c>.</param>
/// <param name="ElementBits">Bits of an element.</param>
/// <param name="Sum">Type of the sums.</param>
/// <param name="MmaPtx">Lowest version for <c>mma.sync</c>.</param>
/// <param name="MmaArch">Lowest target for <c>mma.sync</c>.</param>
internal sealed record MatrixFormat(string Name, int ElementBits, PtxType Sum, int MmaPtx, GpuArch MmaArch)
{
    /// <summary>Elements along K of one instruction: 32 bytes.</summary>
    public int K => 256 / ElementBits;

    /// <summary>Bytes of an element.</summary>
    public int ElementBytes => ElementBits / 8;

    /// <summary>The format of a packed type.</summary>
    public static MatrixFormat Of<T>(PtxBuilder k) where T : struct, IRegister<T> => T.ElementType.Name switch
    {
        "BF16x2" => new("bf16", 16, PtxType.F32, 70, GpuArch.Sm80),
        "F16x2" => new("f16", 16, PtxType.F32, 70, GpuArch.Sm80),
        "I8x4" => new("s8", 8, PtxType.I32, 70, GpuArch.Sm80),
        "U8x4" => new("u8", 8, PtxType.I32, 70, GpuArch.Sm80),
        "E4M3x4" => new("e4m3", 8, PtxType.F32, 84, GpuArch.Sm89),
        "E5M2x4" => new("e5m2", 8, PtxType.F32, 84, GpuArch.Sm89),
        _ => throw k.Fail($"a matrix of {T.ElementType.Name} was used, but tensor cores take BF16x2, F16x2, I8x4, U8x4, E4M3x4 and E5M2x4"),
    };

    /// <summary>Refuses sums of another type than the products have.</summary>
    public void CheckSum<TSum>(PtxBuilder k) where TSum : struct, IRegister<TSum>
    {
        if (!ReferenceEquals(TSum.ElementType, Sum))
            throw k.Fail($"products of {Name} were added to {TSum.ElementType.Name}, but their sums are {Sum.Name}");
    }
}
