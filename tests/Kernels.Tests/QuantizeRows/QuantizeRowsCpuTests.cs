using Puna.Kernels.Cpu;

namespace Puna.Kernels.Tests;

/// <summary>Codes are part of every result: those of the CPU must be those of the definition, not merely near them.</summary>
public class QuantizeRowsCpuTests
{
    public static TheoryData<int> Lengths => [0, 1, 15, 16, 17, 31, 32, 61, 128, 1000, 2048];

    [Theory, MemberData(nameof(Lengths))]
    public void Codes_and_scales_of_a_row_are_those_of_the_definition(int length)
    {
        foreach (float[] row in Rows(length))
        {
            sbyte[] expected = new sbyte[length], actual = new sbyte[length];
            byte[] shifted = new byte[length];
            float scale = QuantizeRows.Reference(row, expected);

            Assert.Equal(scale, QuantizeRows.Cpu<F32Element, float, I8Element, sbyte>(row, actual));
            Assert.Equal(expected, actual);
            Assert.Equal(scale, QuantizeRows.Cpu<F32Element, float, ShiftedI8Element, byte>(row, shifted));
            Assert.Equal(expected.Select(c => (byte)(c + 128)), shifted);
        }
    }

    [Theory, MemberData(nameof(Lengths))]
    public void Eight_bit_floats_and_scales_of_a_row_are_those_of_the_definition(int length)
    {
        foreach (float[] row in Rows(length))
        {
            float[] expected = new float[length];
            byte[] actual = new byte[length];
            float scale = QuantizeRows.ReferenceE4M3(row, expected);

            Assert.Equal(scale, QuantizeRows.Cpu<F32Element, float, F8E4M3Element, byte>(row, actual));
            Assert.Equal(expected.Select(F8E4M3Element.Narrow), actual);
        }
    }

    [Fact]
    public void Bfloats_are_quantised_as_the_numbers_they_are()
    {
        float[] row = Rows(1000).First();
        ushort[] stored = [.. row.Select(BF16Element.Narrow)];
        sbyte[] expected = new sbyte[1000], actual = new sbyte[1000];

        float scale = QuantizeRows.Reference([.. stored.Select(BF16Element.Widen)], expected);

        Assert.Equal(scale, QuantizeRows.Cpu<BF16Element, ushort, I8Element, sbyte>(stored, actual));
        Assert.Equal(expected, actual);
    }

    // normal values; zeros; NaN; infinities; scales that are rounded to 0, 1 and 2 units; every tie; the largest numbers
    private static IEnumerable<float[]> Rows(int length)
    {
        float[] normal = new SeededValues(seed: 5).Normal(DType.F32, 1, Math.Max(1, length)).Span<float>()[..length].ToArray();
        yield return normal;
        yield return new float[length];
        yield return With(float.NaN);
        yield return With(float.NegativeInfinity);
        yield return Made(c => (c % 60 - 30) * float.Epsilon);
        yield return Made(c => (c % 301 - 30) * float.Epsilon);
        yield return Made(c => c == 0 ? 127 : c % 253 - 126.5f);
        yield return Made(c => c == 0 ? 448 : (c % 2 == 0 ? 1 : -1) * (c % 40 + 0.5f) / 512);   // halves of subnormal steps
        yield return Made(c => c == 0 ? -448 : (c % 2 == 0 ? 1 : -1) * (16 + c % 16 + 0.5f) * MathF.Pow(2, c % 13 - 8));
        yield return Made(c => c == 0 ? -float.MaxValue : c * 1e36f);

        float[] Made(Func<int, float> value) => [.. Enumerable.Range(0, length).Select(value)];

        float[] With(float value)
        {
            float[] row = [.. normal];
            if (length > 0)
                row[length / 2] = value;
            return row;
        }
    }
}
