using Puna.Kernels.Gpu.Layouts;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

/// <summary>Weights that become F16 in registers, exactly, times F16 activations, summed in F32.</summary>
internal static class HalfProduct
{
    /// <summary>The format.</summary>
    /// <param name="name">In the kernel's name.</param>
    /// <param name="packing">Tiles of 16 rows by 32 elements as two left factors of 16.</param>
    /// <param name="halves">A word as two registers of a left factor: rows g and g + 8 of the same elements.</param>
    /// <param name="factor">Of the values that <paramref name="halves"/> gives, a power of two.</param>
    public static WeightFormat<F16x2, F32> Format(
        string name, WeightPacking packing, Func<U32, (F16x2 Low, F16x2 High)> halves, float factor) => new(
        name, packing, ElementBytes: 2,
        Unpack: words =>
        {
            (F16x2 a0, F16x2 a1) = halves(words.X);
            (F16x2 a2, F16x2 a3) = halves(words.Y);
            (F16x2 b0, F16x2 b1) = halves(words.Z);
            (F16x2 b2, F16x2 b3) = halves(words.W);
            return [new(a0, a1, a2, a3), new(b0, b1, b2, b3)];
        },
        Activations: (low, high) => new(F16x2.FromBits(low), F16x2.FromBits(high)),
        Add: (a, b) => a + b,
        Finish: (sum, scale, _) => factor == 1 ? sum * scale : sum * factor * scale,
        ScalesActivations: false);
}
