using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Emulator;
using Puna.TestKit;
using Puna.Tools.KernelChecks;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>A kernel of <c>goldens/ptx</c>, or of a folder like it, with its inputs and expected outputs.</summary>
internal sealed class GoldenKernel
{
    private readonly GpuArch _arch;
    private readonly KernelCall _call;

    private GoldenKernel(ManifestKernel kernel) => (_arch, _call) = (kernel.Arch, kernel.Load());

    public string Text => _call.Kernel.Ptx!; // a manifest's kernels are text

    public string Entry => _call.Kernel.Entry;

    public static IEnumerable<string> Names() => Names(Path.Combine(Goldens.Repository, "..", "shared", "goldens", "ptx"));

    /// <summary>Names in a folder's manifest; none where there is no folder.</summary>
    public static IEnumerable<string> Names(string folder)
    {
        string file = Path.Combine(folder, "kernels.json");
        return File.Exists(file) ? KernelManifest.Read(file).Kernels.Select(k => k.Name) : [];
    }

    public static GoldenKernel Read(string name) => Read(Goldens.Shared("goldens/ptx"), name);

    public static GoldenKernel Read(string folder, string name) =>
        new(KernelManifest.Read(Path.Combine(folder, "kernels.json")).Kernels.Single(k => k.Name == name));

    /// <summary>Runs it and says what is wrong with the outputs: nothing where all is well.</summary>
    public (LaunchReport Report, ImmutableArray<string> Wrong) Run(EmulatorOptions options)
    {
        using var gpu = new EmulatedGpu(options with { Arch = _arch });
        KernelOutcome outcome = KernelRunner.Run(gpu, _call);
        return (Assert.Single(gpu.Reports), outcome.Problem(Entry) is { } problem ? [problem] : []);
    }
}
