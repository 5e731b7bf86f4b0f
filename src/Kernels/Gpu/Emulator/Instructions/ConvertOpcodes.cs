namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static class ConvertOpcodes
{
    public static Instruction? Decode(DecodeContext c) => null;
}
