using System.Runtime.Intrinsics;
using Puna.Kernels.Cpu;

namespace Puna.Kernels.Tests.Cpu;

public class ExponentialTests
{
    [Fact]
    public void It_is_within_two_units_in_the_last_place_where_the_result_is_normal()
    {
        double worst = 0;
        for (int i = 0; i <= 1_000_000; i++)
        {
            float x = -87.3f + i * (175.6f / 1_000_000);
            double exact = Math.Exp(x);
            worst = Math.Max(worst, Math.Abs(Of(x) - exact) / Math.ScaleB(1, Math.ILogB(exact) - 23));
        }

        Assert.InRange(worst, 0.5, 2);
    }

    [Theory]
    [InlineData(0, 1), InlineData(-0f, 1), InlineData(-89, 0), InlineData(-1e30f, 0), InlineData(float.NegativeInfinity, 0)]
    [InlineData(89, float.PositiveInfinity), InlineData(1e30f, float.PositiveInfinity), InlineData(float.PositiveInfinity, float.PositiveInfinity)]
    public void Ends_and_zero_are_exact(float x, float expected) => Assert.Equal(expected, Of(x));

    [Fact]
    public void A_lane_does_not_depend_on_the_others()
    {
        Vector512<float> x = Vector512.Create(0, 1, -1, 88, -87, 1e-30f, 3.5f, -12, 1e30f, -1e30f, 0.1f, float.NaN, 20, -20, 5, -5);

        for (int lane = 0; lane < Vector512<float>.Count; lane++)
            Assert.Equal(Of(x[lane]), Exponential.Exp(x)[lane]);
    }

    private static float Of(float x) => Exponential.Exp(Vector512.Create(x))[0];
}
