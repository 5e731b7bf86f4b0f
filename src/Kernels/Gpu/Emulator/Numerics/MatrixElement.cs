using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Kernels.Gpu.Emulator.Numerics;

/// <summary>Element types of matrix operands.</summary>
internal enum MatrixElement
{
    F16,
    BF16,
    TF32,
    E4M3,
    E5M2,
    S8,
    U8,
    S4,
    U4,
    B1,
    F64,
    F32,
    S32,
}

/// <summary>Sizes of matrix elements, and packed elements as F32: exact for all but B1, F64 and S32.</summary>
internal static unsafe class MatrixElements
{
    private static readonly float[] S8Values = [.. Enumerable.Range(0, 256).Select(c => (float)(sbyte)c)];
    private static readonly float[] U8Values = [.. Enumerable.Range(0, 256).Select(c => (float)c)];
    private static readonly float[] E4M3Values = [.. Enumerable.Range(0, 256).Select(c => Codes.FromE4M3((uint)c))];
    private static readonly float[] E5M2Values = [.. Enumerable.Range(0, 256).Select(c => Codes.FromE5M2((uint)c))];

    public static int Bits(this MatrixElement element) => element switch
    {
        MatrixElement.F16 or MatrixElement.BF16 => 16,
        MatrixElement.TF32 or MatrixElement.F32 or MatrixElement.S32 => 32,
        MatrixElement.S4 or MatrixElement.U4 => 4,
        MatrixElement.B1 => 1,
        MatrixElement.F64 => 64,
        _ => 8,
    };

    public static bool IsInteger(this MatrixElement element) => element is >= MatrixElement.S8 and <= MatrixElement.B1;

    /// <summary>The elements of packed words as F32.</summary>
    /// <param name="element">Their type.</param>
    /// <param name="source">Elements, lower ones in lower bits.</param>
    /// <param name="target">As many floats.</param>
    /// <param name="count">How many; a multiple of 8.</param>
    public static void Widen(MatrixElement element, byte* source, float* target, int count)
    {
        switch (element)
        {
            case MatrixElement.BF16:
                WidenBF16((ushort*)source, target, count);
                break;
            case MatrixElement.F16:
                WidenF16((ushort*)source, target, count);
                break;
            case MatrixElement.TF32:
                for (int i = 0; i < count; i += 8)
                    (Vector256.Load((uint*)source + i) & Vector256.Create(0xFFFF_E000)).AsSingle().Store(target + i);
                break;
            case MatrixElement.S4:
                for (int i = 0; i < count; i++)
                    target[i] = (sbyte)(source[i >> 1] << (4 - 4 * (i & 1))) >> 4;
                break;
            case MatrixElement.U4:
                for (int i = 0; i < count; i++)
                    target[i] = source[i >> 1] >> (4 * (i & 1)) & 15;
                break;
            default:
                WidenBytes(Table(element), source, target, count);
                break;
        }
    }

    private static float[] Table(MatrixElement element) => element switch
    {
        MatrixElement.E4M3 => E4M3Values,
        MatrixElement.E5M2 => E5M2Values,
        MatrixElement.S8 => S8Values,
        MatrixElement.U8 => U8Values,
        _ => throw new ArgumentOutOfRangeException(nameof(element), element, "has no F32 values"),
    };

    private static void WidenBytes(float[] table, byte* source, float* target, int count)
    {
        fixed (float* values = table)
        {
            for (int i = 0; i < count; i++)
                target[i] = values[source[i]];
        }
    }

    private static void WidenBF16(ushort* source, float* target, int count)
    {
        for (int i = 0; i < count; i += 8)
            (Widen(Vector128.Load(source + i)) << 16).AsSingle().Store(target + i);
    }

    // exponent and fraction move to an F32 whose exponent is 112 too small; multiplying by 2^112 mends that exactly,
    // for subnormals too; infinities and NaN get their exponent by hand
    private static void WidenF16(ushort* source, float* target, int count)
    {
        for (int i = 0; i < count; i += 8)
        {
            Vector256<uint> half = Widen(Vector128.Load(source + i));
            Vector256<uint> magnitude = (half & Vector256.Create(0x7FFFu)) << 13;
            Vector256<uint> finite = (magnitude.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsUInt32();
            Vector256<uint> isSpecial = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(0x7C00u << 13));
            Vector256<uint> value = finite | (isSpecial & Vector256.Create(0x7F80_0000u));
            (value | (half & Vector256.Create(0x8000u)) << 16).AsSingle().Store(target + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Widen(Vector128<ushort> v) =>
        Vector256.Create(Vector128.WidenLower(v), Vector128.WidenUpper(v));
}
