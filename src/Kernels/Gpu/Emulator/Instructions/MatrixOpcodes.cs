namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static class MatrixOpcodes
{
    public static Instruction? Decode(DecodeContext c) => null;
}
