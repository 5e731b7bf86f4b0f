namespace Puna.Kernels.Tests.MatMul;

public class RowTilesTests
{
    [Theory, InlineData(12), InlineData(48), InlineData(64), InlineData(512)]
    public void Blocks_of_tiles_cover_every_row_once_and_tiles_differ_by_at_most_a_row(int blockRows)
    {
        for (int rows = 1; rows <= 512; rows++)
        {
            RowTiles tiles = new(rows, blockRows);
            int row = 0, tile = 0;
            for (int b = 0; b < tiles.BlockCount; b++)
            {
                RowBlock block = tiles.Block(b);
                Assert.Equal((tile, row), (block.FirstTile, block.FirstRow));
                Assert.Equal(block.Rows, block.LargeCount * tiles.LargeRows + block.SmallCount * (tiles.LargeRows - 1));
                Assert.InRange(block.Rows, 1, Math.Max(blockRows + 12, 24));
                for (int t = tile; t < tile + block.LargeCount + block.SmallCount; t++)
                {
                    Assert.Equal(block, tiles.BlockOf(t));
                    Assert.Equal(t < tile + block.LargeCount ? tiles.LargeRows : tiles.LargeRows - 1, tiles.FirstRow(t + 1) - tiles.FirstRow(t));
                }

                tile += block.LargeCount + block.SmallCount;
                row += block.Rows;
            }

            Assert.Equal((tiles.Count, rows), (tile, row));
            Assert.InRange(tiles.LargeRows, 1, 12);
        }
    }
}
