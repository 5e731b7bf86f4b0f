using Puna.Kernels;

namespace Puna.Tools.Measure;

/// <summary>What was measured of an op.</summary>
/// <param name="Case">Which.</param>
/// <param name="Timing">How long it took.</param>
/// <param name="Check">Whether it is right.</param>
internal sealed record OpRow(OpCase Case, OpTiming Timing, OpCheck Check)
{
    /// <summary>What the machine needs at least; as long as a call took, until <see cref="Against"/> has said more.</summary>
    public double LeastNanoseconds { get; private init; } = Timing.Least;

    /// <summary>What limits the op.</summary>
    public Bound Bound { get; private init; }

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
    /// <param name="effort">How long.</param>
    public static OpRow Measure(OpCase which, IBackend backend, Machine machine, Effort effort)
    {
        OpRow row = MeasureOnce(which, backend, machine, effort);
        GC.Collect();   // copies of weights are native memory, which the collector does not see
        GC.WaitForPendingFinalizers();
        return row;
    }

    /// <summary>The row beside what the machine can do.</summary>
    public OpRow Against(Roofs roofs, Machine machine)
    {
        (double least, Bound bound) = roofs.Least(Case.Bytes, Case.Flops, Case.Spec.Activations, Case.Home(machine, roofs.Threads));
        return this with { LeastNanoseconds = least, Bound = bound };
    }

    private static OpRow MeasureOnce(OpCase which, IBackend backend, Machine machine, Effort effort)
    {
        OpCall call = which.Prepare();
        OpCheck check = OpCheck.Of(call, backend, which.Tolerance);
        return new OpRow(which, new OpTimer(backend, machine.L3Bytes ?? machine.L2Bytes ?? 0, effort).Time(call, which.Bytes), check);
    }
}
