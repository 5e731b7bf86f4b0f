using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static class FloatOpcodes
{
    public static Instruction? Decode(DecodeContext c)
    {
        if (c.Name != "fma") return null;
        c.Take("rn"); var t = c.Type();
        return new Ternary<float, FmaF32>(c.Destination(0), c.Source(1, t), c.Source(2, t), c.Source(3, t));
    }

    private readonly struct FmaF32 : ITernary<float>
    {
        public static float Apply(float a, float b, float c) => F32Arithmetic.Canonical(MathF.FusedMultiplyAdd(a, b, c));
    }
}
