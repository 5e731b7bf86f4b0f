using Puna.Kernels;
using Xunit;

namespace Puna.TestKit;

/// <summary>Assertions over tensors and rows that name the element, the expectation and the tolerance.</summary>
public static class KernelAssert
{
    /// <summary>Every element is within <paramref name="tolerance"/> of what is expected; returns the largest difference.</summary>
    public static double Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)actual[i] - expected[i]);
            if (!(difference <= tolerance))
            {
                Assert.Fail($"{what}: element {i} of {expected.Length} is {actual[i]:R}, "
                    + $"expected {expected[i]:R} ± {tolerance:G3}.");
            }

            largest = Math.Max(largest, difference);
        }

        return largest;
    }

    /// <summary>Every element has the bits of what is expected.</summary>
    public static void SameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]))
                Assert.Fail($"{what}: element {i} of {expected.Length} is {actual[i]:R}, expected exactly {expected[i]:R}.");
        }
    }

    /// <summary>All elements of a tensor, widened to F32.</summary>
    public static float[] Values(Tensor tensor)
    {
        float[] values = new float[tensor.Length];
        for (long r = 0; r < tensor.Rows; r++)
            tensor.CopyRow(r, values.AsSpan((int)(r * tensor.Cols), (int)tensor.Cols));

        return values;
    }
}
