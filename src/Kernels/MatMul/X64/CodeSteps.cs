using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Kernels;

/// <summary>
/// I8 times I8: <c>vpdpbusd</c> adds four products of bytes to a 32-bit integer, exactly. Activations have 128 added, and the sums
/// begin from what that adds too much; at a segment's end they become F32 and are multiplied by the scales of the row, then of the column.
/// </summary>
internal sealed class I8Step : IPanelStep
{
    public ActivationPacking Packing { get; } = new(ActivationCode.I8, Depth: 4);

    public int StepBytes => 128;

    public void Begin(PanelRegisters registers) => registers.ForEachSum((_, half, sum) =>
        registers.Assembler.vmovdqu32(sum, __zmmword_ptr[registers.CodeSums + 64 * half]));

    public void Step(PanelRegisters registers, int weightOffset, int activationOffset)
    {
        Assembler c = registers.Assembler;
        AssemblerRegisterZMM low = PanelRegisters.Free(0), high = PanelRegisters.Free(1);
        c.vmovdqu32(low, __zmmword_ptr[registers.Weights + weightOffset]);
        c.vmovdqu32(high, __zmmword_ptr[registers.Weights + (weightOffset + 64)]);
        registers.ForEachRow(activationOffset, low, high, 2, (sum, weights, activation) => c.vpdpbusd(sum, activation, weights));
    }

    public void Finish(PanelRegisters registers)
    {
        Assembler c = registers.Assembler;
        registers.ForEachSum((row, _, sum) =>
        {
            c.vcvtdq2ps(sum, sum);
            c.vmulps(sum, sum, __dword_bcst[registers.RowScales + sizeof(float) * row]);
        });
        registers.ScaleColumns();
    }
}

/// <summary>
/// I8 times BF16 or F32: each byte of a lane is moved to its top, with zeros below, and becomes F32: 2²⁴ times the code, which the
/// sums are divided by, exactly. BF16 has these numbers: the upper halves of two columns make a pair for <c>vdpbf16ps</c>.
/// </summary>
/// <param name="activations">BF16; or F32, as they are or rounded.</param>
internal sealed class I8WideStep(ActivationCode activations) : IPanelStep
{
    private const int Second = 0, Third = 1, Upper = 2, Pairs = 3, Unit = 4;   // pinned

    public ActivationPacking Packing { get; } = new(activations, Depth: 4);

    public int StepBytes => 128;

    public void Constants(PanelRegisters registers) => registers.Pin(
        Bytes(i => i % 4 == 3 ? i % 16 - 2 : 0x80), Bytes(i => i % 4 == 3 ? i % 16 - 1 : 0x80),   // of columns 1 and 2, or zero
        Bytes(i => i % 4 == 3 ? 0xFF : 0), Bytes(i => i % 2 == 1 ? 0 : i / 4 * 2 + 1 + i / 2 % 2 * 32),
        Bytes(i => i % 4 == 3 ? 0x33 : i % 4 == 2 ? 0x80 : 0));   // 2⁻²⁴

    public void Step(PanelRegisters registers, int weightOffset, int activationOffset)
    {
        int columnBytes = registers.Rows * Packing.StepWords;   // of the activations of one column
        for (int column = 0; column < 4; column += 2)
        {
            AssemblerRegisterZMM low = PanelRegisters.Free(0), lowNext = PanelRegisters.Free(1), high = PanelRegisters.Free(2), highNext = PanelRegisters.Free(3);
            Widen(registers, weightOffset, column, low, lowNext);
            Widen(registers, weightOffset + 64, column, high, highNext);
            if (activations == ActivationCode.BF16)
            {
                Pair(registers, low, lowNext);
                Pair(registers, high, highNext);
                registers.ForEachRow(activationOffset + column * columnBytes, low, high, 4, registers.Assembler.vdpbf16ps);
                continue;
            }

            registers.ForEachRow(activationOffset + column * columnBytes, low, high, 4, registers.Assembler.vfmadd231ps);
            registers.ForEachRow(activationOffset + (column + 1) * columnBytes, lowNext, highNext, 4, registers.Assembler.vfmadd231ps);
        }
    }

    public void Finish(PanelRegisters registers)
    {
        registers.WithPinned(Unit, PanelRegisters.Free(2), unit => registers.ForEachSum((_, _, sum) => registers.Assembler.vmulps(sum, sum, unit)));
        registers.ScaleColumns();
    }

    /// <summary>Two columns of 16 rows: 0 and 1, or 2 and 3.</summary>
    private static void Widen(PanelRegisters registers, int weightOffset, int column, AssemblerRegisterZMM first, AssemblerRegisterZMM second)
    {
        Assembler c = registers.Assembler;
        AssemblerMemoryOperand codes = __zmmword_ptr[registers.Weights + weightOffset];
        if (column == 0)
        {
            c.vpslld(first, codes, 24);
            c.vmovdqu32(second, codes);
            registers.WithPinned(Second, PanelRegisters.Free(4), order => c.vpshufb(second, second, order));
        }
        else
        {
            c.vmovdqu32(first, codes);
            registers.WithPinned(Upper, PanelRegisters.Free(4), mask => c.vpandd(second, first, mask));
            registers.WithPinned(Third, PanelRegisters.Free(4), order => c.vpshufb(first, first, order));
        }

        c.vcvtdq2ps(first, first);
        c.vcvtdq2ps(second, second);
    }

    /// <summary>The upper halves of two columns, in the first one's register.</summary>
    private static void Pair(PanelRegisters registers, AssemblerRegisterZMM first, AssemblerRegisterZMM second) =>
        registers.WithPinned(Pairs, PanelRegisters.Free(4), order => registers.Assembler.vpermt2w(first, order, second));

    private static byte[] Bytes(Func<int, int> value) => [.. Enumerable.Range(0, 64).Select(i => (byte)value(i))];
}

/// <summary>
/// F8E4M3: <c>vpermi2b</c> looks up the two bytes of the BF16 number that a code is, exactly. Unpacked, they are pairs of columns,
/// for <c>vdpbf16ps</c> or, widened, for fused multiply-adds; k, then k + 1.
/// </summary>
/// <param name="activations">BF16; or F32, as they are or rounded.</param>
internal sealed class F8E4M3Step(ActivationCode activations) : IPanelStep
{
    private static readonly ushort[] Numbers = [.. Enumerable.Range(0, 128).Select(c => DTypes.RoundToBF16(Cpu.F8E4M3Element.Widen((byte)c)))];
    private static readonly byte[] UpperBytes = [.. Numbers.Select(n => (byte)(n >> 8))], LowerBytes = [.. Numbers.Select(n => (byte)n)];

    public ActivationPacking Packing { get; } = new(activations, Depth: 4);

    public int StepBytes => 128;

    public void Constants(PanelRegisters registers) => registers.Pin(
        UpperBytes[..64], UpperBytes[64..], LowerBytes[..64], LowerBytes[64..],
        [.. Enumerable.Repeat((byte)0x80, 64)], [.. Enumerable.Range(0, 64).Select(i => (byte)(i % 4 < 2 ? 0 : 0xFF))]);

    public void Step(PanelRegisters registers, int weightOffset, int activationOffset)
    {
        AssemblerRegisterZMM low01 = PanelRegisters.Free(0), low23 = PanelRegisters.Free(1), high01 = PanelRegisters.Free(2), high23 = PanelRegisters.Free(3);
        Unpack(registers, weightOffset, low01, low23);
        Unpack(registers, weightOffset + 64, high01, high23);
        int next = registers.Rows * Packing.StepWords * 2;   // bytes of the first two columns
        if (activations == ActivationCode.BF16)
        {
            registers.ForEachRow(activationOffset, low01, high01, 4, registers.Assembler.vdpbf16ps);
            registers.ForEachRow(activationOffset + next, low23, high23, 4, registers.Assembler.vdpbf16ps);
            return;
        }

        MultiplyWide(registers, low01, high01, activationOffset);
        MultiplyWide(registers, low23, high23, activationOffset + next);
    }

    public void Finish(PanelRegisters registers) => registers.ScaleColumns();

    /// <summary>64 codes: the pairs of columns 0 and 1 of 16 rows, and those of columns 2 and 3.</summary>
    private static void Unpack(PanelRegisters registers, int weightOffset, AssemblerRegisterZMM first, AssemblerRegisterZMM second)
    {
        Assembler c = registers.Assembler;
        AssemblerMemoryOperand codes = __zmmword_ptr[registers.Weights + weightOffset];
        AssemblerRegisterZMM upper = PanelRegisters.Free(4), lower = PanelRegisters.Free(5), sign = PanelRegisters.Free(6);
        c.vmovdqu32(upper, codes);
        c.vmovdqu32(lower, codes);
        registers.WithPinned(4, PanelRegisters.Free(7), mask => c.vpandd(sign, upper, mask));
        registers.WithPinned(0, PanelRegisters.Free(7), from => registers.Lookup(upper, from, 1));
        registers.WithPinned(2, PanelRegisters.Free(7), from => registers.Lookup(lower, from, 3));
        c.vpord(upper, upper, sign);
        c.vpunpcklbw(first, lower, upper);
        c.vpunpckhbw(second, lower, upper);
    }

    private static void MultiplyWide(PanelRegisters registers, AssemblerRegisterZMM low, AssemblerRegisterZMM high, int activationOffset)
    {
        Assembler c = registers.Assembler;
        c.vpslld(PanelRegisters.Free(4), low, 16);
        c.vpslld(PanelRegisters.Free(5), high, 16);
        registers.ForEachRow(activationOffset, PanelRegisters.Free(4), PanelRegisters.Free(5), 6, c.vfmadd231ps);
        registers.WithPinned(5, PanelRegisters.Free(7), mask =>
        {
            c.vpandd(low, low, mask);
            c.vpandd(high, high, mask);
        });
        registers.ForEachRow(activationOffset + 4 * registers.Rows, low, high, 6, c.vfmadd231ps);
    }
}
