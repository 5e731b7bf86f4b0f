namespace Puna.Kernels.Gpu;

/// <summary>Runs calls on a device and compares what comes out: the one judge of kernels, emulated or not.</summary>
public static class KernelRunner
{
    /// <summary>Launches a call once and compares each of its expected outputs.</summary>
    /// <param name="gpu">The device.</param>
    /// <param name="call">The call.</param>
    /// <param name="guardBytes">As in <see cref="KernelLaunch"/>.</param>
    /// <param name="after">Looks at the buffers after the comparison; null for nothing.</param>
    /// <exception cref="DeviceException">The device refuses the code, or the launch failed.</exception>
    /// <exception cref="OutOfCapacityException">The device has too little memory.</exception>
    public static KernelOutcome Run(IGpu gpu, KernelCall call, int? guardBytes = null, Action<KernelLaunch>? after = null)
    {
        using var launch = new KernelLaunch(gpu, call, guardBytes);
        using GpuStream stream = gpu.CreateStream();
        launch.Queue(stream);
        gpu.Synchronize(stream);
        KernelOutcome outcome = Compare(launch, call);
        after?.Invoke(launch);
        return outcome;
    }

    /// <summary>Compares what a call's buffers hold after its launch.</summary>
    /// <param name="launch">The call on its device; nothing is queued.</param>
    /// <param name="call">The call.</param>
    public static KernelOutcome Compare(KernelLaunch launch, KernelCall call) => new(
        [.. call.Expected.Select(e => OutputOutcome.Of(e, launch.Read(e.Buffer, e.Values.Length)))], launch.FindDamage(), launch.Report);
}
