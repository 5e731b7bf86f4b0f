using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Puna.Kernels;
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
    private const int Rounds = 4096;

    /// <summary>Nothing was measured.</summary>
    public static Roofs NotMeasured { get; } = new(null, null, null, null, null);

    /// <summary>Measures them.</summary>
    public static Roofs Measure(IGpu gpu)
    {
        var timer = new KernelTimer(gpu);
        (KernelCall copy, long bytes) = Stream(gpu.Facts, writes: true);
        (KernelCall read, _) = Stream(gpu.Facts, writes: false);
        return new Roofs(2 * bytes / timer.Time(copy).MedianMicroseconds / 1e3, bytes / timer.Time(read).MedianMicroseconds / 1e3,
            Rate(timer, Products(gpu.Facts, isWgmma: false, Rounds)),
            gpu.Facts.Arch.Runs(GpuArch.Sm90a) ? Rate(timer, Products(gpu.Facts, isWgmma: true, Rounds)) : null,
            DataSheet.Bandwidth(gpu.Facts.Name));
    }

    /// <summary>A call that multiplies random BF16 numbers, and its operations.</summary>
    /// <param name="facts">The device.</param>
    /// <param name="isWgmma">By wgmma, on sm_90a; otherwise by mma.sync.</param>
    /// <param name="rounds">Rounds of the loop.</param>
    public static (KernelCall Call, long Flops) Products(GpuFacts facts, bool isWgmma, int rounds)
    {
        int blocks = 2 * facts.MultiprocessorCount, threads = isWgmma ? RoofKernels.WarpgroupThreads : RoofKernels.Threads;
        GpuKernel kernel = isWgmma ? RoofKernels.Wgmma(GpuArch.Sm90a) : RoofKernels.Mma(facts.Arch);
        long perRound = isWgmma
            ? 2L * 64 * RoofKernels.WgmmaColumns * 16 * RoofKernels.WgmmaSteps
            : 2L * 16 * 8 * 16 * RoofKernels.Tiles * (threads / 32);
        int words = isWgmma ? RoofKernels.WgmmaWords : threads * RoofKernels.MmaWords;
        Tensor values = new SeededValues(1).Normal(DType.BF16, 1, 2 * words);
        return (new KernelCall(kernel, blocks,
            [
                new("x", ArgumentKind.Buffer, MemoryMarshal.AsBytes(values.Row<ushort>(0)).ToArray()),
                new("y", ArgumentKind.Buffer, default, 4L * blocks * threads),
                new("rounds", ArgumentKind.Scalar, BitConverter.GetBytes(rounds)),
            ], []), perRound * rounds * blocks);
    }

    private static double Rate(KernelTimer timer, (KernelCall Call, long Flops) work) =>
        work.Flops / timer.Time(work.Call, mostCopies: 1).MedianMicroseconds / 1e6;

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
