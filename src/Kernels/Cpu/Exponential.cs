using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Puna.Kernels.Cpu;

/// <summary>eˣ of sixteen lanes: the same bits on every machine, about twice as fast as the framework's.</summary>
internal static class Exponential
{
    private const float Log2OfE = 1.4426950216293335f;
    private const float Ln2High = 0.693145751953125f, Ln2Low = 1.428606765330187e-06f;   // together ln 2; n · high is exact
    private const float Rounder = 12_582_912;   // 1.5 · 2²³: a number that is added to it is rounded to an integer

    /// <summary>
    /// eˣ within two units in the last place where it is normal; 0 below 2⁻¹²⁶, ∞ from 2¹²⁷·⁵ on. x = n ln 2 + r, and eʳ is a polynomial through the
    /// Chebyshev nodes of |r| ≤ ln 2 / 2 (0.2 roundings). NaN gives a number: whoever may have one multiplies by it as well.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        x = Vector512.MinNative(Vector512.MaxNative(x, Vector512.Create(-88f)), Vector512.Create(89f));   // n is −127 to 128
        Vector512<float> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2OfE), Vector512.Create(Rounder));
        Vector512<float> n = shifted - Vector512.Create(Rounder);
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);

        Vector512<float> q = Vector512.Create(0.0013926184037700295f);
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.008363178931176662f));
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.041666556149721146f));
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.16666576266288757f));
        q = Vector512.FusedMultiplyAdd(q, r, Vector512.Create(0.5f));
        Vector512<float> power = Vector512.FusedMultiplyAdd(q, r * r, r) + Vector512<float>.One;

        // n sits in the lowest bits of the shifted number: as an exponent it makes 2ⁿ, 0 for −127 and ∞ for 128
        return power * ((shifted.AsInt32() << 23) + Vector512.Create(127 << 23)).AsSingle();
    }
}
