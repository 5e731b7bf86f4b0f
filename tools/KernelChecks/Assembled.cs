using System.Text.RegularExpressions;
using Puna.Kernels.Gpu;

namespace Puna.Tools.KernelChecks;

/// <summary>What the assembler made of a kernel.</summary>
/// <param name="Log">Its words, as <c>ptxas -v</c> prints them.</param>
/// <param name="IsAccepted">Whether it took the text.</param>
/// <param name="Disassembly">Gives the code; takes longer than the assembler.</param>
internal sealed partial record Assembled(string Log, bool IsAccepted, Lazy<SassListing> Disassembly)
{
    /// <summary>Registers per thread.</summary>
    public int Registers => Largest(UsedRegisters(), Log);

    /// <summary>The largest of the stack frame, and of the stores and loads of spilled registers.</summary>
    public int LocalBytes => Largest(UsedLocal(), Log);

    /// <summary>The code.</summary>
    public SassListing Sass => Disassembly.Value;

    /// <summary>Warnings that the code was made slower than it was written: <c>C7508</c>, <c>C7514</c> and their like.</summary>
    public IEnumerable<string> Warnings => Log.Split('\n').Where(l => l.Contains("C75", StringComparison.Ordinal));

    /// <summary>What is beyond a budget, a sentence each.</summary>
    /// <param name="budget">The budget.</param>
    /// <param name="isRead">Whether the code is disassembled and looked at too.</param>
    public IEnumerable<string> Problems(AssemblyBudget budget, bool isRead = true)
    {
        if (!IsAccepted)
            return [$"the assembler refuses it: {Log.Trim()}"];
        return isRead ? ResourceProblems(budget).Concat(CodeProblems(budget)) : ResourceProblems(budget);
    }

    private IEnumerable<string> ResourceProblems(AssemblyBudget budget)
    {
        if (LocalBytes > 0)
            yield return $"{LocalBytes} bytes of local memory, but there may be none (spills, local arrays)";
        if (Registers > budget.Registers)
            yield return $"{Registers} registers, but the budget is {budget.Registers}";
        foreach (string warning in Warnings)
            yield return warning.Trim();
    }

    private IEnumerable<string> CodeProblems(AssemblyBudget budget)
    {
        int loop = Sass.LoopInstructions;
        if (budget.LoopInstructions > 0 && loop == 0)
            yield return $"there is no loop, but one of at most {budget.LoopInstructions} instructions is expected";
        if (budget.LoopInstructions > 0 && loop > budget.LoopInstructions)
            yield return $"{loop} instructions in the loop, but the budget is {budget.LoopInstructions}";
        foreach (string mnemonic in budget.Required.Where(m => !Sass.Has(m)))
            yield return $"{mnemonic} does not appear";
        foreach (string mnemonic in budget.Forbidden.Union(["LDL", "STL"]).Where(Sass.Has))
            yield return $"{mnemonic} appears, but never may";
    }

    private static int Largest(Regex number, string log) =>
        number.Matches(log).Select(m => int.Parse(m.Groups["n"].ValueSpan)).DefaultIfEmpty().Max();

    [GeneratedRegex(@"Used (?<n>\d+) registers")]
    private static partial Regex UsedRegisters();

    [GeneratedRegex(@"(?<n>\d+) bytes (spill|stack)")]
    private static partial Regex UsedLocal();
}
