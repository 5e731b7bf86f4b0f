using Puna.Kernels.Gpu.Emulator.Numerics;
using Binary = Puna.Kernels.Tests.Gpu.ExactOracle.Binary;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>F32, F64, F16 and BF16 operations in every rounding against exact rational arithmetic.</summary>
public sealed class ArithmeticTests
{
    private static readonly Rounding[] Directions = [Rounding.NearestEven, Rounding.TowardZero, Rounding.Down, Rounding.Up];

    [Fact]
    public void F32_operations_are_correctly_rounded_in_every_direction()
    {
        Random random = new(1);
        for (int i = 0; i < 4000; i++)
        {
            float a = AnyF32(random), b = i % 3 == 0 ? Near(a, random) : AnyF32(random), c = i % 2 == 0 ? AnyF32(random) : -a * b;
            if (!float.IsFinite(c))
                c = 1;
            foreach (Rounding r in Directions)
            {
                Same(ExactOf(Binary.Of(a) + Binary.Of(b), FloatFormat.F32, r), F32Arithmetic.Add(a, b, r));
                Same(ExactOf(Binary.Of(a) * Binary.Of(b), FloatFormat.F32, r), F32Arithmetic.Mul(a, b, r));
                Same(ExactOf(Binary.Of(a) * Binary.Of(b) + Binary.Of(c), FloatFormat.F32, r), F32Arithmetic.Fma(a, b, c, r));
                if (b != 0 && a != 0)
                    Same(ExactOracle.RoundQuotient(Binary.Of(a), Binary.Of(b), FloatFormat.F32, r), F32Arithmetic.Div(a, b, r));
                Same(ExactOracle.RoundRoot(Binary.Of(MathF.Abs(a)), FloatFormat.F32, r), F32Arithmetic.Sqrt(MathF.Abs(a), r));
            }
        }
    }

    [Fact]
    public void F64_operations_are_correctly_rounded_in_every_direction()
    {
        Random random = new(2);
        for (int i = 0; i < 1500; i++)
        {
            double a = AnyF64(random), b = i % 3 == 0 ? -Math.BitIncrement(a) : AnyF64(random), c = i % 2 == 0 ? AnyF64(random) : -a * b;
            if (!double.IsFinite(c))
                c = 1;
            foreach (Rounding r in Directions)
            {
                Same(ExactOf(Binary.Of(a) + Binary.Of(b), FloatFormat.F64, r), F64Arithmetic.Add(a, b, r));
                Same(ExactOf(Binary.Of(a) * Binary.Of(b), FloatFormat.F64, r), F64Arithmetic.Mul(a, b, r));
                Same(ExactOf(Binary.Of(a) * Binary.Of(b) + Binary.Of(c), FloatFormat.F64, r), F64Arithmetic.Fma(a, b, c, r));
                if (b != 0 && a != 0)
                    Same(ExactOracle.RoundQuotient(Binary.Of(a), Binary.Of(b), FloatFormat.F64, r), F64Arithmetic.Div(a, b, r));
                Same(ExactOracle.RoundRoot(Binary.Of(Math.Abs(a)), FloatFormat.F64, r), F64Arithmetic.Sqrt(Math.Abs(a), r));
            }
        }
    }

    [Fact]
    public void Sixteen_bit_operations_are_rounded_once()
    {
        Random random = new(3);
        for (int i = 0; i < 30_000; i++)
        {
            uint a = (uint)random.Next(65536), b = (uint)random.Next(65536), c = (uint)random.Next(65536);
            Check(FloatFormat.F16, a, b, c, HalfArithmetic.AddF16(a, b), HalfArithmetic.MulF16(a, b), HalfArithmetic.FmaF16(a, b, c));
            Check(FloatFormat.BF16, a, b, c, HalfArithmetic.AddBF16(a, b), HalfArithmetic.MulBF16(a, b), HalfArithmetic.FmaBF16(a, b, c));
        }
    }

    [Fact]
    public void A_BF16_fma_whose_product_is_a_tie_sees_a_tiny_addend()
    {
        const uint tiny = 0x0001;

        // 1.5 · 1.0078125 = 1.51171875 = 193.5/128: a tie between 193 and 194
        Assert.Equal(0x3FC2U, HalfArithmetic.FmaBF16(0x3FC0, 0x3F81, 0));
        Assert.Equal(0x3FC2U, HalfArithmetic.FmaBF16(0x3FC0, 0x3F81, tiny));
        Assert.Equal(0x3FC1U, HalfArithmetic.FmaBF16(0x3FC0, 0x3F81, tiny | 0x8000));
    }

    [Fact]
    public void Zeros_have_the_sign_of_the_direction()
    {
        Assert.Equal("0 0 -0 0", Signs(r => F32Arithmetic.Add(1, -1, r)));
        Assert.Equal("0 0 -0 0", Signs(r => (float)F64Arithmetic.Add(1, -1, r)));
        Assert.Equal("0 0 -0 0", Signs(r => F32Arithmetic.Fma(2, -0.5f, 1, r)));
        Assert.Equal("0 0 -0 0", Signs(r => (float)F64Arithmetic.Fma(2, -0.5, 1, r)));
        Assert.Equal("-0 -0 -0 -0", Signs(r => F32Arithmetic.Add(-0f, -0f, r)));
        Assert.Equal("-0 -0 -0 -0", Signs(r => (float)F64Arithmetic.Mul(-0.0, 3, r)));
        Assert.Equal("-0 -0 -0 -0", Signs(r => F32Arithmetic.Sqrt(-0f, r)));

        static string Signs(Func<Rounding, float> f) => string.Join(' ', Directions.Select(r => float.IsNegative(f(r)) ? "-0" : "0"));
    }

    [Fact]
    public void Nan_is_canonical_and_overflow_goes_where_the_direction_says()
    {
        foreach (Rounding r in Directions)
        {
            Same(0x7FFF_FFFF, F32Arithmetic.Add(float.PositiveInfinity, float.NegativeInfinity, r));
            Same(0x7FFF_FFFF, F32Arithmetic.Sqrt(-1, r));
            Same(0x7FFF_FFFF, F32Arithmetic.Div(0, 0, r));
            Same(0x7F80_0000, F32Arithmetic.Div(1, 0, r));
        }

        Assert.Equal(float.MaxValue, F32Arithmetic.Mul(1e30f, 1e30f, Rounding.TowardZero));
        Assert.Equal(float.MaxValue, F32Arithmetic.Mul(1e30f, 1e30f, Rounding.Down));
        Assert.Equal(float.PositiveInfinity, F32Arithmetic.Mul(1e30f, 1e30f, Rounding.Up));
        Assert.Equal(-double.MaxValue, F64Arithmetic.Add(-double.MaxValue, -double.MaxValue, Rounding.Up));
        Assert.Equal(1f, F32Arithmetic.Saturate(3));
        Assert.Equal(0f, F32Arithmetic.Saturate(float.NaN));
        Same(0x8000_0000, F32Arithmetic.FlushSubnormal(-1e-40f));
        Same(0x0080_0000, F32Arithmetic.FlushSubnormal(BitConverter.UInt32BitsToSingle(0x0080_0000)));
    }

    private static ulong ExactOf(Binary value, FloatFormat format, Rounding rounding) => ExactOracle.Round(value, format, rounding);

    // a zero's sign is the business of another test
    private static void Same(ulong expected, float actual)
    {
        uint bits = BitConverter.SingleToUInt32Bits(actual);
        Assert.True(expected == bits || ((expected | bits) & 0x7FFF_FFFF) == 0, $"0x{bits:X8} ({actual:R}), expected 0x{expected:X8}");
    }

    private static void Same(ulong expected, double actual)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(actual);
        Assert.True(expected == bits || ((expected | bits) & long.MaxValue) == 0, $"0x{bits:X16} ({actual:R}), expected 0x{expected:X16}");
    }

    private static void Check(FloatFormat format, uint a, uint b, uint c, uint sum, uint product, uint fma)
    {
        (double x, double y, double z) = (format.Decode(a), format.Decode(b), format.Decode(c));
        if (!double.IsFinite(x + y + z))
            return;
        Same(ExactOf(Binary.Of(x) + Binary.Of(y), format, Rounding.NearestEven), sum);
        Same(ExactOf(Binary.Of(x) * Binary.Of(y), format, Rounding.NearestEven), product);
        Same(ExactOf(Binary.Of(x) * Binary.Of(y) + Binary.Of(z), format, Rounding.NearestEven), fma);

        static void Same(ulong expected, uint actual) =>
            Assert.True(expected == actual || ((expected | actual) & 0x7FFF) == 0, $"0x{actual:X4}, expected 0x{expected:X4}");
    }

    private static float AnyF32(Random random)
    {
        uint exponent = random.Next(4) switch { 0 => 0u, 1 => (uint)random.Next(255), _ => (uint)random.Next(117, 137) };
        uint fraction = (uint)random.Next(1 << 23) & (random.Next(2) == 0 ? uint.MaxValue : 0x7FF000);
        return BitConverter.UInt32BitsToSingle((uint)random.Next(2) << 31 | exponent << 23 | fraction);
    }

    private static float Near(float a, Random random) => -BitConverter.Int32BitsToSingle(
        Math.Clamp(BitConverter.SingleToInt32Bits(MathF.Abs(a)) + random.Next(-3, 4), 0, 0x7F7F_FFFF)) * MathF.Sign(a);

    private static double AnyF64(Random random)
    {
        ulong exponent = random.Next(4) switch { 0 => 0u, 1 => (ulong)random.Next(2047), _ => (ulong)random.Next(1000, 1050) };
        ulong fraction = (ulong)random.NextInt64(1L << 52) & (random.Next(2) == 0 ? ulong.MaxValue : 0xF_FFFF_0000_0000);
        return BitConverter.UInt64BitsToDouble((ulong)random.Next(2) << 63 | exponent << 52 | fraction);
    }
}
