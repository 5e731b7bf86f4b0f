using System.Runtime.Intrinsics;

namespace Puna.Kernels.Tests;

public class AttentionExp2Tests
{
    [Fact]
    public void A_power_of_two_is_as_near_as_its_summary_says()
    {
        double largest = 0;
        for (int i = 0; i <= 1 << 20; i++)
        {
            float x = 1 - i * (127f / (1 << 20));
            double expected = Math.Pow(2, x);
            largest = Math.Max(largest, Math.Abs(Kernels.Attention.Exp2(Vector512.Create(x))[3] - expected) / expected);
        }

        Assert.InRange(largest, 1e-9, 1.2e-7);
    }

    [Fact]
    public void Ends_of_the_range_are_exact()
    {
        Assert.Equal(1, At(0));
        Assert.Equal(0, At(float.NegativeInfinity));
        Assert.Equal(0, At(-127));
        Assert.Equal(0, At(-1e30f));
        Assert.InRange(At(-126.5f), 0, 1.2e-38f);
        Assert.True(float.IsNaN(At(float.NaN)));

        static float At(float x) => Kernels.Attention.Exp2(Vector512.Create(x))[7];
    }
}
