namespace Puna.Kernels;

/// <summary>The element types that kernels compute with or read.</summary>
public enum DType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>The upper half of a binary32: 8 exponent bits, 7 fraction bits.</summary>
    BF16,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>Signed 32-bit integers: ids, positions, slots and row numbers.</summary>
    I32,

    /// <summary>Signed 8-bit integers: codes, which a scale makes into numbers.</summary>
    I8,

    /// <summary>
    /// 4 exponent and 3 fraction bits, no infinity: codes, which a scale makes into numbers; Micikevicius et al. 2022,
    /// arXiv:2209.05433.
    /// </summary>
    F8E4M3,
}

/// <summary>Facts about <see cref="DType"/> values.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int ByteSize(this DType type) => type switch
    {
        DType.BF16 or DType.F16 => 2,
        DType.I8 or DType.F8E4M3 => 1,
        _ => 4,
    };

    /// <summary>The F32 value of BF16 bits; exact.</summary>
    public static float WidenBF16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>The bits of the BF16 number nearest to <paramref name="value"/>, ties to even; NaN stays NaN.</summary>
    public static ushort RoundToBF16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
            return (ushort)(bits >> 16 | 0x40);   // quiet, and never an infinity
        return (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }
}
