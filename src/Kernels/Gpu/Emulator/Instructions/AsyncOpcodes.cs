namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static class AsyncOpcodes
{
    public static Instruction? Decode(DecodeContext c) => null;
}
