namespace Puna.Kernels;

/// <summary>As what activations are packed for a panel kernel.</summary>
internal enum ActivationCode
{
    /// <summary>F32, as they are.</summary>
    F32,

    /// <summary>F32 with the values of BF16 numbers, for processors or weights without products of BF16.</summary>
    RoundedF32,

    /// <summary>BF16, two in a word.</summary>
    BF16,

    /// <summary>Codes with 128 added, four in a word; their scales lie behind the words.</summary>
    I8,
}

/// <summary>
/// How a panel kernel wants its activations: words of 4 bytes, and of each word the rows of a tile side by side. Past the
/// last column are zeros.
/// </summary>
/// <param name="Code">What a word holds.</param>
/// <param name="Depth">Columns of a step: a row is padded to whole steps.</param>
/// <param name="ScaleGroups">Scales of each row of codes: 1, or 8 for one in each segment.</param>
internal readonly record struct ActivationPacking(ActivationCode Code, int Depth, int ScaleGroups = 0)
{
    /// <summary>Columns that a word holds.</summary>
    public int WordColumns => Code switch
    {
        ActivationCode.I8 => 4,
        ActivationCode.BF16 => 2,
        _ => 1,
    };

    /// <summary>Scales that are packed for each row: one for each segment, whether they differ or not.</summary>
    public int RowScales => Code == ActivationCode.I8 ? Segments.Count : 0;

    /// <summary>Words of each row of a step.</summary>
    public int StepWords => Depth / WordColumns;

    /// <summary>Bytes of a step for a tile.</summary>
    public int StepBytes(int rows) => 4 * StepWords * rows;

    /// <summary>Words of the columns before <paramref name="column"/>, whole steps of them.</summary>
    public int WordsOf(int column) => (column + Depth - 1) / Depth * StepWords;
}
