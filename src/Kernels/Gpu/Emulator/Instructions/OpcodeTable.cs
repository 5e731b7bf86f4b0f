using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>Finds the decoder of an opcode. Each class of instructions has a file with a table of its own.</summary>
internal static class OpcodeTable
{
    /// <summary>The instruction that a text stands for; null where it does nothing.</summary>
    /// <exception cref="DeviceException">The opcode or one of its forms is unknown, or the target lacks it.</exception>
    public static Instruction? Decode(DecodeContext c)
    {
        if (IsEmpty(c.Name))
            return Empty(c);
        return AsyncOpcodes.Decode(c) ?? MatrixOpcodes.Decode(c) ?? IntegerOpcodes.Decode(c) ?? FloatOpcodes.Decode(c)
            ?? ConvertOpcodes.Decode(c) ?? MemoryOpcodes.Decode(c) ?? ControlOpcodes.Decode(c) ?? WarpOpcodes.Decode(c)
            ?? throw c.Error($"the emulator does not know the opcode {c.Name}");
    }

    /// <summary>How the counters see an opcode.</summary>
    public static InstructionClass Classify(InstructionSyntax i) => i.Name switch
    {
        "ld" or "ldu" or "st" or "prefetch" or "prefetchu" or "discard" or "applypriority" => InstructionClass.Memory,
        "atom" or "red" => InstructionClass.Atomic,
        "cvt" => InstructionClass.Convert,
        "bra" or "brx" or "call" or "ret" or "exit" or "trap" or "brkpt" => InstructionClass.Control,
        "shfl" or "vote" or "match" or "redux" or "activemask" or "elect" => InstructionClass.Warp,
        "bar" or "barrier" or "membar" or "fence" or "griddepcontrol" or "nanosleep" => InstructionClass.Barrier,
        "cp" or "mbarrier" or "multimem" => InstructionClass.Async,
        "mma" or "wgmma" or "wmma" or "ldmatrix" or "stmatrix" or "movmatrix" => InstructionClass.Matrix,
        "rcp" or "sqrt" or "rsqrt" or "sin" or "cos" or "lg2" or "ex2" or "tanh" or "fma" or "testp" or "copysign" => InstructionClass.Float,
        _ => i.Modifiers.Any(m => PtxTypes.TryParse(m, out PtxType t) && t.IsFloat()) ? InstructionClass.Float : InstructionClass.Integer,
    };

    private static bool IsEmpty(string name) => name is "pragma" or "loc";

    private static Instruction? Empty(DecodeContext c)
    {
        c.Ignore("");
        return null;
    }
}
