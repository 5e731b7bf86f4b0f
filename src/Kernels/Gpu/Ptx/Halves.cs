namespace Puna.Kernels.Gpu.Ptx;

/// <summary>Two halves in one register, and back.</summary>
internal static class Halves
{
    public static TWhole Pack<THalf, TWhole>(THalf low, THalf high, string file, int line)
        where THalf : struct, IRegister<THalf> where TWhole : struct, IRegister<TWhole>
    {
        PtxBuilder k = Arithmetic.Kernel("Pack", low.Value, high.Value);
        TWhole whole = k.Result<TWhole>($"mov.b{TWhole.ElementType.RegisterBits}", Operand.Vector(k.InRegister(low.Value), k.InRegister(high.Value)));
        k.At(file, line);
        return whole;
    }

    public static (THalf Low, THalf High) Split<TWhole, THalf>(TWhole whole, string file, int line)
        where THalf : struct, IRegister<THalf> where TWhole : struct, IRegister<TWhole>
    {
        PtxBuilder k = Arithmetic.Kernel("Split", whole.Value);
        Value low = k.NewRegister(THalf.ElementType), high = k.NewRegister(THalf.ElementType);
        k.Emit($"mov.b{TWhole.ElementType.RegisterBits}", Operand.Vector(Operand.Out(low), Operand.Out(high)), whole.Value);
        k.At(file, line);
        return (THalf.From(low), THalf.From(high));
    }
}
