using System.Numerics;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator.Numerics;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Between floats and integers.</summary>
public sealed class IntegerConversionTests
{
    [Theory]
    [InlineData(2.5, nameof(Rounding.NearestEven), 2)]
    [InlineData(3.5, nameof(Rounding.NearestEven), 4)]
    [InlineData(-2.5, nameof(Rounding.NearestEven), -2)]
    [InlineData(2.7, nameof(Rounding.TowardZero), 2)]
    [InlineData(-2.7, nameof(Rounding.TowardZero), -2)]
    [InlineData(-2.1, nameof(Rounding.Down), -3)]
    [InlineData(-2.9, nameof(Rounding.Up), -2)]
    [InlineData(1e10, nameof(Rounding.NearestEven), int.MaxValue)]
    [InlineData(-1e10, nameof(Rounding.NearestEven), int.MinValue)]
    [InlineData(double.PositiveInfinity, nameof(Rounding.TowardZero), int.MaxValue)]
    [InlineData(double.NaN, nameof(Rounding.TowardZero), 0)]
    public void A_float_becomes_a_signed_integer(double value, string rounding, int expected) =>
        Assert.Equal(expected, (int)IntegerConversion.FromFloat(value, 32, isSigned: true, Enum.Parse<Rounding>(rounding), isFromF64: false));

    [Theory]
    [InlineData(-1, 8, 0)]
    [InlineData(255.4, 8, 255)]
    [InlineData(256, 8, 255)]
    [InlineData(4294967296.0, 32, uint.MaxValue)]
    [InlineData(18446744073709551616.0, 64, ulong.MaxValue)]
    [InlineData(9223372036854775808.0, 64, 9223372036854775808)]
    [InlineData(double.NaN, 64, 9223372036854775808)]
    public void A_float_becomes_an_unsigned_integer(double value, int bits, ulong expected) =>
        Assert.Equal(expected, IntegerConversion.FromFloat(value, bits, isSigned: false, Rounding.NearestEven, isFromF64: false));

    [Theory]
    [InlineData(127.6, 8, 127)]
    [InlineData(-200, 8, -128)]
    [InlineData(9.3e18, 64, long.MaxValue)]
    [InlineData(-9.3e18, 64, long.MinValue)]
    [InlineData(double.NaN, 64, long.MinValue)]
    public void Small_and_large_signed_integers_have_their_own_ends(double value, int bits, long expected) =>
        Assert.Equal(expected, (long)IntegerConversion.FromFloat(value, bits, isSigned: true, Rounding.NearestEven, isFromF64: false));

    [Fact]
    public void Nan_of_F64_gives_the_highest_bit_in_32_bits_too() =>
        Assert.Equal(0x8000_0000, IntegerConversion.FromFloat(double.NaN, 32, isSigned: false, Rounding.TowardZero, isFromF64: true));

    [Fact]
    public void Integers_are_rounded_to_floats_as_the_oracle_says()
    {
        Random random = new(5);
        for (int i = 0; i < 3000; i++)
        {
            long value = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
            foreach (Rounding r in new[] { Rounding.NearestEven, Rounding.TowardZero, Rounding.Down, Rounding.Up })
            {
                foreach (FloatFormat format in new[] { FloatFormat.F32, FloatFormat.F64, FloatFormat.F16, FloatFormat.BF16 })
                {
                    ulong signed = ExactOracle.Round(new ExactOracle.Binary(value, 0), format, r);
                    ulong unsigned = ExactOracle.Round(new ExactOracle.Binary((BigInteger)(ulong)value, 0), format, r);
                    Assert.Equal(signed, IntegerConversion.ToFloat(value, format, r));
                    Assert.Equal(unsigned, IntegerConversion.ToFloat((ulong)value, format, r));
                }
            }
        }
    }

    [Fact]
    public void Integers_saturate_to_smaller_ones()
    {
        Assert.Equal(127, (long)IntegerConversion.Saturate(300L, 8, isSigned: true));
        Assert.Equal(-128, (long)IntegerConversion.Saturate(-300L, 8, isSigned: true));
        Assert.Equal(0, (long)IntegerConversion.Saturate(-1L, 8, isSigned: false));
        Assert.Equal(127, (long)IntegerConversion.Saturate(200UL, 8, isSigned: true));
        Assert.Equal(200, (long)IntegerConversion.Saturate(200UL, 8, isSigned: false));
        Assert.Equal(-1, (long)IntegerConversion.Extend(0xFF, 8, isSigned: true));
        Assert.Equal(255, (long)IntegerConversion.Extend(0xFFFF, 8, isSigned: false));
    }

    [Fact]
    public void Buffer_elements_are_read_in_their_format()
    {
        byte[] bytes = [0x80, 0x3F, 0x00, 0x3C, 0xFF, 0xFF, 0xFF, 0xFF];

        Assert.Equal(1, NumberFormat.BF16.Read(bytes, 0));
        Assert.Equal(1, NumberFormat.F16.Read(bytes, 1));
        Assert.Equal(-1, NumberFormat.I32.Read(bytes, 1));
        Assert.Equal(uint.MaxValue, NumberFormat.U32.Read(bytes, 1));
        Assert.Equal(-1, NumberFormat.I8.Read(bytes, 7));
        Assert.Equal(1.875, NumberFormat.F8E4M3.Read(bytes, 1));
        Assert.True(double.IsNaN(NumberFormat.F8E5M2.Read(bytes, 7)));
        Assert.Equal(8, NumberFormat.I64.ByteSize());
        Assert.Throws<ArgumentOutOfRangeException>(() => NumberFormat.F64.Read(bytes, 1));
    }
}
