using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Puna.Tools.Measure;

/// <summary>The machine that is measured; null where it does not say.</summary>
/// <param name="Name">The processor, as it calls itself.</param>
/// <param name="Features">Its instructions that matter to products.</param>
/// <param name="Cores">Threads that run at once.</param>
/// <param name="L2Bytes">Second-level cache of a core.</param>
/// <param name="L3Bytes">Third-level cache.</param>
/// <param name="MemoryBytes">Memory that this process may use.</param>
/// <param name="LargePages">Whether the system gives large pages: always, to who asks (madvise), or never.</param>
/// <param name="Load">Threads that were busy in the last minute, when this was asked.</param>
/// <param name="System">Operating system and architecture.</param>
/// <param name="Runtime">The .NET that runs.</param>
internal sealed record Machine(
    string Name, ImmutableArray<string> Features, int Cores, long? L2Bytes, long? L3Bytes, long MemoryBytes, string? LargePages,
    double? Load, string System, string Runtime)
{
    private const string LargePageFile = "/sys/kernel/mm/transparent_hugepage/enabled", LoadFile = "/proc/loadavg";

    /// <summary>This machine.</summary>
    public static Machine Current() => new(
        X86Base.IsSupported ? Brand() : RuntimeInformation.ProcessArchitecture.ToString(),
        [.. FeatureNames()], Environment.ProcessorCount, CacheBytes(2), CacheBytes(3), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        File.Exists(LargePageFile) ? File.ReadAllText(LargePageFile).Split('[', ']') is [_, string chosen, ..] ? chosen : null : null,
        File.Exists(LoadFile) ? double.Parse(File.ReadAllText(LoadFile).Split(' ')[0], CultureInfo.InvariantCulture) : null,
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}", RuntimeInformation.FrameworkDescription);

    /// <summary>Bytes of large pages that this process holds; null where the system does not say.</summary>
    public static long? LargePageBytes()
    {
        const string Rollup = "/proc/self/smaps_rollup";
        string? line = File.Exists(Rollup)
            ? File.ReadLines(Rollup).FirstOrDefault(l => l.StartsWith("AnonHugePages:", StringComparison.Ordinal)) : null;
        return line is null ? null : 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    // CPUID leaves 0x80000002 to 0x80000004
    private static string Brand()
    {
        const int First = unchecked((int)0x80000002);
        StringBuilder text = new();
        for (int leaf = First; leaf < First + 3; leaf++)
        {
            (int a, int b, int c, int d) = X86Base.CpuId(leaf, 0);
            text.Append(Encoding.ASCII.GetString(MemoryMarshal.AsBytes<int>([a, b, c, d])));
        }

        return string.Join(' ', text.ToString().Split([' ', '\0'], StringSplitOptions.RemoveEmptyEntries));
    }

    // leaf 7 of CPUID, Intel SDM volume 2A
    private static IEnumerable<string> FeatureNames()
    {
        if (AdvSimd.IsSupported)
            yield return "AdvSimd";
        if (Avx2.IsSupported && Fma.IsSupported)
            yield return "AVX2";
        if (!Avx512F.IsSupported)
            yield break;
        yield return "AVX-512";
        (int subleaves, _, int ecx, int edx) = X86Base.CpuId(7, 0);
        int eax = subleaves >= 1 ? X86Base.CpuId(7, 1).Eax : 0;
        if ((ecx & 1 << 1) != 0)
            yield return "VBMI";
        if ((ecx & 1 << 11) != 0)
            yield return "VNNI";
        if ((eax & 1 << 5) != 0)
            yield return "BF16";
        if ((edx & 1 << 24) != 0)
            yield return "AMX";
    }

    // CPUID leaf 4, or 0x8000001D where the maker is AMD: the same fields
    private static long? CacheBytes(int level)
    {
        if (!X86Base.IsSupported)
            return null;
        bool isAmd = X86Base.CpuId(0, 0).Ecx == 0x444D4163;   // "cAMD"
        for (int i = 0; i < 8; i++)
        {
            (int a, int b, int c, _) = X86Base.CpuId(isAmd ? unchecked((int)0x8000001D) : 4, i);
            bool isInstructions = (a & 31) == 2;
            if ((a & 31) != 0 && !isInstructions && (a >> 5 & 7) == level)
                return (((uint)b >> 22) + 1L) * ((b >> 12 & 1023) + 1) * ((b & 4095) + 1) * ((uint)c + 1L);   // ways, partitions, line, sets
        }

        return null;
    }
}
