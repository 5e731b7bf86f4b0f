using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Branches, calls, exits, barriers and fences: PTX ISA 9.7.12, 9.7.13.</summary>
internal static partial class ControlOpcodes
{
    public static Instruction? Decode(DecodeContext c) => c.Name switch
    {
        "bra" => Branch(c),
        "ret" => Return(c),
        "exit" => new Exit(),
        _ => null,
    };

    private static Branch Branch(DecodeContext c)
    {
        bool isUniform = c.Take("uni");
        Branch branch = new(isUniform);
        string label = c.Operand(0) is NameOperand n ? n.Name : throw c.Error("a label was expected");
        c.Decoder.Later(c, context =>
        {
            branch.Target = context.Scope.Label(label);
            if (branch.Target < 0)
                throw context.Error($"the label {label} does not exist");
        });
        return branch;
    }

    private static Return Return(DecodeContext c)
    {
        c.Take("uni");
        return new Return();
    }
}

internal sealed class Branch(bool isUniform) : Instruction
{
    public int Target { get; set; }

    public override void Execute(Warp w, uint mask)
    {
        if (isUniform && mask != w.Current && w.IsNew(FindingKind.Misuse, this))
            w.Report(FindingKind.Misuse, this, System.Numerics.BitOperations.TrailingZeroCount(mask), 0, "A branch that is marked .uni is taken by some lanes of the warp and not by others.");
        w.Branch(mask, Target);
    }
}

internal sealed class Return : Instruction
{
    public override void Execute(Warp w, uint mask) => w.Return(mask);
}

internal sealed class Exit : Instruction
{
    public override void Execute(Warp w, uint mask) => w.Exit(mask);
}
