namespace Puna.Kernels;

/// <summary>
/// Rows of a product cut into tiles of at most 12 rows that differ by at most one: first the large ones, then the small ones.
/// </summary>
internal readonly record struct RowTiles
{
    /// <summary>Cuts <paramref name="rows"/> rows, at least 1.</summary>
    public RowTiles(int rows)
    {
        int count = (rows + PanelRegisters.MostRows - 1) / PanelRegisters.MostRows;
        Rows = rows;
        LargeRows = (rows + count - 1) / count;
        SmallCount = count * LargeRows - rows;
        LargeCount = count - SmallCount;
    }

    /// <summary>All rows.</summary>
    public int Rows { get; }

    /// <summary>Rows of a large tile.</summary>
    public int LargeRows { get; }

    /// <summary>Large tiles, at least 1.</summary>
    public int LargeCount { get; }

    /// <summary>Tiles of one row less.</summary>
    public int SmallCount { get; }

    /// <summary>All tiles.</summary>
    public int Count => LargeCount + SmallCount;

    /// <summary>Rows in large tiles.</summary>
    public int RowsInLarge => LargeCount * LargeRows;
}
