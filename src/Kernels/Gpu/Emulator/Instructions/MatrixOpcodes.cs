using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Products and moves of matrix fragments: PTX ISA 9.7.14 and 9.7.15.</summary>
internal static class MatrixOpcodes
{
    /// <summary>The instruction of an opcode that belongs here; null for others.</summary>
    public static Instruction? Decode(DecodeContext c) => c.Name switch
    {
        "mma" => MatrixDecoder.Multiply(c),
        "wgmma" => Warpgroup(c),
        "wmma" => WarpMatrixDecoder.Decode(c),
        "ldmatrix" or "stmatrix" => Transfer(c),
        "movmatrix" => Move(c),
        _ => null,
    };

    private static Instruction Transfer(DecodeContext c)
    {
        bool isLoad = c.Name == "ldmatrix";
        if (!isLoad)
            c.Need(GpuArch.Sm90, "stmatrix");
        TakeAligned(c);
        if (!c.Take("m8n8"))
            throw c.Error("the emulator knows 8 × 8 matrices of 16 bits: .m8n8");
        string number = c.TakeAny("x1", "x2", "x4", "");
        bool isTransposed = c.Take("trans");
        StateSpace space = MemoryOpcodes.TakeSpace(c);
        if (!c.Take("b16") || number.Length == 0)
            throw c.Error(".x1, .x2 or .x4 and .b16 were expected");
        int count = number[1] - '0';
        return isLoad
            ? new LoadMatrix(MatrixDecoder.Destinations(c, 0, count), c.Address(1, space), isTransposed)
            : new StoreMatrix(c.Address(0, space), MatrixDecoder.Sources(c, 1, count, PtxType.B32), isTransposed);
    }

    private static MoveMatrix Move(DecodeContext c)
    {
        TakeAligned(c);
        if (!c.Take("m8n8") || !c.Take("trans") || !c.Take("b16"))
            throw c.Error(".m8n8.trans.b16 was expected");
        return new MoveMatrix(c.Destination(0), c.Source(1, PtxType.B32));
    }

    private static Instruction Warpgroup(DecodeContext c)
    {
        c.Need(GpuArch.Sm90a, "wgmma");
        TakeAligned(c);
        if (c.Take("fence"))
            return new WarpgroupFence();
        if (c.Take("commit_group"))
            return new WarpgroupCommit();
        if (c.Take("wait_group"))
            return new WarpgroupWait((int)c.Immediate(0));
        if (!c.Take("mma_async"))
            throw c.Error("the emulator does not know this wgmma instruction");
        return WarpgroupMultiply(c);
    }

    private static WarpgroupMultiply WarpgroupMultiply(DecodeContext c)
    {
        (int m, int n, int k) = MatrixDecoder.Shape(c);
        bool isSaturated = c.Take("satfinite");
        MatrixElement d = MatrixDecoder.Element(c), a = MatrixDecoder.Element(c), b = MatrixDecoder.Element(c);
        if (m != 64 || n % 8 != 0 || n is < 8 or > 256 || k != 256 / a.Bits() || !IsKnown(d, a, b) || (a.IsInteger() && n > 32 && n % 16 != 0))
            throw c.Error("wgmma has no such shape and types");
        MatrixShape shape = new(m, n, k, a, b, d, isSaturated, false, $"wgmma.m{m}n{n}k{k}.{a}.{b}.{d}");
        Register[] accumulator = MatrixDecoder.Destinations(c, 0, n / 2 / (d == MatrixElement.F16 ? 2 : 1));
        bool isInRegisters = c.Operand(1) is VectorOperand;
        Register[] left = isInRegisters ? MatrixDecoder.Sources(c, 1, 4, PtxType.B32) : [];
        Register descriptorA = isInRegisters ? Register.Sink : c.Source(1, PtxType.B64), descriptorB = c.Source(2, PtxType.B64);
        int next = 3;
        (Register, bool) addsToD = c.OperandCount > next ? c.Predicate(c.Operand(next++)) : (Register.Sink, false);
        long scaleA = 1, scaleB = 1, transposedA = 0, transposedB = 0;
        if (!a.IsInteger())
        {
            (scaleA, scaleB) = (Optional(1), Optional(1));
            if (a.Bits() == 16)
                (transposedA, transposedB) = (isInRegisters ? 0 : Optional(0), Optional(0));
        }

        if (next < c.OperandCount || Math.Abs(scaleA) != 1 || Math.Abs(scaleB) != 1)
            throw c.Error("scale-d, two scales of 1 or -1 and, for 16-bit types, two transposes were expected");
        return new WarpgroupMultiply(shape, accumulator, left, descriptorA, descriptorB, addsToD)
        {
            NegatesA = scaleA < 0,
            NegatesB = scaleB < 0,
            IsTransposedA = transposedA != 0,
            IsTransposedB = transposedB != 0,
        };

        long Optional(long otherwise) => next < c.OperandCount ? c.Immediate(next++) : otherwise;
    }

    private static bool IsKnown(MatrixElement d, MatrixElement a, MatrixElement b) => a switch
    {
        MatrixElement.F16 => b == a && d is MatrixElement.F16 or MatrixElement.F32,
        MatrixElement.BF16 or MatrixElement.TF32 => b == a && d == MatrixElement.F32,
        MatrixElement.E4M3 or MatrixElement.E5M2 => b is MatrixElement.E4M3 or MatrixElement.E5M2 && d is MatrixElement.F16 or MatrixElement.F32,
        MatrixElement.S8 or MatrixElement.U8 => b is MatrixElement.S8 or MatrixElement.U8 && d == MatrixElement.S32,
        _ => false,
    };

    private static void TakeAligned(DecodeContext c)
    {
        c.Take("sync");
        c.Take("aligned");
    }
}
