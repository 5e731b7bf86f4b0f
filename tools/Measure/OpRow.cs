using Puna.Kernels;

namespace Puna.Tools.Measure;

/// <summary>What was measured of an op.</summary>
/// <param name="Case">Which.</param>
/// <param name="Timing">How long it took.</param>
/// <param name="Check">Whether it is right.</param>
/// <param name="LeastNanoseconds">What the machine needs at least.</param>
/// <param name="Bound">What limits it.</param>
internal sealed record OpRow(OpCase Case, OpTiming Timing, OpCheck Check, double LeastNanoseconds, Bound Bound)
{
    /// <summary>Gigabytes per second, by the median.</summary>
    public double GigabytesPerSecond => Case.Bytes / Timing.Median;

    /// <summary>10⁹ operations per second, by the median.</summary>
    public double GigaopsPerSecond => Case.Flops / Timing.Median;

    /// <summary>Share of the roof that binds, by the median.</summary>
    public double PercentOfRoof => 100 * LeastNanoseconds / Timing.Median;

    /// <summary>Share of the roof that binds, by the fastest sample.</summary>
    public double BestPercentOfRoof => 100 * LeastNanoseconds / Timing.Least;

    /// <summary>Where the bytes of a call lie before it.</summary>
    public string Data => Case.Spec.IsStreaming ? "cold" : "warm";

    /// <summary>Measures a case.</summary>
    /// <param name="which">The case.</param>
    /// <param name="backend">Computes.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="roofs">Its roofs.</param>
    /// <param name="effort">How long.</param>
    public static OpRow Measure(OpCase which, IBackend backend, Machine machine, Roofs roofs, Effort effort)
    {
        OpRow row = MeasureOnce(which, backend, machine, roofs, effort);
        GC.Collect();   // copies of weights are native memory, which the collector does not see
        GC.WaitForPendingFinalizers();
        return row;
    }

    private static OpRow MeasureOnce(OpCase which, IBackend backend, Machine machine, Roofs roofs, Effort effort)
    {
        OpCall call = which.Prepare();
        OpCheck check = OpCheck.Of(call, backend, which.Tolerance);
        OpTiming timing = new OpTimer(backend, machine.L3Bytes ?? machine.L2Bytes ?? 0, effort).Time(call, which.Bytes);
        (double least, Bound bound) = roofs.Least(which.Bytes, which.Flops, which.Spec.Activations, which.Home(machine, roofs.Threads));
        return new OpRow(which, timing, check, least, bound);
    }
}
