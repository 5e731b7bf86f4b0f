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
}

/// <summary>Facts about <see cref="DType"/> values.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int ByteSize(this DType type) => type is DType.BF16 or DType.F16 ? 2 : 4;
}
