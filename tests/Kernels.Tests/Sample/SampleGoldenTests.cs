namespace Puna.Kernels.Tests;

public class SampleGoldenTests
{
    [Fact]
    public void Probabilities_are_those_of_transformers() => Check(SamplerGolden.Committed(), 54);

    [Fact]
    public void Probabilities_are_those_of_transformers_in_all_reference_data() => Check(SamplerGolden.Shared(), 240);

    private static void Check(IEnumerable<SamplerGolden> cases, int expectedCount)
    {
        int index = 0;
        double worst = 0;
        foreach (SamplerGolden c in cases)
        {
            double[] actual = new double[c.Logits.Length];

            Sample.Probabilities(
                c.Logits, c.Parameters, c.History, c.Bias, new SampleScratch(c.Logits.Length), actual);

            for (int i = 0; i < actual.Length; i++)
            {
                double error = Math.Abs(actual[i] - c.Probabilities[i]);
                Assert.True(
                    error <= 1e-6 && actual[i] > 0 == c.Probabilities[i] > 0 || error <= 1e-12,
                    $"case {index}, {c.Parameters}: token {i} is {actual[i]}, expected {c.Probabilities[i]} ± 1E-06.");
                worst = Math.Max(worst, error);
            }

            index++;
        }

        Assert.Equal(expectedCount, index);
        TestContext.Current.TestOutputHelper?.WriteLine($"largest difference {worst:E2}");
    }
}
