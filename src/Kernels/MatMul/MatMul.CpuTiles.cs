using Puna.Kernels.Cpu;

namespace Puna.Kernels;

public static partial class MatMul
{
    private const long GrainSums = 1 << 16;   // multiplications that are worth waking a thread for: about a microsecond's

    /// <summary>A piece of the output: some rows, and some columns of one part.</summary>
    /// <param name="PartIndex">Whose columns.</param>
    /// <param name="PartColumn">Where the part begins in the output.</param>
    /// <param name="FirstRow">First row.</param>
    /// <param name="EndRow">Row after the last.</param>
    /// <param name="FirstColumn">First column, counted from the part's first.</param>
    /// <param name="EndColumn">Column after the last.</param>
    private readonly record struct Tile(int PartIndex, int PartColumn, int FirstRow, int EndRow, int FirstColumn, int EndColumn)
    {
        public int ColumnCount => EndColumn - FirstColumn;

        /// <summary>The tile's columns of a row of the output.</summary>
        public Span<float> Of(Tensor output, int row) => output.Row<float>(row).Slice(PartColumn + FirstColumn, ColumnCount);
    }

    /// <summary>A product that is done tile by tile; parts in panels have none.</summary>
    private readonly record struct Product(Tensor X, Linear Weight, ReadRows[] Reads)
    {
        /// <summary>Reads the activations as the parts' formats want them.</summary>
        public static Product Begin(Tensor x, Linear weight, CpuPool pool) => new(x, weight, ReadRows.ForEach(x, weight, pool));

        public int TileCount
        {
            get
            {
                int count = 0;
                foreach (Part part in Weight.Parts)
                    count += RowTiles * ColumnTiles(part);
                return count;
            }
        }

        /// <summary>Tiles that a thread takes at once.</summary>
        public int Grain => (int)Math.Max(1, GrainSums / (Math.Clamp(X.Rows, 1, TileRows) * TileColumns * X.Cols));

        private int RowTiles => (int)((X.Rows + TileRows - 1) / TileRows);

        /// <summary>Tile <paramref name="index"/>. Neighbours share rows of W, which are read from memory once.</summary>
        public Tile TileAt(int index)
        {
            (int columnTile, int rowTile) = Math.DivRem(index, RowTiles);
            int part = 0, partColumn = 0;
            for (; columnTile >= ColumnTiles(Weight.Parts[part]); part++)
            {
                columnTile -= ColumnTiles(Weight.Parts[part]);
                partColumn += (int)Weight.Parts[part].Rows;
            }

            int row = rowTile * TileRows, column = columnTile * TileColumns;
            return new Tile(part, partColumn, row, Math.Min(row + TileRows, (int)X.Rows),
                column, Math.Min(column + TileColumns, (int)Weight.Parts[part].Rows));
        }

        /// <summary>Gives back what it read into; no tile is made afterwards.</summary>
        public void End() => ReadRows.Return(Reads, Weight.Parts.Length);

        /// <summary>Writes a tile into the output.</summary>
        public unsafe void Store(Tile tile, Tensor y)
        {
            fixed (float* target = y.Row<float>(0))
                Sum(WorkOf(tile, target + tile.PartColumn, (nint)y.Cols));
        }

        /// <summary>Writes a tile into memory of its own, <see cref="TileColumns"/> to a row.</summary>
        public unsafe void Store(Tile tile, Span<float> scratch)
        {
            fixed (float* target = scratch)
                Sum(WorkOf(tile, target - tile.FirstRow * TileColumns - tile.FirstColumn, TileColumns));
        }

        private unsafe Work WorkOf(Tile tile, float* target, nint stride)
        {
            Part part = Weight.Parts[tile.PartIndex];
            Tensor? bias = Weight.Bias is { } all
                ? all with { Offset = all.Offset + tile.PartColumn * sizeof(float), Cols = part.Rows }
                : null;
            return new Work(X, Reads[tile.PartIndex], part, bias, (nint)target, stride,
                tile.FirstRow, tile.EndRow, tile.FirstColumn, tile.EndColumn);
        }

        private static int ColumnTiles(Part part) =>
            part.Layout == WeightLayout.Rows ? (int)((part.Rows + TileColumns - 1) / TileColumns) : 0;
    }
}
