using System.Collections.Immutable;
using Puna.Kernels;

namespace Puna.Tools.Measure;

/// <summary>What limits an op.</summary>
internal enum Bound
{
    /// <summary>Reading from memory.</summary>
    Memory,

    /// <summary>Reading from the third-level cache.</summary>
    L3,

    /// <summary>Reading from the second-level caches.</summary>
    L2,

    /// <summary>Arithmetic.</summary>
    Arithmetic,
}

/// <summary>
/// What the machine can do at most, measured on it: gigabytes per second, and 10⁹ operations per second; null where the
/// machine lacks the instruction or the cache.
/// </summary>
/// <param name="Threads">How many are "all".</param>
/// <param name="Read">Reading memory far larger than the caches.</param>
/// <param name="Copy">Bytes read and written by copying it.</param>
/// <param name="L3Read">Reading what fits the third-level cache.</param>
/// <param name="L2Read">Reading what fits the second-level caches.</param>
/// <param name="F32">Fused multiply-adds, counted as two operations.</param>
/// <param name="BF16">Dot products of BF16 pairs.</param>
/// <param name="I8">Dot products of four bytes.</param>
/// <param name="PageKind">Pages that the memory lay in, as far as the system says.</param>
internal sealed record Roofs(
    int Threads, Peak Read, Peak Copy, Peak? L3Read, Peak? L2Read, Peak F32, Peak? BF16, Peak? I8, string PageKind)
{
    /// <summary>The better of two measurements, roof by roof: others on the machine make one slower, and nothing makes one faster.</summary>
    public static Roofs Best(Roofs a, Roofs b) => a with
    {
        Read = Best(a.Read, b.Read) ?? a.Read,
        Copy = Best(a.Copy, b.Copy) ?? a.Copy,
        L3Read = Best(a.L3Read, b.L3Read),
        L2Read = Best(a.L2Read, b.L2Read),
        F32 = Best(a.F32, b.F32) ?? a.F32,
        BF16 = Best(a.BF16, b.BF16),
        I8 = Best(a.I8, b.I8),
    };

    /// <summary>The least time that the machine needs for a call, in nanoseconds, and what limits it.</summary>
    /// <param name="bytes">Bytes to be read and written at least.</param>
    /// <param name="flops">Operations.</param>
    /// <param name="activations">What products multiply.</param>
    /// <param name="cache">Where the bytes lie.</param>
    public (double Nanoseconds, Bound Bound) Least(long bytes, long flops, ActivationType activations, Bound cache)
    {
        double bandwidth = (cache switch { Bound.L2 => L2Read, Bound.L3 => L3Read, _ => Read } ?? Read).All;
        double moving = bytes / bandwidth, computing = flops / PeakOf(activations).All;
        return computing > moving ? (computing, Bound.Arithmetic) : (moving, cache);
    }

    /// <summary>The arithmetic roof for activations of a type; machines without the instruction multiply F32.</summary>
    public Peak PeakOf(ActivationType activations) => activations switch
    {
        ActivationType.BF16 => BF16,
        ActivationType.I8 => I8,
        _ => F32,
    } ?? F32;

    /// <summary>The roofs as lines of a table: name, one thread, all threads, unit.</summary>
    public ImmutableArray<(string Name, Peak? Peak, string Unit)> Lines() =>
    [
        ("memory, read", Read, "GB/s"), ("memory, copy", Copy, "GB/s"), ("L3, read", L3Read, "GB/s"), ("L2, read", L2Read, "GB/s"),
        ("F32 multiply-add", F32, "Gop/s"), ("BF16 dot product", BF16, "Gop/s"), ("INT8 dot product", I8, "Gop/s"),
    ];

    private static Peak? Best(Peak? a, Peak? b) =>
        a is null || b is null ? null : new Peak(Math.Max(a.One, b.One), Math.Max(a.All, b.All));
}
