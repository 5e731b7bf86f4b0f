using System.Runtime.InteropServices;

namespace Puna.Kernels;

/// <summary>
/// What a panel kernel is called with: some panels times all row tiles of one size. The kernel advances
/// <see cref="Weights"/>, <see cref="Y"/>, <see cref="Bias"/>, <see cref="Scales"/>, <see cref="CodeSums"/> and
/// <see cref="PanelCount"/> as it goes.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PanelArguments
{
    /// <summary>The first panel; the next follow it.</summary>
    public byte* Weights;

    /// <summary>Panels, at least 1.</summary>
    public long PanelCount;

    /// <summary>The activations as <see cref="ActivationPacker"/> lays them out.</summary>
    public byte* X;

    /// <summary>Row tiles, at least 1.</summary>
    public long TileCount;

    /// <summary>Steps of each of the eight segments; 0 where one is empty.</summary>
    public int* SegmentSteps;

    /// <summary>Room for the sums of one panel: F32 <c>[rows of all tiles, 32]</c>, aligned to 64 bytes.</summary>
    public float* Sums;

    /// <summary>The first row's output for the first panel.</summary>
    public float* Y;

    /// <summary>Bytes from one row of the output to the next.</summary>
    public long YStride;

    /// <summary>Added to each row of the output, or null.</summary>
    public float* Bias;

    /// <summary>A bit for each column of the last panel that the output has.</summary>
    public ulong LastColumns;

    /// <summary>Scales of the first panel's columns in the first segment, aligned to 64 bytes; for steps that read them.</summary>
    public float* Scales;

    /// <summary>Bytes from a segment's scales to the next segment's; 0 when all share them.</summary>
    public long ScaleStride;

    /// <summary>What the first panel's sums begin from in the first segment, aligned to 64 bytes; for steps that read them.</summary>
    public int* CodeSums;

    /// <summary>Bytes from what a segment's sums begin from to the next segment's.</summary>
    public long CodeSumStride;

    /// <summary>Scales of the activations, F32 <c>[8 segments, tiles, rows of a tile]</c>; for steps that read them.</summary>
    public float* RowScales;

    /// <summary>How far ahead weights are fetched.</summary>
    public long PrefetchBytes;

    /// <summary>Where a field lies.</summary>
    public static int OffsetOf(string field) => (int)Marshal.OffsetOf<PanelArguments>(field);
}
