namespace Puna.Kernels.Gpu.Emulator.Syntax;

/// <summary>The types of PTX, as they are spelled after a dot.</summary>
internal enum PtxType
{
    None,
    Pred,
    B8,
    B16,
    B32,
    B64,
    B128,
    U8,
    U16,
    U32,
    U64,
    S8,
    S16,
    S32,
    S64,
    F16,
    F16x2,
    BF16,
    BF16x2,
    TF32,
    F32,
    F32x2,
    F64,
    E4M3,
    E5M2,
    E4M3x2,
    E5M2x2,
    E4M3x4,
    E5M2x4,
    U16x2,
    S16x2,
    U4,
    S4,
    B1,
    TexRef,
}

internal static class PtxTypes
{
    private static readonly Dictionary<string, PtxType> Names =
        Enum.GetValues<PtxType>().Where(t => t != PtxType.None).ToDictionary(t => t.ToString().ToLowerInvariant());

    /// <summary>Whether a word after a dot names a type.</summary>
    public static bool TryParse(string name, out PtxType type) => Names.TryGetValue(name, out type);

    /// <summary>Size in bits; 1 for predicates.</summary>
    public static int Bits(this PtxType type) => type switch
    {
        PtxType.Pred or PtxType.B1 => 1,
        PtxType.U4 or PtxType.S4 => 4,
        PtxType.B8 or PtxType.U8 or PtxType.S8 or PtxType.E4M3 or PtxType.E5M2 => 8,
        PtxType.B16 or PtxType.U16 or PtxType.S16 or PtxType.F16 or PtxType.BF16 or PtxType.E4M3x2 or PtxType.E5M2x2 => 16,
        PtxType.B64 or PtxType.U64 or PtxType.S64 or PtxType.F64 or PtxType.F32x2 or PtxType.TexRef => 64,
        PtxType.B128 => 128,
        _ => 32,
    };

    /// <summary>Size in bytes; at least 1.</summary>
    public static int Bytes(this PtxType type) => Math.Max(1, type.Bits() / 8);

    /// <summary>s8 to s64 and the packed s16x2.</summary>
    public static bool IsSigned(this PtxType type) => type is PtxType.S8 or PtxType.S16 or PtxType.S32 or PtxType.S64 or PtxType.S16x2;

    /// <summary>Any float, packed ones too.</summary>
    public static bool IsFloat(this PtxType type) =>
        type is >= PtxType.F16 and <= PtxType.E5M2x4;

    /// <summary>How the type is spelled in a message.</summary>
    public static string Spelling(this PtxType type) => $".{type.ToString().ToLowerInvariant()}";
}

/// <summary>The state spaces of PTX.</summary>
internal enum StateSpace
{
    Generic,
    Register,
    Global,
    Shared,
    SharedCluster,
    Local,
    Const,
    Param,
}
