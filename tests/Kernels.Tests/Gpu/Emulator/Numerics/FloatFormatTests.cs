using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Runtime.Loading;
using Puna.TestKit;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>Conversions among float formats: recorded roundings, the slow oracle, and round trips of every code.</summary>
public sealed class FloatFormatTests
{
    private static readonly Rounding[] Directions =
        [Rounding.NearestEven, Rounding.TowardZero, Rounding.Down, Rounding.Up, Rounding.NearestAway];

    public static TheoryData<string> NarrowFormats => ["f16", "bf16", "e4m3", "e5m2"];

    [Fact]
    public void Every_recorded_rounding_is_met()
    {
        SafetensorsFile file = SafetensorsFile.Open(Goldens.Shared("goldens/number-formats.safetensors"));
        float[] values = file.ReadF32("f32");
        byte[] bf16 = file.ReadBytes(file.Find("bf16")), f16 = file.ReadBytes(file.Find("f16"));
        byte[] e4m3 = file.ReadBytes(file.Find("e4m3_satfinite")), e5m2 = file.ReadBytes(file.Find("e5m2_satfinite"));

        Assert.Equal(15012, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            Check(i, values[i], "bf16", BitConverter.ToUInt16(bf16, 2 * i), Codes.ToBF16(values[i]), FloatFormat.BF16);
            Check(i, values[i], "bf16", BitConverter.ToUInt16(bf16, 2 * i), Codes.ToBF16(values[i], Rounding.NearestEven), FloatFormat.BF16);
            Check(i, values[i], "f16", BitConverter.ToUInt16(f16, 2 * i), Codes.ToF16(values[i]), FloatFormat.F16);
            Check(i, values[i], "e4m3", e4m3[i], Codes.ToE4M3(values[i]), FloatFormat.E4M3);
            Check(i, values[i], "e5m2", e5m2[i], Codes.ToE5M2(values[i]), FloatFormat.E5M2);
        }
    }

    [Fact]
    public void Every_recorded_8_bit_code_is_decoded()
    {
        SafetensorsFile file = SafetensorsFile.Open(Goldens.Shared("goldens/number-formats.safetensors"));
        float[] e4m3 = file.ReadF32("e4m3_table"), e5m2 = file.ReadF32("e5m2_table");

        for (uint code = 0; code < 256; code++)
        {
            Assert.Equal(e4m3[code], Codes.FromE4M3(code));
            Assert.Equal(e5m2[code], Codes.FromE5M2(code));
        }
    }

    [Theory, MemberData(nameof(NarrowFormats))]
    public void Every_code_survives_decoding_and_encoding_in_every_direction(string name)
    {
        FloatFormat format = Format(name);
        for (ulong code = 0; code < 2 * format.SignBit; code++)
        {
            double value = format.Decode(code);
            foreach (Rounding direction in Directions)
                Assert.Equal(format.IsNaN(code) ? format.CanonicalNaN : code, format.Encode(value, direction));
        }
    }

    [Theory, MemberData(nameof(NarrowFormats))]
    public void Around_every_code_and_every_tie_the_oracle_agrees_in_every_direction(string name)
    {
        FloatFormat format = Format(name);
        int step = name.EndsWith("f16", StringComparison.Ordinal) ? 13 : 1;
        for (ulong code = 0; code <= format.LargestFinite; code += (ulong)step)
        {
            double value = format.Decode(code);
            double next = code == format.LargestFinite ? 2 * value - format.Decode(code - 1) : format.Decode(code + 1);
            double tie = (value + next) / 2;
            double[] tries = [value, Math.BitIncrement(value), Math.BitDecrement(tie), tie, Math.BitIncrement(tie), Math.BitDecrement(next)];
            foreach (double x in tries.SelectMany(x => new[] { x, -x }).Where(x => x != 0))
            {
                foreach (Rounding direction in Directions)
                    Assert.Equal(ExactOracle.Round(ExactOracle.Binary.Of(x), format, direction), format.Encode(x, direction));
            }
        }
    }

    [Fact]
    public void Half_agrees_on_every_code_and_tie()
    {
        for (ulong code = 0; code <= FloatFormat.F16.LargestFinite; code++)
        {
            double value = FloatFormat.F16.Decode(code);
            double tie = value + Math.ScaleB(1, code < 0x400 ? -25 : (int)(code >> 10) - 26);
            foreach (double x in new[] { value, Math.BitDecrement(tie), tie, Math.BitIncrement(tie), -tie })
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)x), FloatFormat.F16.Encode(x, Rounding.NearestEven));
            Assert.Equal((float)value, Codes.FromF16((uint)code));
        }
    }

    [Fact]
    public void F32_of_F64_agrees_with_the_oracle_at_ties_subnormals_and_overflow()
    {
        Random random = new(7);
        for (int i = 0; i < 3000; i++)
        {
            float near = BitConverter.Int32BitsToSingle(random.Next(0x7F80_0000) | (random.Next(2) << 31));
            double half = Math.ScaleB(1, Math.Max(Math.ILogB(near == 0 ? 1e-45 : near), -126) - 24);
            double[] tries = [near, near + half, Math.BitIncrement(near + half), Math.BitDecrement(near + half), near + half / 3];
            foreach (double x in tries.Where(x => x != 0))
            {
                foreach (Rounding direction in Directions)
                {
                    ulong expected = ExactOracle.Round(ExactOracle.Binary.Of(x), FloatFormat.F32, direction);
                    Assert.Equal((uint)expected, BitConverter.SingleToUInt32Bits(F32Arithmetic.Round(x, direction)));
                }
            }
        }
    }

    [Fact]
    public void Nan_infinity_and_overflow_follow_the_ISA()
    {
        double nan = -double.NaN, infinity = double.PositiveInfinity;

        Assert.Equal(0x7FFFU, Codes.ToF16(nan));
        Assert.Equal(0x7FFFU, Codes.ToBF16((float)nan));
        Assert.Equal(0x7FFF_FFFFU, Codes.ToTF32((float)nan, Rounding.NearestAway));
        Assert.Equal(0x7FU, Codes.ToE4M3(nan));
        Assert.Equal(0x7FU, Codes.ToE5M2(nan));
        Assert.Equal(0x7EU, Codes.ToE4M3(infinity));
        Assert.Equal(0xFEU, Codes.ToE4M3(-449));
        Assert.Equal(448f, Codes.FromE4M3(Codes.ToE4M3(1e30)));
        Assert.Equal(0x7BU, Codes.ToE5M2(infinity));
        Assert.Equal(-57344f, Codes.FromE5M2(Codes.ToE5M2(-1e30)));
        Assert.Equal(0x7C00U, Codes.ToF16(65520));
        Assert.Equal(0x7BFFU, Codes.ToF16(65520, Rounding.NearestEven, Clamping.Finite));
        Assert.Equal(0x7BFFU, Codes.ToF16(1e9, Rounding.TowardZero));
        Assert.Equal(0xFF80U, Codes.ToBF16(-infinity, Rounding.TowardZero));
        Assert.Equal(0xFF7FU, Codes.ToBF16(-infinity, Rounding.NearestEven, Clamping.Finite));
    }

    [Fact]
    public void Relu_and_saturation_clamp_after_rounding()
    {
        Assert.Equal(0U, Codes.ToF16(-0.5, Rounding.NearestEven, Clamping.Relu));
        Assert.Equal(0U, Codes.ToBF16(-0.0, Rounding.NearestEven, Clamping.Relu));
        Assert.Equal(0x7FFFU, Codes.ToF16(double.NaN, Rounding.NearestEven, Clamping.Relu));
        Assert.Equal(0x3C00U, Codes.ToF16(7, Rounding.NearestEven, Clamping.ZeroToOne));
        Assert.Equal(0U, Codes.ToF16(double.NaN, Rounding.NearestEven, Clamping.ZeroToOne));
        Assert.Equal(0x3800U, Codes.ToF16(0.5, Rounding.NearestEven, Clamping.ZeroToOne));
        Assert.Equal(0x7BU, Codes.ToE5M2(1e9, Clamping.Finite | Clamping.Relu));
    }

    [Fact]
    public void TF32_keeps_ten_fraction_bits()
    {
        float tie = 1 + MathF.ScaleB(1, -11);

        Assert.Equal(BitConverter.SingleToUInt32Bits(1 + MathF.ScaleB(1, -10)), Codes.ToTF32(tie, Rounding.NearestAway));
        Assert.Equal(BitConverter.SingleToUInt32Bits(1), Codes.ToTF32(tie, Rounding.NearestEven));
        Assert.Equal(BitConverter.SingleToUInt32Bits(-1), Codes.ToTF32(-tie, Rounding.TowardZero));
        Assert.Equal(1f, Codes.FromTF32(BitConverter.SingleToUInt32Bits(tie)));
    }

    private static FloatFormat Format(string name) => name switch
    {
        "f16" => FloatFormat.F16,
        "bf16" => FloatFormat.BF16,
        "e4m3" => FloatFormat.E4M3,
        _ => FloatFormat.E5M2,
    };

    private static void Check(int row, float value, string name, uint expected, uint actual, FloatFormat format)
    {
        bool same = format.IsNaN(expected) ? format.IsNaN(actual) : expected == actual;
        Assert.True(same, $"row {row}: {name} of {value:R} is 0x{actual:X}, recorded is 0x{expected:X}.");
    }
}
