namespace Puna.Kernels;

/// <summary>
/// How <see cref="SmallProduct"/> cuts a product with few rows of activations: eight warps take a segment of K each; a
/// warp
/// reads its segment in groups of tiles; activations that do not fit into shared memory come in panels of groups.
/// The order of every sum follows from K alone: panels and groups only say when its terms arrive.
/// </summary>
internal sealed record ProductPlan
{
    /// <summary>Elements of K in a tile.</summary>
    public const int TileK = 32;

    /// <summary>Warps of a block, one for each segment.</summary>
    public const int Warps = Segments.Count;

    /// <summary>Rows of activations at most.</summary>
    public const int MaxRows = 64;

    /// <summary>Plans a product.</summary>
    /// <param name="k">Inner dimension, a multiple of 32.</param>
    /// <param name="rows">Rows of activations, 1 to 64.</param>
    /// <param name="elementBytes">Of an activation in shared memory.</param>
    /// <exception cref="ArgumentException">There is no such product.</exception>
    public ProductPlan(int k, int rows, int elementBytes)
    {
        if (k < TileK || k % TileK != 0)
        {
            throw new ArgumentException($"SmallProduct: the inner dimension is {k}, but a multiple of {TileK} was expected "
                + "(weights are packed in tiles).", nameof(k));
        }

        if (rows is < 1 or > MaxRows)
        {
            throw new ArgumentException(
                $"SmallProduct: there are {rows} rows of activations, but 1 to {MaxRows} were expected.", nameof(rows));
        }

        (K, Rows, ElementBytes) = (k, rows, elementBytes);
        int[] tiles = [.. Enumerable.Range(0, Warps).Select(w => EndTile(w) - StartTile(w))];
        for (GroupTiles = MaxGroupTiles; ; GroupTiles--)
        {
            if (tiles.Any(t => t % GroupTiles != 0))
                continue;
            int most = tiles.Min() / GroupTiles;
            Panels = Enumerable.Range(1, Math.Max(1, most)).FirstOrDefault(p => PanelBytes(tiles, p) <= ActivationBudget);
            if (Panels > 0)
                break;
            if (GroupTiles == 1)
            {
                throw new ArgumentException(
                    $"SmallProduct: {rows} rows of {k} activations do not fit into shared memory in any way.", nameof(rows));
            }
        }

        PanelTiles = MostTiles(tiles, Panels);
    }

    /// <summary>Inner dimension.</summary>
    public int K { get; }

    /// <summary>Rows of activations.</summary>
    public int Rows { get; }

    /// <summary>Bytes of an activation.</summary>
    public int ElementBytes { get; }

    /// <summary>Columns of eight in the tensor cores' products.</summary>
    public int ColumnTiles => (Rows + 7) / 8;

    /// <summary>Tiles that a warp has in its registers, on their way from memory.</summary>
    public int GroupTiles { get; }

    /// <summary>Parts of each warp's activations that are in shared memory one after the other.</summary>
    public int Panels { get; }

    /// <summary>Tiles of a panel at most.</summary>
    public int PanelTiles { get; }

    /// <summary>Row tiles whose sums are kept before the warps' sums are added.</summary>
    public int BatchTiles => Math.Max(1, 4 / ColumnTiles);

    /// <summary>Bytes of a row of activations that belong to a tile.</summary>
    public int TileRowBytes => TileK * ElementBytes;

    /// <summary>Bytes of a row that lanes read at once: 64, or 32 where a warp's tiles do not come in pairs.</summary>
    public int ChunkBytes => Math.Min(64, TileRowBytes * GroupTiles % 64 == 0 ? 64 : 32);

    /// <summary>Bytes of activations of a panel of one warp.</summary>
    public int WarpBytes => PanelTiles * TileRowBytes * Rows;

    /// <summary>Whether a segment may begin or end inside a tile.</summary>
    public bool SplitsTiles => K < 1024;

    /// <summary>
    /// Registers of a thread: for four blocks on a multiprocessor, three, or two. Shared memory allows no more.
    /// </summary>
    public int MaxRegisters => ColumnTiles > 1 ? 128 : Panels > 1 ? 80 : 64;

    /// <summary>First tile of a warp's segment.</summary>
    public int StartTile(int warp) => Segments.Start(K, warp) / TileK;

    /// <summary>The tile behind a warp's segment; the same tile may begin the next.</summary>
    public int EndTile(int warp) => Segments.Start(K, warp + 1) > Segments.Start(K, warp)
        ? (Segments.Start(K, warp + 1) + TileK - 1) / TileK : StartTile(warp);

    // registers: 4 per tile of a group, 4 per column tile for sums
    private int MaxGroupTiles => ColumnTiles <= 2 ? 8 : 4;

    private int ActivationBudget => ColumnTiles <= 2 ? 64 * 1024 : 80 * 1024;

    private int PanelBytes(int[] tiles, int panels) => Warps * MostTiles(tiles, panels) * TileRowBytes * Rows;

    private int MostTiles(int[] tiles, int panels) => tiles.Max(t =>
        Enumerable.Range(0, panels).Max(p => t / GroupTiles * (p + 1) / panels - t / GroupTiles * p / panels)) * GroupTiles;
}
