namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static class VideoOpcodes
{
    public static Instruction Scalar(DecodeContext c) => throw c.Error("video");
    public static Instruction Packed(DecodeContext c, int lanes) => throw c.Error("video");
}
