using System.Numerics;

namespace Puna.Kernels.Tests;

public class Exp2Tests
{
    private const double Bound = 1.5 / (1 << 23);

    [Fact]
    public void Relative_error_is_within_the_stated_bound()
    {
        double worst = 0;
        for (int i = 0; i <= 1 << 22; i++)
        {
            float x = -64f + i * (1f / (1 << 16)) * 1.0000001f;
            worst = Math.Max(worst, Math.Abs(Sample.Exp2(x) / Math.Pow(2, x) - 1));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"largest relative error {worst * (1 << 23):F3} · 2⁻²³");
        Assert.True(worst <= Bound, $"exp2: the largest relative error is {worst}, expected at most {Bound}.");
    }

    [Fact]
    public void Vectors_give_the_bits_of_the_scalar_definition()
    {
        float[] lanes = new float[Vector<float>.Count];
        for (int i = 0; i <= 1 << 21; i += lanes.Length)
        {
            for (int lane = 0; lane < lanes.Length; lane++)
                lanes[lane] = -66f + (i + lane) * 3.1234567e-5f;

            Vector<float> actual = Sample.CpuExp2(new Vector<float>(lanes));

            for (int lane = 0; lane < lanes.Length; lane++)
            {
                float expected = Sample.Exp2(lanes[lane]);
                Assert.True(
                    expected == actual[lane], $"exp2 of {lanes[lane]:R}: {actual[lane]:R}, expected {expected:R}.");
            }
        }
    }

    [Fact]
    public void Integers_are_exact_and_what_is_lower_than_the_range_is_its_end()
    {
        for (int n = -64; n <= 64; n++)
            Assert.Equal((float)Math.Pow(2, n), Sample.Exp2(n));

        Assert.Equal(Sample.Exp2(-64f), Sample.Exp2(float.NegativeInfinity));
        Assert.Equal(Sample.Exp2(-64f), Sample.Exp2(-1e30f));
    }

    [Fact]
    public void Coefficients_are_those_of_the_taylor_series()
    {
        // at f = 0.5, the end of the polynomial's range, the series is evaluated anew in F64 from rounded coefficients
        double sum = 0, factorial = 1;
        for (int k = 0; k <= 7; factorial *= ++k)
            sum += (float)(Math.Pow(Math.Log(2), k) / factorial) * Math.Pow(0.5, k);

        Assert.Equal(sum, Sample.Exp2(0.5f), 1.2e-7);
    }
}
