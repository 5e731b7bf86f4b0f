using System.Collections.Immutable;
using Puna.Kernels.Gpu;

namespace Puna.Tools.GpuCheck;

/// <summary>How long a launch takes.</summary>
/// <param name="MedianMicroseconds">Median of the samples.</param>
/// <param name="LeastMicroseconds">The fastest sample.</param>
/// <param name="MostMicroseconds">The slowest sample.</param>
/// <param name="Samples">How many; each is the mean of a graph of launches.</param>
/// <param name="LaunchesPerSample">Launches of that graph.</param>
/// <param name="Copies">Sets of buffers that the launches take turns with.</param>
/// <param name="IsCold">Whether the copies together exceed four times the second-level cache.</param>
internal sealed record Timing(
    double MedianMicroseconds, double LeastMicroseconds, double MostMicroseconds, int Samples, int LaunchesPerSample, int Copies,
    bool IsCold);

/// <summary>
/// Times launches with events around a graph of many of them, so that launch latency stays outside, over copies of the
/// buffers, so that no launch finds its data in the cache.
/// </summary>
/// <param name="gpu">The device.</param>
internal sealed class KernelTimer(IGpu gpu)
{
    private const int SampleCount = 15;
    private const double SampleMicroseconds = 20_000;

    /// <summary>Times a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="mostCopies">Copies of the buffers at most.</param>
    public Timing Time(KernelCall call, int mostCopies = 256)
    {
        using var first = new KernelLaunch(gpu, call, guardBytes: 0);
        List<KernelLaunch> copies = [first];
        try
        {
            long bytes = Math.Max(1, first.Bytes), enough = 4 * gpu.Facts.L2Bytes;
            long wanted = Math.Min(mostCopies, (enough / bytes) + 1);
            while (copies.Count < wanted)
                copies.Add(first.Duplicate());
            return Time(copies, copies.Count * bytes > enough);
        }
        finally
        {
            foreach (KernelLaunch copy in copies.Skip(1))
                copy.Dispose();
        }
    }

    private Timing Time(List<KernelLaunch> copies, bool isCold)
    {
        using GpuStream stream = gpu.CreateStream();
        foreach (KernelLaunch copy in copies)   // the first launch of a function loads it, which a recording must not
            copy.Queue(stream);
        gpu.Synchronize(stream);
        double once;
        using (GpuGraph round = Record(copies, copies.Count, stream))
            once = Sample(round, stream) / copies.Count;
        int launches = (int)Math.Clamp(SampleMicroseconds / Math.Max(once, 0.1), copies.Count, 4096);
        using GpuGraph graph = Record(copies, launches, stream);
        Sample(graph, stream);   // the clock rises
        ImmutableArray<double> samples = [.. Enumerable.Range(0, SampleCount).Select(_ => Sample(graph, stream) / launches).Order()];
        return new Timing(samples[SampleCount / 2], samples[0], samples[^1], SampleCount, launches, copies.Count, isCold);
    }

    private GpuGraph Record(List<KernelLaunch> copies, int launches, GpuStream stream)
    {
        gpu.BeginCapture(stream);
        for (int i = 0; i < launches; i++)
            copies[i % copies.Count].Queue(stream);
        return gpu.EndCapture(stream);
    }

    private double Sample(GpuGraph graph, GpuStream stream)
    {
        using GpuEvent start = gpu.CreateEvent(), finish = gpu.CreateEvent();
        gpu.Record(start, stream);
        gpu.Launch(graph, stream);
        gpu.Record(finish, stream);
        return gpu.Elapsed(start, finish).TotalMicroseconds;
    }
}
