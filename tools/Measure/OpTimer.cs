using System.Collections.Immutable;
using System.Diagnostics;
using Puna.Kernels;

namespace Puna.Tools.Measure;

/// <summary>How long a call takes.</summary>
/// <param name="Samples">Nanoseconds of a call, in the order of measuring; each the mean of <paramref name="CallsPerSample"/> calls.</param>
/// <param name="CallsPerSample">Calls between two looks at the clock.</param>
/// <param name="Copies">Copies of what is streamed, which calls take turns with.</param>
/// <param name="Stop">Why sampling ended: <c>time</c>, or <c>time-out</c> before there were samples enough.</param>
internal sealed record OpTiming(ImmutableArray<double> Samples, int CallsPerSample, int Copies, string Stop)
{
    private readonly double[] _sorted = [.. Samples.Order()];

    /// <summary>The fastest sample.</summary>
    public double Least => _sorted[0];

    /// <summary>Half of the samples are faster.</summary>
    public double Median => At(0.5);

    /// <summary>A share of the samples is faster.</summary>
    public double At(double share)
    {
        double place = share * (_sorted.Length - 1);
        int below = (int)place;
        double above = _sorted[Math.Min(below + 1, _sorted.Length - 1)];
        return _sorted[below] + (place - below) * (above - _sorted[below]);
    }
}

/// <summary>
/// Times calls of ops. What an op streams (weights, a cache of keys) lies in so many copies that together they exceed the
/// third-level cache eightfold, and calls take turns with them: as in a model, whose other layers come between.
/// </summary>
/// <param name="backend">Computes.</param>
/// <param name="cacheBytes">The third-level cache.</param>
/// <param name="effort">How long.</param>
internal sealed class OpTimer(IBackend backend, long cacheBytes, Effort effort)
{
    private const double LeastSampleNanoseconds = 50_000;   // a thousand times what a look at the clock takes
    private const int MostCopies = 512, CachesPassed = 8, MostCallsPerSample = 10_000;

    /// <summary>A call, and the same on as many copies of what it streams as it takes to find none of it in the caches.</summary>
    /// <param name="call">The call.</param>
    /// <param name="backend">Will run it.</param>
    /// <param name="bytes">Bytes that it reads and writes.</param>
    /// <param name="cacheBytes">The third-level cache.</param>
    public static List<OpCall> Copies(OpCall call, IBackend backend, long bytes, long cacheBytes)
    {
        List<OpCall> calls = [call];
        long wanted = Math.Min(MostCopies, (CachesPassed * cacheBytes / Math.Max(1, bytes)) + 1);
        while (call.Copy is not null && calls.Count < wanted)
            calls.Add(call.Copy(backend));
        return calls;
    }

    /// <summary>Times a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="bytes">Bytes that it reads and writes.</param>
    public OpTiming Time(OpCall call, long bytes)
    {
        Action<IBackend>[] runs = [.. Copies(call, backend, bytes, cacheBytes).Select(c => c.Again ?? c.Run)];
        int next = 0, perSample = (int)Math.Clamp(LeastSampleNanoseconds / WarmUp(runs, ref next), 1, MostCallsPerSample);

        List<double> samples = [];
        long start = Stopwatch.GetTimestamp();
        TimeSpan spent = TimeSpan.Zero;
        while ((samples.Count < effort.LeastSamples || spent < effort.OpTime) && (spent < effort.MostTime || samples.Count == 0))
        {
            samples.Add(Sample(runs, perSample, ref next) / perSample);
            spent = Stopwatch.GetElapsedTime(start);
        }

        return new OpTiming([.. samples], perSample, runs.Length,
            samples.Count < effort.LeastSamples ? "time-out" : "time");
    }

    // until the compiler has done with what runs often; the fastest call, in nanoseconds
    private double WarmUp(Action<IBackend>[] runs, ref int next)
    {
        long start = Stopwatch.GetTimestamp();
        double least = double.PositiveInfinity;
        for (int i = 0; i < effort.LeastSamples && Stopwatch.GetElapsedTime(start) < effort.OpTime; i++)
            least = Math.Min(least, Sample(runs, 1, ref next));
        while (Stopwatch.GetElapsedTime(start) < effort.OpTime / 3)
            least = Math.Min(least, Sample(runs, 1, ref next));
        return least;
    }

    private double Sample(Action<IBackend>[] runs, int count, ref int next)
    {
        long before = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++)
        {
            runs[next](backend);
            next = next + 1 == runs.Length ? 0 : next + 1;
        }

        return Stopwatch.GetElapsedTime(before).TotalNanoseconds;
    }
}
