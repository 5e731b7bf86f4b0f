using System.Collections.Concurrent;
using Puna.Kernels.Gpu;
using Puna.TestKit;
using Puna.Tools.KernelChecks;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>
/// NVIDIA's assembler and disassembler, where they can be had: they need no GPU. A test that uses them is skipped with
/// the reason where they cannot.
/// </summary>
internal static class Ptxas
{
    private static readonly Lazy<Assembler?> Found = new(() => PtxasFile.Path is { } path ? new Assembler(path) : null);
    private static readonly ConcurrentDictionary<(string Text, GpuArch Arch), Lazy<Assembled>> Done = [];

    /// <summary>Assembles a kernel for an architecture; a text that was assembled before is not assembled again.</summary>
    public static Assembled Assemble(string ptx, GpuArch arch)
    {
        Assert.SkipWhen(Found.Value is null, $"skipped: {PtxasFile.Reason}");
        return Done.GetOrAdd((ptx, arch), key => new(() => Found.Value!.Assemble(key.Text, key.Arch))).Value;   // not null: skipped above
    }
}
