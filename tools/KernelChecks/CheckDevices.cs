using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Cuda;
using Puna.Kernels.Gpu.Emulator;

namespace Puna.Tools.KernelChecks;

/// <summary>The devices of a check: this machine's GPU, or for each run an emulated one.</summary>
internal sealed class CheckDevices : IDisposable
{
    private readonly CheckOptions _options;
    private readonly CudaGpu? _cuda;

    /// <summary>Opens them.</summary>
    /// <exception cref="DeviceException">A GPU was asked for, and there is none.</exception>
    public CheckDevices(CheckOptions options)
    {
        _options = options;
        _cuda = options.Backend == CheckBackend.Cuda ? Open(options) : null;
    }

    /// <summary>This machine's GPU; null where checks run in the emulator.</summary>
    public IGpu? Hardware => _cuda;

    /// <summary>What the GPU is, or what the emulator poses as when it is not told.</summary>
    public GpuFacts Facts
    {
        get
        {
            if (_cuda is not null)
                return _cuda.Facts;
            using var gpu = new EmulatedGpu(new EmulatorOptions());
            return gpu.Facts;
        }
    }

    /// <summary>What rows call what kernels cannot run on.</summary>
    public string Label => _cuda?.Facts.Arch.ToString() ?? "emulator";

    /// <summary>Whether code for an architecture runs here; the emulator poses as any.</summary>
    public bool Runs(GpuArch arch) => _cuda?.Facts.Arch.Runs(arch) ?? true;

    /// <summary>A device for each run of a kernel; each is valid until the next.</summary>
    /// <param name="arch">What the kernel is written for.</param>
    public IEnumerable<CheckDevice> For(GpuArch arch)
    {
        if (_cuda is not null)
        {
            yield return new CheckDevice("cuda", _cuda, () => []) { GuardBytes = _options.HasExactMemory ? 0 : null };
            yield break;
        }

        foreach (AsyncSchedule schedule in _options.Schedules)
        {
            using var gpu = new EmulatedGpu(new EmulatorOptions
            {
                Arch = arch,
                Schedule = schedule,
                Seed = _options.Seed,
                Checked = _options.IsChecked,
                ShuffleSums = _options.ShuffleSums,
            });
            yield return new CheckDevice(schedule == AsyncSchedule.Late ? "late" : "early", gpu, () => [.. gpu.Reports]);
        }
    }

    /// <summary>Runs a call on each device.</summary>
    /// <param name="arch">What the kernel is written for.</param>
    /// <param name="call">The call.</param>
    public IEnumerable<CheckResult> Run(GpuArch arch, KernelCall call) => For(arch).Select(d => d.Run(call));

    /// <summary>Closes the GPU.</summary>
    public void Dispose() => _cuda?.Dispose();

    private static CudaGpu Open(CheckOptions options) =>
        CudaGpu.Open(options: options.HasExactMemory ? new CudaOptions { ChunkBytes = 0 } : null);
}
