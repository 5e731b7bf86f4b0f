using System.Collections.Concurrent;
using System.Collections.Immutable;
using Puna.Kernels.Gpu;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>What the tests of all kernels share.</summary>
internal static class KernelSpecs
{
    /// <summary>Inputs of specs are made from this seed.</summary>
    public const int Seed = 1;

    /// <summary>The spec of a name.</summary>
    public static KernelSpec Find(string name) => KernelSpec.All.Single(s => s.Name == name);

    private static readonly ConcurrentDictionary<(string Spec, string Shape, GpuArch Arch), Lazy<KernelCall>> Calls = [];

    /// <summary>A call of a spec, made once: its expected outputs may cost more than the kernel.</summary>
    public static KernelCall Prepare(KernelSpec spec, ImmutableArray<int> shape, GpuArch arch) => Calls.GetOrAdd(
        (spec.Name, Name(shape), arch), _ => new(() => spec.Prepare(shape, arch, new SeededValues(Seed)))).Value;

    /// <summary>The texts of a kernel for all its shapes, each once, with the first shape that has it.</summary>
    public static IEnumerable<(string Shape, string Ptx)> Texts(KernelSpec spec, GpuArch arch) =>
        spec.Shapes.Select(s => (Shape: Name(s), Prepare(spec, s, arch).Kernel.Ptx!)).DistinctBy(t => t.Item2);   // specs write text

    /// <summary>As in <c>[3, 31]</c>.</summary>
    public static string Name(ImmutableArray<int> shape) => $"[{string.Join(", ", shape)}]";
}
