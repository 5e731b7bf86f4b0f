using System.Collections.Immutable;
using Puna.Kernels;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Tools.KernelChecks;

/// <summary>A device that runs one check.</summary>
/// <param name="Label">What rows call it: the emulator's schedule, or <c>cuda</c>.</param>
/// <param name="Gpu">The device.</param>
/// <param name="Launches">What the emulator has found so far; none on hardware.</param>
internal sealed record CheckDevice(string Label, IGpu Gpu, Func<ImmutableArray<LaunchReport>> Launches)
{
    /// <summary>As in <see cref="KernelLaunch"/>.</summary>
    public int? GuardBytes { get; init; }

    /// <summary>Runs a call and says what came of it; failures of kernel and device are part of the result.</summary>
    /// <param name="call">The call.</param>
    /// <param name="after">Looks at the buffers after the launch; null for nothing but the comparison.</param>
    public CheckResult Run(KernelCall call, Action<KernelLaunch>? after = null)
    {
        KernelOutcome? outcome = null;
        string? failure = null;
        try
        {
            outcome = KernelRunner.Run(Gpu, call, GuardBytes, after);
        }
        catch (Exception e) when (e is DeviceException or OutOfCapacityException or ArgumentException)   // the last: arguments that the kernel has not
        {
            failure = e.Message;
        }

        return new CheckResult(Label, outcome, failure, Launches());
    }
}

/// <summary>What a check gave.</summary>
/// <param name="Label">What it ran on.</param>
/// <param name="Outcome">How the outputs compare; null where the launch failed.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="Launches">What the emulator found.</param>
internal sealed record CheckResult(
    string Label, KernelOutcome? Outcome, string? Failure, ImmutableArray<LaunchReport> Launches)
{
    /// <summary>The outputs are as expected, and there is no report.</summary>
    public bool IsRight => Outcome is { IsRight: true } && !Reports.Any();

    /// <summary>What the emulator counted; null on hardware.</summary>
    public Counters? Counters => Launches is [LaunchReport launch, ..] ? launch.Counters : null;

    /// <summary>Mistakes that the emulator saw.</summary>
    public IEnumerable<Finding> Reports => Launches.SelectMany(l => l.Reports);

    /// <summary>What the emulator saw and no output depends on.</summary>
    public IEnumerable<Finding> Notes => Launches.SelectMany(l => l.Notes);

    /// <summary>What is wrong, a sentence a line; nothing for a kernel that is right.</summary>
    /// <param name="what">The kernel, with its shape.</param>
    public IEnumerable<string> Problems(string what)
    {
        if (Failure is not null)
            yield return $"{what}: {Failure}";
        if (Outcome?.Problem(what) is { } problem)
            yield return problem;
        foreach (Finding report in Reports)
            yield return $"{what}: {report}";
    }
}
