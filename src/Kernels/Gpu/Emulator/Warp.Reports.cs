using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator;

internal sealed unsafe partial class Warp
{
    /// <summary>Counts a mistake; true where it is the first of this kind at this instruction, to be put in words by <see cref="Report"/>.</summary>
    public bool IsNew(FindingKind kind, Instruction instruction) => Launch.Findings.IsNew(kind, instruction.Index, isNote: false);

    /// <summary>As <see cref="IsNew"/>, for a note.</summary>
    public bool IsNewNote(FindingKind kind, Instruction instruction) =>
        Launch.Options.Checked && Launch.Findings.IsNew(kind, instruction.Index, isNote: true);

    /// <summary>Puts a mistake in words.</summary>
    public void Report(FindingKind kind, Instruction instruction, int lane, ulong address, string message) =>
        Launch.Findings.Add(Describe(kind, instruction, lane, address, message), instruction.Index, isNote: false);

    /// <summary>Puts a note in words.</summary>
    public void Note(FindingKind kind, Instruction instruction, int lane, ulong address, string message) =>
        Launch.Findings.Add(Describe(kind, instruction, lane, address, message), instruction.Index, isNote: true);

    /// <summary>Where the undefined value of a register came from, in words.</summary>
    public string OriginOf(Register register)
    {
        int origin = Origin[register.Index];
        return origin < 0
            ? $"{_program.Registers.Names[register.Index]} was never written"
            : $"undefined since line {Code[origin].Syntax.Line}: `{Code[origin].Syntax.Text}`";
    }

    private Finding Describe(FindingKind kind, Instruction instruction, int lane, ulong address, string message) =>
        _program.Describe(kind, instruction, Block.Position, Thread(lane), address, message, Launch.Options.Seed);

    private void ReportUndefinedGuard(Instruction instruction, uint undefined)
    {
        if (IsNew(FindingKind.UndefinedValue, instruction))
        {
            Register guard = new(instruction.GuardIndex, instruction.Guard, Syntax.PtxType.Pred);
            Report(FindingKind.UndefinedValue, instruction, BitOperations.TrailingZeroCount(undefined), 0,
                $"The guard predicate is undefined ({OriginOf(guard)}).");
        }
    }
}
