using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Branches, calls, exits, barriers and fences: PTX ISA 9.7.12, 9.7.13.</summary>
internal static partial class ControlOpcodes
{
    public static Instruction? Decode(DecodeContext c) => c.Name switch
    {
        "bra" => Branch(c),
        "brx" => BranchTable(c),
        "call" => CallOpcodes.Decode(c),
        "ret" => Return(c),
        "exit" => new Exit(),
        "trap" => new Trap(),
        "brkpt" => new Nothing(),
        "bar" or "barrier" => Barrier(c),
        "membar" or "fence" => Fence(c),
        "nanosleep" => Sleep(c),
        "griddepcontrol" => GridDependency.Decode(c),
        "setmaxnreg" => Registers(c),
        _ => null,
    };

    private static Branch Branch(DecodeContext c)
    {
        Branch branch = new(isUniform: c.Take("uni"));
        string label = c.Operand(0) is NameOperand n ? n.Name : throw c.Error("a label was expected");
        c.Decoder.Later(c, context => branch.Target = Target(context, label));
        return branch;
    }

    private static BranchTable BranchTable(DecodeContext c)
    {
        c.Take("idx");
        c.Take("uni");
        BranchTable branch = new(c.Source(0, PtxType.U32));
        string table = c.Operand(1) is NameOperand n ? n.Name : throw c.Error("a table of labels was expected");
        c.Decoder.Later(c, context =>
        {
            IReadOnlyList<string> labels = context.Scope.Table(table) ?? throw context.Error($"the table {table} does not exist");
            branch.Targets = [.. labels.Select(l => Target(context, l))];
        });
        return branch;
    }

    private static int Target(DecodeContext c, string label) => c.Scope.Label(label) is >= 0 and int pc
        ? pc : throw c.Error($"the label {label} does not exist");

    private static Return Return(DecodeContext c)
    {
        c.Take("uni");
        return new Return();
    }

    private static Sleep Sleep(DecodeContext c)
    {
        c.Type();
        return new Sleep();
    }

    private static RegisterCount Registers(DecodeContext c)
    {
        c.Need(GpuArch.Sm90a, "setmaxnreg");
        c.TakeAny("inc", "dec");
        c.Take("sync");
        c.Take("aligned");
        c.Type();
        long count = c.Immediate(0);
        return count is < 24 or > 256 || count % 8 != 0
            ? throw c.Error($"{count} registers are asked for, but a multiple of 8 from 24 to 256 was expected") : new RegisterCount((int)count);
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

internal sealed unsafe class BranchTable(Register index) : Instruction
{
    public int[] Targets { get; set; } = [];

    public override void Execute(Warp w, uint mask)
    {
        uint undefined = w.U[index.Index] & mask;
        if (undefined != 0 && w.IsNew(FindingKind.UndefinedValue, this))
            w.Report(FindingKind.UndefinedValue, this, System.Numerics.BitOperations.TrailingZeroCount(undefined), 0, $"The index of the branch is undefined ({w.OriginOf(index)}).");
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = System.Numerics.BitOperations.TrailingZeroCount(m);
            uint i = w.Words(index)[lane];
            if (i >= (uint)Targets.Length && w.IsNew(FindingKind.Misuse, this))
                w.Report(FindingKind.Misuse, this, lane, 0, $"The index {i} is outside of the table's {Targets.Length} targets.");
            w.LanePc[lane] = Targets[Math.Min(i, (uint)Targets.Length - 1)];
        }

        w.BranchEach(mask);
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

internal sealed class Trap(string why = "The thread traps.") : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        if (w.IsNew(FindingKind.Trap, this))
            w.Report(FindingKind.Trap, this, System.Numerics.BitOperations.TrailingZeroCount(mask), 0, why);
        w.Launch.IsStopped = true;
        w.Exit(mask);
    }
}

internal sealed class Sleep : Instruction
{
    public override void Execute(Warp w, uint mask) => w.IsYielding = true;
}

/// <summary>
/// setmaxnreg: bookkeeping, for only the assembler knows what a warp begins with. When the block ends, what its warps asked
/// for last must fit into a multiprocessor together.
/// </summary>
internal sealed class RegisterCount(int registers) : Instruction
{
    private const int RegisterFileSize = 65536;

    public int Registers => registers;

    public override void Execute(Warp w, uint mask)
    {
        if (Convergence.Whole(w, this, mask))
            w.RegisterCount = this;
    }

    /// <summary>Reports warps of a block that ask for more than there is; called when the last of them has exited.</summary>
    public static void Check(Block block)
    {
        int sum = block.Warps.Sum(w => 32 * (w.RegisterCount?.Registers ?? 0));
        if (sum <= RegisterFileSize)
            return;
        Warp largest = block.Warps.MaxBy(w => w.RegisterCount?.Registers ?? 0)!; // a block has warps
        RegisterCount at = largest.RegisterCount!; // the sum is not 0
        if (largest.IsNew(FindingKind.Misuse, at))
        {
            largest.Report(FindingKind.Misuse, at, 0, 0,
                $"The warps of the block ask for {sum} registers together, but a multiprocessor has {RegisterFileSize}: some would wait for ever.");
        }
    }
}
