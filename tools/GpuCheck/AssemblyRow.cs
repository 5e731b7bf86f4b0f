using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using Puna.Tools.KernelChecks;

namespace Puna.Tools.GpuCheck;

/// <summary>What the offline assembler made of one kernel.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Arch">What it was assembled for.</param>
/// <param name="Shape">The shape that its text is for.</param>
/// <param name="Result">Whether it is within its budget.</param>
/// <param name="Registers">Registers of a thread.</param>
/// <param name="RegisterBudget">Registers of a thread at most.</param>
/// <param name="LocalBytes">Stack and spills of a thread.</param>
/// <param name="Instructions">SASS instructions of the kernel.</param>
/// <param name="LoopInstructions">SASS instructions of the longest innermost loop; 0 without a loop.</param>
/// <param name="LoopBudget">What that may be at most; 0 where no loop is of interest.</param>
/// <param name="PerTwoKibibytes">SASS instructions of a warp for 2 KiB of weights; null for kernels that are no stream of weights.</param>
/// <param name="PlannedPerTwoKibibytes">What the design planned for that.</param>
/// <param name="Mnemonics">Those that must appear, and do.</param>
/// <param name="Problems">What is beyond the budget.</param>
internal sealed record AssemblyRow(
    string Kernel, string Arch, string Shape, CheckVerdict Result, int Registers, int RegisterBudget, int LocalBytes, int Instructions,
    int LoopInstructions, int LoopBudget, double? PerTwoKibibytes, int? PlannedPerTwoKibibytes,
    ImmutableArray<string> Mnemonics, ImmutableArray<string> Problems)
{
    /// <summary>Share of the issue slots of an H100's multiprocessor that the loop takes at its full bandwidth.</summary>
    public double? IssueLoadPercent => 100 * PerTwoKibibytes / IssueSlots.PerTwoKibibytes;

    /// <summary>Assembles a kernel.</summary>
    /// <param name="spec">Gives name and budget.</param>
    /// <param name="arch">The target.</param>
    /// <param name="shape">The shape that the text is for.</param>
    /// <param name="ptx">The text.</param>
    /// <param name="assembler">The assembler.</param>
    public static AssemblyRow Of(KernelSpec spec, GpuArch arch, string shape, string ptx, Assembler assembler)
    {
        AssemblyBudget budget = spec.Assembly(arch);
        Assembled code = assembler.Assemble(ptx, arch);
        ImmutableArray<string> problems = [.. code.Problems(budget)];
        int? planned = IssueSlots.Planned(spec.Name, arch);
        return new AssemblyRow(spec.Name, arch.ToString(), shape, problems.IsEmpty ? CheckVerdict.Pass : CheckVerdict.Fail,
            code.Registers, budget.Registers, code.LocalBytes, code.Sass.Instructions.Length, code.Sass.LoopInstructions,
            budget.LoopInstructions, planned is null ? null : IssueSlots.Reached(code.Sass), planned,
            [.. budget.Required.Where(code.Sass.Has)], problems);
    }
}
