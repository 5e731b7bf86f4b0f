namespace Puna.Kernels.Gpu.Ptx;

/// <summary>How a type of the language appears in PTX.</summary>
/// <param name="Name">Its name in C#.</param>
/// <param name="Suffix">In arithmetic: <c>f16x2</c>.</param>
/// <param name="Memory">In loads and stores: <c>b32</c>.</param>
/// <param name="Register">In declarations: <c>b32</c>.</param>
/// <param name="Prefix">Of registers without a name: <c>r</c> in <c>%r0</c>.</param>
/// <param name="Bytes">In memory.</param>
internal sealed record PtxType(string Name, string Suffix, string Memory, string Register, string Prefix, int Bytes)
{
    public static readonly PtxType Pred = new("Pred", "pred", "pred", "pred", "p", 0);
    public static readonly PtxType U8 = new("U8", "u8", "u8", "b32", "r", 1);
    public static readonly PtxType I8 = new("I8", "s8", "s8", "b32", "r", 1);
    public static readonly PtxType U16 = new("U16", "u16", "u16", "b16", "h", 2);
    public static readonly PtxType I16 = new("I16", "s16", "s16", "b16", "h", 2);
    public static readonly PtxType U32 = new("U32", "u32", "u32", "b32", "r", 4);
    public static readonly PtxType I32 = new("I32", "s32", "s32", "b32", "r", 4);
    public static readonly PtxType U64 = new("U64", "u64", "u64", "b64", "rd", 8);
    public static readonly PtxType I64 = new("I64", "s64", "s64", "b64", "rd", 8);
    public static readonly PtxType F32 = new("F32", "f32", "f32", "f32", "f", 4);
    public static readonly PtxType F64 = new("F64", "f64", "f64", "f64", "fd", 8);
    public static readonly PtxType F16 = new("F16", "f16", "b16", "b16", "h", 2);
    public static readonly PtxType BF16 = new("BF16", "bf16", "b16", "b16", "h", 2);
    public static readonly PtxType F16x2 = new("F16x2", "f16x2", "b32", "b32", "r", 4);
    public static readonly PtxType BF16x2 = new("BF16x2", "bf16x2", "b32", "b32", "r", 4);
    public static readonly PtxType E4M3x2 = new("E4M3x2", "e4m3x2", "b16", "b16", "h", 2);
    public static readonly PtxType E5M2x2 = new("E5M2x2", "e5m2x2", "b16", "b16", "h", 2);
    public static readonly PtxType E4M3x4 = new("E4M3x4", "b32", "b32", "b32", "r", 4);
    public static readonly PtxType E5M2x4 = new("E5M2x4", "b32", "b32", "b32", "r", 4);
    public static readonly PtxType I8x4 = new("I8x4", "b32", "b32", "b32", "r", 4);
    public static readonly PtxType U8x4 = new("U8x4", "b32", "b32", "b32", "r", 4);
    public static readonly PtxType TF32 = new("TF32", "tf32", "b32", "b32", "r", 4);

    /// <summary>Bits of a register.</summary>
    public int RegisterBits => Register switch
    {
        "b16" => 16,
        "b64" or "f64" => 64,
        "pred" => 1,
        _ => 32,
    };

    /// <summary>Whether an instruction may hold a constant of this type: PTX has none for packed and half types.</summary>
    public bool HasImmediates => Suffix is "u8" or "s8" or "u16" or "s16" or "u32" or "s32" or "u64" or "s64" or "f32" or "f64";

    /// <summary>Whether order and shifts mind the sign.</summary>
    public bool IsSigned => Suffix[0] == 's';
}
