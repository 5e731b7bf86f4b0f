namespace Puna.Kernels;

/// <summary>
/// Rows of a product cut into tiles of at most 12 rows that differ by at most one: first the large ones, then the small
/// ones. Runs of tiles are blocks, whose activations stay in a cache together.
/// </summary>
internal readonly record struct RowTiles
{
    /// <summary>Cuts rows.</summary>
    /// <param name="rows">How many, at least 1.</param>
    /// <param name="blockRows">About as many rows make a block, at least 12.</param>
    public RowTiles(int rows, int blockRows)
    {
        Count = (rows + PanelRegisters.MostRows - 1) / PanelRegisters.MostRows;
        Rows = rows;
        LargeRows = (rows + Count - 1) / Count;
        LargeCount = Count - (Count * LargeRows - rows);
        BlockCount = (rows + blockRows - 1) / blockRows;
    }

    /// <summary>All rows.</summary>
    public int Rows { get; }

    /// <summary>All tiles.</summary>
    public int Count { get; }

    /// <summary>Rows of a large tile; a small one has one less.</summary>
    public int LargeRows { get; }

    /// <summary>Large tiles, at least 1.</summary>
    public int LargeCount { get; }

    /// <summary>Blocks; none is empty.</summary>
    public int BlockCount { get; }

    /// <summary>Whether there are small tiles.</summary>
    public bool HasSmall => LargeCount < Count;

    /// <summary>Rows before tile <paramref name="tile"/>; all rows for tile <see cref="Count"/>.</summary>
    public int FirstRow(int tile) => tile * LargeRows - Math.Max(0, tile - LargeCount);

    /// <summary>The tiles of block <paramref name="block"/>.</summary>
    public RowBlock Block(int block)
    {
        int first = Count * block / BlockCount, end = Count * (block + 1) / BlockCount;
        int large = Math.Clamp(LargeCount, first, end);
        return new RowBlock(first, large - first, end - large, FirstRow(first), FirstRow(end) - FirstRow(first));
    }

    /// <summary>The block that tile <paramref name="tile"/> belongs to.</summary>
    public RowBlock BlockOf(int tile)
    {
        int block = tile * BlockCount / Count;   // or the one after it
        return Count * (block + 1) / BlockCount <= tile ? Block(block + 1) : Block(block);
    }
}

/// <summary>A run of row tiles.</summary>
/// <param name="FirstTile">Where it begins, in tiles.</param>
/// <param name="LargeCount">Large tiles.</param>
/// <param name="SmallCount">Small tiles, which follow them.</param>
/// <param name="FirstRow">Where it begins, in rows.</param>
/// <param name="Rows">Rows of all its tiles.</param>
internal readonly record struct RowBlock(int FirstTile, int LargeCount, int SmallCount, int FirstRow, int Rows);
