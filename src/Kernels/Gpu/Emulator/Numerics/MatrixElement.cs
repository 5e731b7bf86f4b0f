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
            case MatrixElement.E4M3:
                WidenF8(source, target, count, 20, 1.329227995784916e36f, 0x7F << 20);   // 2^120
                break;
            case MatrixElement.E5M2:
                WidenF8(source, target, count, 21, 5.192296858534828e33f, 0x7C << 21);   // 2^112
                break;
            case MatrixElement.S8:
                WidenIntegers((sbyte*)source, target, count);
                break;
            case MatrixElement.U8:
                WidenIntegers(source, target, count);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(element), element, "has no F32 values");
        }
    }

    private const MethodImplOptions HotLoop = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    [MethodImpl(HotLoop)]
    private static void WidenIntegers(sbyte* source, float* target, int count)
    {
        for (int i = 0; i < count; i += 8)
            Vector256.ConvertToSingle(Vector256.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)(source + i)).AsSByte()).ToVector256Unsafe())).Store(target + i);
    }

    [MethodImpl(HotLoop)]
    private static void WidenIntegers(byte* source, float* target, int count)
    {
        for (int i = 0; i < count; i += 8)
            Vector256.ConvertToSingle(Bytes(source + i).AsInt32()).Store(target + i);
    }

    // exponent and fraction move to an F32 whose exponent is too small by a constant, which multiplying mends; codes from
    // the first special one on get the exponent of NaN and infinity (e4m3: its one NaN keeps a fraction)
    [MethodImpl(HotLoop)]
    private static void WidenF8(byte* source, float* target, int count, int shift, float scale, uint firstSpecial)
    {
        for (int i = 0; i < count; i += 8)
        {
            Vector256<uint> code = Bytes(source + i);
            Vector256<uint> magnitude = (code & Vector256.Create(0x7Fu)) << shift;
            Vector256<uint> finite = (magnitude.AsSingle() * Vector256.Create(scale)).AsUInt32();
            Vector256<uint> isSpecial = Vector256.GreaterThanOrEqual(magnitude, Vector256.Create(firstSpecial));
            Vector256<uint> value = finite | (isSpecial & Vector256.Create(0x7F80_0000u));
            (value | (code & Vector256.Create(0x80u)) << 24).AsSingle().Store(target + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Bytes(byte* source) =>
        Vector256.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)source).AsByte()).ToVector256Unsafe());

    [MethodImpl(HotLoop)]
    private static void WidenBF16(ushort* source, float* target, int count)
    {
        for (int i = 0; i < count; i += 8)
            (Widen(Vector128.Load(source + i)) << 16).AsSingle().Store(target + i);
    }

    // exponent and fraction move to an F32 whose exponent is 112 too small; multiplying by 2^112 mends that exactly,
    // for subnormals too; infinities and NaN get their exponent by hand
    [MethodImpl(HotLoop)]
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
