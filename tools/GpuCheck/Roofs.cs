using System.Security.Cryptography;
using Puna.Kernels.Gpu;

namespace Puna.Tools.GpuCheck;

/// <summary>What the device can do at most, measured on it; null where it was not measured.</summary>
/// <param name="CopyGigabytesPerSecond">Bytes read and written by a copy of buffers far larger than the cache.</param>
/// <param name="ReadGigabytesPerSecond">Bytes read, nothing written.</param>
/// <param name="MmaTeraflops">BF16 products by mma.sync on registers alone.</param>
/// <param name="WgmmaTeraflops">BF16 products by wgmma on shared memory alone.</param>
/// <param name="DataSheetGigabytesPerSecond">The vendor's memory bandwidth.</param>
internal sealed record Roofs(
    double? CopyGigabytesPerSecond, double? ReadGigabytesPerSecond, double? MmaTeraflops, double? WgmmaTeraflops,
    double? DataSheetGigabytesPerSecond)
{
    /// <summary>Nothing was measured.</summary>
    public static Roofs NotMeasured { get; } = new(null, null, null, null, null);

    /// <summary>Measures them.</summary>
    public static Roofs Measure(IGpu gpu)
    {
        var timer = new KernelTimer(gpu);
        (KernelCall copy, long bytes) = Stream(gpu.Facts, writes: true);
        (KernelCall read, _) = Stream(gpu.Facts, writes: false);
        return new Roofs(2 * bytes / timer.Time(copy).MedianMicroseconds / 1e3, bytes / timer.Time(read).MedianMicroseconds / 1e3,
            null, null, DataSheet.Bandwidth(gpu.Facts.Name));
    }

    /// <summary>A call that copies or reads a buffer of eight times the second-level cache, of random bytes.</summary>
    /// <param name="facts">The device.</param>
    /// <param name="writes">Whether it copies.</param>
    public static (KernelCall Call, long Bytes) Stream(GpuFacts facts, bool writes)
    {
        int blocks = 8 * facts.MultiprocessorCount;
        long round = (long)blocks * RoofKernels.Threads * RoofKernels.BytesPerRound;
        long bytes = Math.Max(1, 8 * facts.L2Bytes / round) * round;
        byte[] data = RandomNumberGenerator.GetBytes((int)bytes);
        KernelArgument x = new("x", ArgumentKind.Buffer, data);
        KernelArgument y = new("y", ArgumentKind.Buffer, default, writes ? bytes : blocks * RoofKernels.Threads * 4);
        KernelArgument count = new("count", ArgumentKind.Scalar, BitConverter.GetBytes((uint)(bytes / 16)));
        return (new KernelCall(writes ? RoofKernels.Copy(facts.Arch) : RoofKernels.Read(facts.Arch), blocks, [x, y, count],
            writes ? [new ExpectedOutput("y", NumberFormat.U8, data, 0, 0)] : []), bytes);
    }
}
