using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Puna.Kernels;

/// <summary>F32 times F32, or F32 rounded to BF16: a fused multiply-add for each k.</summary>
internal sealed class F32Step(ActivationCode activations) : IPanelStep
{
    public ActivationPacking Packing { get; } = new(activations, Depth: 1);

    public int StepBytes => 128;

    public void Step(PanelRegisters registers, int weightOffset, int activationOffset)
    {
        Assembler c = registers.Assembler;
        AssemblerRegisterZMM low = PanelRegisters.Free(0), high = PanelRegisters.Free(1);
        c.vmovups(low, __zmmword_ptr[registers.Weights + weightOffset]);
        c.vmovups(high, __zmmword_ptr[registers.Weights + (weightOffset + 64)]);
        registers.ForEachRow(activationOffset, low, high, 2, c.vfmadd231ps);
    }
}

/// <summary>F16 times F32, or F32 rounded to BF16: weights are widened, exactly.</summary>
internal sealed class F16Step(ActivationCode activations) : IPanelStep
{
    public ActivationPacking Packing { get; } = new(activations, Depth: 1);

    public int StepBytes => 64;

    public void Step(PanelRegisters registers, int weightOffset, int activationOffset)
    {
        Assembler c = registers.Assembler;
        AssemblerRegisterZMM low = PanelRegisters.Free(0), high = PanelRegisters.Free(1);
        c.vcvtph2ps(low, __ymmword_ptr[registers.Weights + weightOffset]);
        c.vcvtph2ps(high, __ymmword_ptr[registers.Weights + (weightOffset + 32)]);
        registers.ForEachRow(activationOffset, low, high, 2, c.vfmadd231ps);
    }
}

/// <summary>
/// BF16 times F32, or F32 rounded to BF16: a pair of weights is widened by shifting and masking. k + 1 comes before k, so
/// that rounded activations give the bits of <see cref="BF16Step"/>.
/// </summary>
internal sealed class BF16WideStep(ActivationCode activations) : IPanelStep
{
    public ActivationPacking Packing { get; } = new(activations, Depth: 2);

    public int StepBytes => 128;

    public void Constants(PanelRegisters registers)
    {
        AssemblerRegisterZMM upper = PanelRegisters.Free(0);
        registers.Assembler.vpternlogd(upper, upper, upper, 0xFF);
        registers.Assembler.vpslld(upper, upper, 16);
    }

    public void Step(PanelRegisters registers, int weightOffset, int activationOffset)
    {
        Assembler c = registers.Assembler;
        AssemblerMemoryOperand low = __zmmword_ptr[registers.Weights + weightOffset];
        AssemblerMemoryOperand high = __zmmword_ptr[registers.Weights + (weightOffset + 64)];
        c.vpslld(PanelRegisters.Free(1), low, 16);
        c.vpslld(PanelRegisters.Free(2), high, 16);
        c.vpandd(PanelRegisters.Free(3), PanelRegisters.Free(0), low);
        c.vpandd(PanelRegisters.Free(4), PanelRegisters.Free(0), high);
        registers.ForEachRow(activationOffset + 4 * registers.Rows, PanelRegisters.Free(3), PanelRegisters.Free(4), 5, c.vfmadd231ps);
        registers.ForEachRow(activationOffset, PanelRegisters.Free(1), PanelRegisters.Free(2), 5, c.vfmadd231ps);
    }
}

/// <summary>
/// BF16 times BF16 by <c>vdpbf16ps</c>: of a pair k + 1 comes first, then k, and each sum is rounded to nearest. Numbers
/// below the smallest normal count as zeros, and so do such sums.
/// </summary>
internal sealed class BF16Step : IPanelStep
{
    public ActivationPacking Packing { get; } = new(ActivationCode.BF16, Depth: 2);

    public int StepBytes => 128;

    public void Step(PanelRegisters registers, int weightOffset, int activationOffset)
    {
        Assembler c = registers.Assembler;
        AssemblerRegisterZMM low = PanelRegisters.Free(0), high = PanelRegisters.Free(1);
        c.vmovups(low, __zmmword_ptr[registers.Weights + weightOffset]);
        c.vmovups(high, __zmmword_ptr[registers.Weights + (weightOffset + 64)]);
        registers.ForEachRow(activationOffset, low, high, 2, c.vdpbf16ps);
    }
}
