using System.Collections.Immutable;
using System.IO.Enumeration;
using Puna.Tools.KernelChecks;

namespace Puna.Tools.GpuCheck;

/// <summary>What one run of <c>gpu-check</c> is to do.</summary>
internal sealed record CheckPlan
{
    /// <summary>The device, and how the emulator works.</summary>
    public required CheckOptions Options { get; init; }

    /// <summary>Nothing new begins after this time.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>A kernel's name, with wildcards; null for all.</summary>
    public string? Only { get; init; }

    /// <summary>Manifests to run beside the library's own kernels.</summary>
    public ImmutableArray<KernelManifest> Manifests { get; init; } = [];

    /// <summary>Assembles each kernel offline too; null for not.</summary>
    public Assembler? Assembler { get; init; }

    /// <summary>Only the library's own kernels, on small shapes.</summary>
    public bool IsSpecsOnly { get; init; }

    /// <summary>The command as it was typed, for the report.</summary>
    public required string Command { get; init; }

    /// <summary>Whether the device is hardware.</summary>
    public bool IsHardware => Options.Backend == CheckBackend.Cuda;

    /// <summary>Whether a kernel is asked for.</summary>
    public bool Wants(string name) => Only is null || FileSystemName.MatchesSimpleExpression(Only, name, ignoreCase: false);
}
