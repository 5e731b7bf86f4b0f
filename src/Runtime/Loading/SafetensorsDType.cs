using System.Collections.Immutable;
using Puna.Kernels;

namespace Puna.Runtime.Loading;

/// <summary>
/// The element types of safetensors, in the format's own order: from the smallest alignment to the largest.
/// The names in a file are these without the case changed and with the format's underscores.
/// </summary>
public enum SafetensorsDType
{
    /// <summary><c>BOOL</c>, 8 bits.</summary>
    Bool,

    /// <summary><c>F4</c>, 4 bits.</summary>
    F4,

    /// <summary><c>F6_E2M3</c>, 6 bits.</summary>
    F6E2M3,

    /// <summary><c>F6_E3M2</c>, 6 bits.</summary>
    F6E3M2,

    /// <summary><c>U8</c>.</summary>
    U8,

    /// <summary><c>I8</c>.</summary>
    I8,

    /// <summary><c>F8_E5M2</c>.</summary>
    F8E5M2,

    /// <summary><c>F8_E4M3</c>.</summary>
    F8E4M3,

    /// <summary><c>F8_E8M0</c>: a power of two.</summary>
    F8E8M0,

    /// <summary><c>F8_E4M3FNUZ</c>.</summary>
    F8E4M3Fnuz,

    /// <summary><c>F8_E5M2FNUZ</c>.</summary>
    F8E5M2Fnuz,

    /// <summary><c>I16</c>.</summary>
    I16,

    /// <summary><c>U16</c>.</summary>
    U16,

    /// <summary><c>F16</c>.</summary>
    F16,

    /// <summary><c>BF16</c>.</summary>
    BF16,

    /// <summary><c>I32</c>.</summary>
    I32,

    /// <summary><c>U32</c>.</summary>
    U32,

    /// <summary><c>F32</c>.</summary>
    F32,

    /// <summary><c>C64</c>: two binary32.</summary>
    C64,

    /// <summary><c>F64</c>.</summary>
    F64,

    /// <summary><c>I64</c>.</summary>
    I64,

    /// <summary><c>U64</c>.</summary>
    U64,
}

/// <summary>Facts about <see cref="SafetensorsDType"/> values.</summary>
public static class SafetensorsDTypes
{
    private static readonly ImmutableArray<(string Name, int Bits)> Facts =
    [
        ("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8),
        ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("I16", 16), ("U16", 16), ("F16", 16), ("BF16", 16),
        ("I32", 32), ("U32", 32), ("F32", 32), ("C64", 64), ("F64", 64), ("I64", 64), ("U64", 64),
    ];

    /// <summary>The name in a file, such as <c>F8_E4M3</c>.</summary>
    public static string Name(this SafetensorsDType type) => Facts[(int)type].Name;

    /// <summary>Bits of one element.</summary>
    public static int Bits(this SafetensorsDType type) => Facts[(int)type].Bits;

    /// <summary>Finds the type with the name <paramref name="name"/>; upper and lower case differ.</summary>
    public static bool TryParse(string name, out SafetensorsDType type)
    {
        for (int i = 0; i < Facts.Length; i++)
        {
            if (Facts[i].Name == name)
            {
                type = (SafetensorsDType)i;
                return true;
            }
        }

        type = default;
        return false;
    }

    /// <summary>The type that kernels know by the same name; false for the types they do not compute with.</summary>
    public static bool TryToKernel(this SafetensorsDType type, out DType kernel)
    {
        (kernel, bool known) = type switch
        {
            SafetensorsDType.F32 => (DType.F32, true),
            SafetensorsDType.BF16 => (DType.BF16, true),
            SafetensorsDType.F16 => (DType.F16, true),
            SafetensorsDType.I32 => (DType.I32, true),
            _ => (DType.F32, false),
        };
        return known;
    }

    /// <summary>The type in a file for what kernels call <paramref name="type"/>.</summary>
    public static SafetensorsDType ToSafetensors(this DType type) => type switch
    {
        DType.F32 => SafetensorsDType.F32,
        DType.BF16 => SafetensorsDType.BF16,
        DType.F16 => SafetensorsDType.F16,
        DType.I32 => SafetensorsDType.I32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}
