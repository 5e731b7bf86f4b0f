using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Puna.Kernels;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Bench;

/// <summary>
/// Thread instructions that the emulator executes in a second, on RMSNorm and on the FP8 product with few rows, with every check and
/// without. Other programs on the machine slow the wall clock down, so the rate per second of processor time stands beside it.
/// </summary>
internal static class EmulatorSpeed
{
    private const int Samples = 5;
    private const double SampleSeconds = 1;

    // enough blocks for several cores
    private static readonly ImmutableArray<(string Kernel, ImmutableArray<int> Shape)> Kernels =
        [("rms_norm", [64, 4096]), ("product_f8e4m3", [8, 4096, 256])];

    /// <summary>Prints a table.</summary>
    public static int Run()
    {
        Console.WriteLine($"{Environment.ProcessorCount} cores; load {Load()}; medians of {Samples}; million thread instructions per second\n");
        Console.WriteLine("| kernel | shape | thread instructions | threads | checks | wall clock | least to most | per processor second | bytes allocated per launch |");
        Console.WriteLine("|---|---|--:|--:|---|--:|--:|--:|--:|");
        foreach ((string name, ImmutableArray<int> shape) in Kernels)
        {
            KernelSpec spec = KernelSpec.All.Single(s => s.Name == name);
            KernelCall call = spec.Prepare(shape, GpuArch.Sm90a, new SeededValues(1));
            foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
            {
                foreach (bool isChecked in new[] { true, false })
                    Console.WriteLine(Row(name, shape, call, new EmulatorOptions { Threads = threads, Checked = isChecked }));
            }
        }

        return 0;
    }

    private static string Row(string name, ImmutableArray<int> shape, KernelCall call, EmulatorOptions options)
    {
        using var gpu = new EmulatedGpu(options);
        using var launch = new KernelLaunch(gpu, call);
        using GpuStream stream = gpu.CreateStream();
        Sample(gpu, launch, stream);   // the JIT's share
        int mark = gpu.Reports.Count;
        List<Rates> samples = [.. Enumerable.Range(0, Samples).Select(_ => Sample(gpu, launch, stream))];
        long once = gpu.Reports[mark].Counters.ThreadInstructions;
        double[] wall = [.. samples.Select(s => once / s.Wall / 1e6).Order()], processor = [.. samples.Select(s => once / s.Processor / 1e6).Order()];
        return string.Create(CultureInfo.InvariantCulture,
            $"| {name} | [{string.Join(", ", shape)}] | {once} | {options.Threads} | {(options.Checked ? "all" : "none")} ")
            + string.Create(CultureInfo.InvariantCulture, $"| {wall[Samples / 2]:F0} | {wall[0]:F0} to {wall[^1]:F0} | {processor[Samples / 2]:F0} | {samples[^1].Bytes} |");
    }

    // seconds and bytes of one launch, from as many as take a second
    private static Rates Sample(EmulatedGpu gpu, KernelLaunch launch, GpuStream stream)
    {
        using var self = Process.GetCurrentProcess();
        TimeSpan before = self.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp(), bytes = GC.GetTotalAllocatedBytes(precise: true);
        int launches = 0;
        do
        {
            launch.Queue(stream);
            gpu.Synchronize(stream);
            launches++;
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < SampleSeconds);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        self.Refresh();
        return new Rates(seconds / launches, (self.TotalProcessorTime - before).TotalSeconds / launches, bytes / launches);
    }

    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "not known";

    /// <summary>What one launch took.</summary>
    /// <param name="Wall">Seconds on the clock.</param>
    /// <param name="Processor">Seconds of all cores.</param>
    /// <param name="Bytes">Bytes allocated.</param>
    private readonly record struct Rates(double Wall, double Processor, long Bytes);
}
