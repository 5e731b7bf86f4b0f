using System.Collections.Immutable;
using Puna.Kernels.Gpu;
using Puna.Tools.KernelChecks;

namespace Puna.Tools.GpuCheck;

/// <summary>
/// How many instructions a product with few rows may issue while weights stream in. At 3.35 TB/s each of an H100's 132
/// multiprocessors takes 2 KiB in 141 clocks, and has 4 issue slots in each.
/// </summary>
internal static class IssueSlots
{
    /// <summary>Issue slots of a multiprocessor while it takes 2 KiB at full bandwidth.</summary>
    public const double PerTwoKibibytes = 566;

    private const int BytesPerLoad = 512;   // a warp's 32 lanes with 16 bytes each

    // SASS instructions per 2 KiB of weights that other implementations of these loops were assembled to, loop overhead included
    private static readonly ImmutableArray<(string Kernel, int Converted, int? Masked)> Plans =
    [
        ("product_f8e4m3", 57, 102), ("product_f8e4m3_f32", 57, 102), ("product_f8e4m3_wide", 68, null),
        ("product_i8", 88, 88), ("product_i8_i8", 22, 22), ("product_i8_i8_wide", 29, 29),
    ];

    /// <summary>What was planned for a kernel; null where nothing was.</summary>
    /// <param name="kernel">Its name.</param>
    /// <param name="arch">The target; those before sm_89 convert FP8 by masks.</param>
    public static int? Planned(string kernel, GpuArch arch)
    {
        foreach ((string name, int converted, int? masked) in Plans)
        {
            if (name == kernel)
                return arch.Runs(GpuArch.Sm89) ? converted : masked;
        }

        return null;
    }

    /// <summary>
    /// What the loop that multiplies needs for 2 KiB of weights, each load of 16 bytes a lane in it being weights; null
    /// without such a loop.
    /// </summary>
    /// <param name="code">The kernel.</param>
    public static double? Reached(SassListing code)
    {
        SassInstruction[]? loop = code.Loops.Select(l => l.Body.Select(i => code.Instructions[i]).ToArray())
            .Where(l => l.Any(i => i.Mnemonic.Contains("MMA.", StringComparison.Ordinal)) && l.Any(IsLoad)).MinBy(l => l.Length);
        return loop is null ? null : 2048.0 * loop.Length / (loop.Count(IsLoad) * BytesPerLoad);
    }

    private static bool IsLoad(SassInstruction instruction) =>
        instruction.Mnemonic.StartsWith("LDG.", StringComparison.Ordinal) && instruction.Mnemonic.Contains(".128", StringComparison.Ordinal);
}
