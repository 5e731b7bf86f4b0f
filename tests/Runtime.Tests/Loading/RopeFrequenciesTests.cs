using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.TestKit;

namespace Puna.Runtime.Tests.Loading;

public class RopeFrequenciesTests
{
    private static readonly RopeConfig Llama31 = new(500000, RopeType.Llama3, 8, 1, 4, 8192);
    private static readonly RopeConfig Llama32 = Llama31 with { Factor = 32 };

    [Fact]
    public void Llama3_frequencies_are_the_references_bit_for_bit()
    {
        string golden = Goldens.Shared("goldens/hf/llama-long/expected.safetensors");
        float[] expected = SafetensorsFile.Open(golden).ReadF32("rope.inv_freq");

        Assert.Equal(expected, RopeFrequencies.Compute(Llama31, 128));
    }

    [Theory]
    [InlineData(8, 128, 28, 3.211445995e-3)]
    [InlineData(8, 128, 29, 2.166570764e-3)]
    [InlineData(8, 128, 34, 1.785078128e-4)]
    [InlineData(8, 128, 35, 9.556212354e-5)]
    [InlineData(8, 128, 63, 3.068925989e-7)]
    [InlineData(32, 128, 29, 2.118406997e-3)]
    [InlineData(32, 128, 34, 9.708287803e-5)]
    [InlineData(32, 128, 35, 2.389053088e-5)]
    [InlineData(32, 128, 63, 7.672314972e-8)]
    [InlineData(32, 64, 14, 3.211445995e-3)]
    [InlineData(32, 64, 15, 1.290547928e-3)]
    [InlineData(32, 64, 17, 9.708287803e-5)]
    [InlineData(32, 64, 18, 1.946163818e-5)]
    [InlineData(32, 64, 31, 9.418306725e-8)]
    public void Published_models_have_these_frequencies(double factor, int headDim, int j, double expected)
    {
        double actual = RopeFrequencies.Compute(Llama31 with { Factor = factor }, headDim)[j];

        Assert.InRange(actual / expected, 1 - 1e-6, 1 + 1e-6);
    }

    [Theory]
    [InlineData(128, 8, 29, 6)]
    [InlineData(128, 32, 29, 6)]
    [InlineData(64, 32, 15, 3)]
    public void Short_wavelengths_are_kept_and_long_ones_divided(int headDim, double factor, int kept, int blended)
    {
        float[] plain = RopeFrequencies.Compute(new RopeConfig(500000), headDim);
        float[] scaled = RopeFrequencies.Compute(Llama32 with { Factor = factor }, headDim);

        Assert.Equal(plain[..kept], scaled[..kept]);
        Assert.All(
            Enumerable.Range(kept, blended),
            j => Assert.True(scaled[j] < plain[j] && scaled[j] > plain[j] / (float)factor));
        Assert.Equal(plain[(kept + blended)..].Select(f => f / (float)factor), scaled[(kept + blended)..]);
    }

    [Theory]
    [InlineData(10000, 8)]
    [InlineData(500000, 64)]
    [InlineData(1000000, 80)]
    public void Frequencies_are_within_rounding_of_the_formula(double theta, int headDim)
    {
        float[] plain = RopeFrequencies.Compute(new RopeConfig(theta), headDim);
        float[] linear = RopeFrequencies.Compute(new RopeConfig(theta, RopeType.Linear, 4), headDim);

        for (int j = 0; j < headDim / 2; j++)
        {
            // The exponent's rounding, 2⁻²⁵ of at most 1, is magnified by ln theta; the rest is two roundings.
            double tolerance = (Math.Log(theta) / 2 + 2) * Math.Pow(2, -24);
            double exact = Math.Pow(theta, -2.0 * j / headDim);
            Assert.InRange(plain[j] / exact, 1 - tolerance, 1 + tolerance);
            Assert.Equal(plain[j] / 4, linear[j]);
        }
    }

    [Fact]
    public void Odd_head_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RopeFrequencies.Compute(Llama31, 7));
}
