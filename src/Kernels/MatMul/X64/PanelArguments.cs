using System.Runtime.InteropServices;

namespace Puna.Kernels;

/// <summary>
/// What a panel kernel is called with: groups of panels times a run of row tiles of one size. Panels of a group take turns
/// within each segment, so that the segment's activations stay in a cache.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PanelArguments
{
    /// <summary>The group's first panel; the next follow it. The kernel advances it from group to group.</summary>
    public byte* Weights;

    /// <summary>Bytes of a panel.</summary>
    public long PanelBytes;

    /// <summary>Groups, at least 1; the kernel counts down.</summary>
    public long GroupCount;

    /// <summary>Panels of each group, at least 1.</summary>
    public long GroupPanels;

    /// <summary>The tiles' activations, as <see cref="ActivationPacker"/> lays them out.</summary>
    public byte* X;

    /// <summary>Row tiles, at least 1.</summary>
    public long TileCount;

    /// <summary>Steps of each of the eight segments; 0 where one is empty.</summary>
    public int* SegmentSteps;

    /// <summary>Room for the sums of a group: F32 <c>[panels, rows of all tiles, 32]</c>, aligned to 64 bytes.</summary>
    public float* Sums;

    /// <summary>The first row's output for the group's first panel; the kernel advances it.</summary>
    public float* Y;

    /// <summary>Bytes from one row of the output to the next.</summary>
    public long YStride;

    /// <summary>Added to each row of the output, or null; the kernel advances it.</summary>
    public float* Bias;

    /// <summary>A bit for each column of the last panel that the output has.</summary>
    public ulong LastColumns;

    /// <summary>Scales of the group's columns in the first segment, for steps that read them; the kernel advances it.</summary>
    public float* Scales;

    /// <summary>Bytes from a segment's scales to the next segment's; 0 when all share them.</summary>
    public long ScaleStride;

    /// <summary>What the group's sums begin from in the first segment, for steps that read it; the kernel advances it.</summary>
    public int* CodeSums;

    /// <summary>Bytes from what a segment's sums begin from to the next segment's.</summary>
    public long CodeSumStride;

    /// <summary>Scales of the activations, F32 <c>[8 segments, tiles, rows of a tile]</c>, for steps that read them.</summary>
    public float* RowScales;

    /// <summary>How far ahead weights are fetched, but for the last panel of a group.</summary>
    public long PrefetchBytes;

    /// <summary>How far ahead weights are fetched for the last panel of a group.</summary>
    public long LastPrefetchBytes;

    /// <summary>Added to <see cref="LastPrefetchBytes"/> for each step of the segment.</summary>
    public long LastPrefetchPerStep;

    /// <summary>Where the kernel keeps the segment's place in <see cref="Weights"/>.</summary>
    public byte* SegmentWeights;

    /// <summary>Where the kernel keeps the segment's place in <see cref="X"/>.</summary>
    public byte* SegmentX;

    /// <summary>Where the kernel keeps the segment's place in <see cref="Scales"/>.</summary>
    public float* SegmentScales;

    /// <summary>Where the kernel keeps the segment's place in <see cref="CodeSums"/>.</summary>
    public int* SegmentCodeSums;

    /// <summary>Where the kernel keeps the segment's place in <see cref="RowScales"/>.</summary>
    public float* SegmentRowScales;

    /// <summary>Where a field lies.</summary>
    public static int OffsetOf(string field) => (int)Marshal.OffsetOf<PanelArguments>(field);
}
