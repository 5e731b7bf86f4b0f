using System.Globalization;
using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Decodes instructions on matrix fragments: PTX ISA 9.7.14.</summary>
internal static class MatrixDecoder
{
    /// <summary><c>mma.sync</c>.</summary>
    public static Instruction Multiply(DecodeContext x)
    {
        x.Need(GpuArch.Sm80, "mma.sync of these shapes");
        x.Take("sync");
        x.Take("aligned");
        (int m, int n, int k) = Shape(x);
        if (!x.Take("row") || !x.Take("col"))
            throw x.Error("mma takes A by rows and B by columns: .row.col was expected");
        bool isSaturated = x.Take("satfinite");
        bool isXor = x.Take("xor"), isAnd = x.Take("and");
        x.Take("popc");
        MatrixElement d = Element(x), a = Element(x), b = Element(x), c = Element(x);
        if (d != c)
            throw x.Error("the emulator knows mma with C and D of one type only");
        if (!IsKnown(m, n, k, a, b, c) || (a == MatrixElement.B1) != (isXor || isAnd))
            throw x.Error("mma has no such shape and types");
        if (a is MatrixElement.E4M3 or MatrixElement.E5M2)
            x.Need(new GpuArch(8, 9), "mma of 8-bit floats");
        MatrixShape shape = new(m, n, k, a, b, c, isSaturated, isXor, $"mma.m{m}n{n}k{k}.{a}.{b}.{c}");
        PtxType register = a == MatrixElement.F64 ? PtxType.F64 : PtxType.B32;
        int accumulators = m * n / 32 / (c == MatrixElement.F16 ? 2 : 1);
        return new MatrixMultiply(
            shape, Destinations(x, 0, accumulators), Sources(x, 1, Registers(m * k, a), register),
            Sources(x, 2, Registers(k * n, b), register), Sources(x, 3, accumulators, AccumulatorType(c)));
    }

    /// <summary>Reads <c>m16n8k16</c> from the modifiers.</summary>
    public static (int M, int N, int K) Shape(DecodeContext x)
    {
        foreach (string word in x.Left)
        {
            int n = word.IndexOf('n', StringComparison.Ordinal), k = word.IndexOf('k', StringComparison.Ordinal);
            if (word.Length > 5 && word[0] == 'm' && n > 1 && k > n && Number(word[1..n]) is { } rows
                && Number(word[(n + 1)..k]) is { } columns && Number(word[(k + 1)..]) is { } depth)
            {
                x.Take(word);
                return (rows, columns, depth);
            }
        }

        throw x.Error("a shape like .m16n8k16 was expected");

        static int? Number(string digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null;
    }

    /// <summary>Takes the next type as that of a matrix.</summary>
    public static MatrixElement Element(DecodeContext x)
    {
        PtxType type = x.Type();
        return Enum.TryParse(type.ToString(), out MatrixElement element) ? element : throw x.Error($"{type.Spelling()} is no type of a matrix");
    }

    /// <summary>How constants in place of an accumulator are read.</summary>
    public static PtxType AccumulatorType(MatrixElement element) => element switch
    {
        MatrixElement.F32 => PtxType.F32,
        MatrixElement.F64 => PtxType.F64,
        MatrixElement.S32 => PtxType.S32,
        _ => PtxType.B32,
    };

    /// <summary>Registers that are written, in braces.</summary>
    public static Register[] Destinations(DecodeContext x, int operand, int count)
    {
        Register[] registers = [.. x.Items(operand).Select(x.DestinationOf)];
        return registers.Length == count ? registers
            : throw x.Error($"operand {operand + 1} has {registers.Length} registers, but the shape takes {count}");
    }

    /// <summary>Registers that are read, in braces.</summary>
    public static Register[] Sources(DecodeContext x, int operand, int count, PtxType type)
    {
        Register[] registers = [.. x.Items(operand).Select(o => x.SourceOf(o, type))];
        return registers.Length == count ? registers
            : throw x.Error($"operand {operand + 1} has {registers.Length} registers, but the shape takes {count}");
    }

    private static int Registers(int elements, MatrixElement element) => elements * element.Bits() / 32 / (element == MatrixElement.F64 ? 64 : 32);

    private static bool IsKnown(int m, int n, int k, MatrixElement a, MatrixElement b, MatrixElement c)
    {
        if (n != 8 || m is not (8 or 16))
            return false;
        return (a, b) switch
        {
            (MatrixElement.F16, MatrixElement.F16) => m == 16 && k is 8 or 16 && c is MatrixElement.F16 or MatrixElement.F32,
            (MatrixElement.BF16, MatrixElement.BF16) => m == 16 && k is 8 or 16 && c == MatrixElement.F32,
            (MatrixElement.TF32, MatrixElement.TF32) => m == 16 && k is 4 or 8 && c == MatrixElement.F32,
            (MatrixElement.F64, MatrixElement.F64) => c == MatrixElement.F64 && (m == 8 ? k == 4 : k is 4 or 8 or 16),
            (MatrixElement.E4M3 or MatrixElement.E5M2, MatrixElement.E4M3 or MatrixElement.E5M2) =>
                m == 16 && k is 16 or 32 && c is MatrixElement.F16 or MatrixElement.F32,
            (MatrixElement.S8 or MatrixElement.U8, MatrixElement.S8 or MatrixElement.U8) =>
                c == MatrixElement.S32 && (m == 8 ? k == 16 : k is 16 or 32),
            (MatrixElement.S4 or MatrixElement.U4, MatrixElement.S4 or MatrixElement.U4) =>
                c == MatrixElement.S32 && (m == 8 ? k == 32 : k is 32 or 64),
            (MatrixElement.B1, MatrixElement.B1) => c == MatrixElement.S32 && (m == 8 ? k == 128 : k is 128 or 256),
            _ => false,
        };
    }
}
