using System.Collections.Immutable;

namespace Puna.Tools.GpuCheck;

/// <summary>Memory bandwidth as vendors' data sheets give it.</summary>
internal static class DataSheet
{
    // by a part of the driver's name; the first that fits
    private static readonly ImmutableArray<(string Name, double GigabytesPerSecond)> Bandwidths =
    [
        ("H200", 4800), ("H100 NVL", 3938), ("H100 PCIe", 2000), ("H100", 3350), ("A100-SXM4-80GB", 2039), ("A100 80GB PCIe", 1935),
        ("A100", 1555), ("L40S", 864), ("RTX 4090", 1008), ("RTX 3090", 936),
    ];

    /// <summary>The bandwidth of a device in GB/s; null where it is not in the table.</summary>
    public static double? Bandwidth(string device)
    {
        foreach ((string name, double bandwidth) in Bandwidths)
        {
            if ($" {device}".Contains($" {name}", StringComparison.OrdinalIgnoreCase))   // H200 is not in GH200
                return bandwidth;
        }

        return null;
    }
}
