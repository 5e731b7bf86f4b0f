namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static class WarpOpcodes
{
    public static Instruction? Decode(DecodeContext c) => null;
}
