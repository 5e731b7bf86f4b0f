using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Decodes <c>wmma</c>: PTX ISA 9.7.14, warp-level matrix load, store and multiply.</summary>
internal static class WarpMatrixDecoder
{
    /// <summary>One of <c>wmma.load</c>, <c>wmma.store</c>, <c>wmma.mma</c>.</summary>
    public static Instruction Decode(DecodeContext c)
    {
        c.Need(GpuArch.Sm80, "wmma");
        bool isLoad = c.Take("load"), isStore = c.Take("store");
        c.Take("mma");
        string operand = isLoad || isStore ? c.TakeAny("a", "b", "c", "d", "") : "";
        c.Take("sync");
        c.Take("aligned");
        if (!isLoad && !isStore)
            return Multiply(c);
        bool isRow = c.Take("row"), isColumn = c.Take("col");
        (int m, int n, int k) = MatrixDecoder.Shape(c);
        StateSpace space = MemoryOpcodes.TakeSpace(c);
        MatrixElement element = Element(c);
        if (!isRow && !isColumn)
            throw c.Error(".row or .col was expected");
        (int rows, int columns) = operand switch
        {
            "a" => (m, k),
            "b" => (k, n),
            _ => (m, n),
        };
        WarpMatrixLayout layout = new(rows, columns, element, Registers(m, n, k, operand, element));
        int stride = c.OperandCount > 2 ? 2 : -1;
        int least = isRow ? columns : rows;
        Register leading = stride < 0 ? c.Registers.Constant((ulong)least, PtxType.U32) : c.Source(stride, PtxType.U32);
        PtxType type = element == MatrixElement.F64 ? PtxType.F64 : PtxType.B32;
        return isLoad
            ? new WarpMatrixTransfer(layout, MatrixDecoder.Destinations(c, 0, layout.Registers), c.Address(1, space), leading, isRow, isLoad: true)
            : new WarpMatrixTransfer(layout, MatrixDecoder.Sources(c, 1, layout.Registers, type), c.Address(0, space), leading, isRow, isLoad: false);
    }

    private static WarpMatrixMultiply Multiply(DecodeContext c)
    {
        // the layouts of A and B: fragments here do not depend on how they were loaded
        while (c.Take("row") || c.Take("col"))
        {
        }

        bool isXor = c.Take("xor"), isAnd = c.Take("and");
        c.Take("popc");
        (int m, int n, int k) = MatrixDecoder.Shape(c);
        c.TakeAny("rn", "rz", "rm", "rp", "");
        MatrixElement d = Element(c), second = Element(c);
        // half precision names D and C alone: A and B are F16
        bool isShort = c.Left.All(l => l == "satfinite");
        (MatrixElement a, MatrixElement b, MatrixElement accumulator) = isShort
            ? (MatrixElement.F16, MatrixElement.F16, second) : (second, Element(c), Element(c));
        bool isSaturated = c.Take("satfinite");
        if (a == MatrixElement.B1 && !isXor && !isAnd)
            throw c.Error("one-bit products take .xor.popc or .and.popc");
        MatrixShape shape = new(m, n, k, a, b, accumulator, isSaturated, isXor, $"wmma.m{m}n{n}k{k}.{a}.{b}.{accumulator}");
        WarpMatrixLayout layoutA = new(m, k, a, Registers(m, n, k, "a", a)), layoutB = new(k, n, b, Registers(m, n, k, "b", b));
        WarpMatrixLayout layoutC = new(m, n, accumulator, Registers(m, n, k, "c", accumulator)), layoutD = new(m, n, d, Registers(m, n, k, "d", d));
        PtxType type = a == MatrixElement.F64 ? PtxType.F64 : PtxType.B32;
        return new WarpMatrixMultiply(
            shape, layoutA, layoutB, layoutC, layoutD, MatrixDecoder.Destinations(c, 0, layoutD.Registers),
            MatrixDecoder.Sources(c, 1, layoutA.Registers, type), MatrixDecoder.Sources(c, 2, layoutB.Registers, type),
            MatrixDecoder.Sources(c, 3, layoutC.Registers, MatrixDecoder.AccumulatorType(accumulator)));
    }

    private static MatrixElement Element(DecodeContext c)
    {
        MatrixElement element = MatrixDecoder.Element(c);
        return element;
    }

    // F16 operands always take 8 registers (each element stands in two or more places); others hold each element once.
    private static int Registers(int m, int n, int k, string operand, MatrixElement element)
    {
        int elements = operand switch
        {
            "a" => m * k,
            "b" => k * n,
            _ => m * n,
        };
        if (element == MatrixElement.F16 && operand is "a" or "b" && element == MatrixElement.F16)
            return 8;
        return Math.Max(1, elements * element.Bits() / (element == MatrixElement.F64 ? 64 : 32) / 32);
    }
}
