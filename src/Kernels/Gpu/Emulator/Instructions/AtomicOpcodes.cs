namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static class AtomicOpcodes
{
    public static Instruction Decode(DecodeContext c) => throw c.Error("atomics");
}
