using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// A decoded instruction. A class with sealed subclasses, against the house rule on inheritance: one virtual call per
/// executed instruction is what an interpreter is made of.
/// </summary>
internal abstract class Instruction
{
    /// <summary>Its place in the program.</summary>
    public int Index { get; set; }

    /// <summary>What it was decoded from.</summary>
    public InstructionSyntax Syntax { get; set; } = null!; // set by the decoder before anything runs

    /// <summary>Offset of the guard predicate in <see cref="Warp.P"/>; -1 without a guard.</summary>
    public int Guard { get; set; } = -1;

    /// <summary>Index of the guard in <see cref="Warp.U"/>.</summary>
    public int GuardIndex { get; set; }

    /// <summary>Whether the guard is <c>@!p</c>.</summary>
    public bool IsGuardNegated { get; set; }

    /// <summary>How the counters see it.</summary>
    public InstructionClass Class { get; set; }

    /// <summary>An instruction that belongs to this one and follows it: a call's results.</summary>
    public Instruction? Then { get; set; }

    /// <summary>Runs it for some lanes of a warp. <see cref="Warp.Pc"/> points behind it already.</summary>
    /// <param name="w">The warp.</param>
    /// <param name="mask">Lanes that execute: never none.</param>
    public abstract void Execute(Warp w, uint mask);
}
