using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

internal static partial class SmallProduct
{
    private sealed partial class Body<T, TSum>
    {
        /// <summary>
        /// A row tile's part of a panel: each tile's registers are loaded again as soon as they are used.
        /// </summary>
        private void SumChunk(Chunk chunk, U32 cursor, Shared<U8> staged, Shared<V4<TSum>> sums, U32 panel)
        {
            FragmentC<TSum>[] totals = [.. Enumerable.Range(0, plan.ColumnTiles).Select(c => k.Accumulator<TSum>($"sum_{c}"))];
            if (plan.Panels > 1)
                k.If(panel > 0, () => ForEachTotal(totals, (c, i, v) => k.Set(totals[c][i], v), sums));
            Shared<V4<U32>>[] columns = [.. ColumnBases(staged)];

            k.For(0, chunk.Groups, group =>
            {
                Pred isLast = group + 1 == chunk.Groups;
                k.Set(cursor, k.Select(isLast, chunk.NextAt, cursor + plan.GroupTiles * TileVectors));
                Pred loads = !isLast | chunk.HasNext;
                Global<V4<U32>> next = _weights.Offset(cursor);
                int groupBytes = plan.GroupTiles * plan.TileRowBytes * plan.Rows;
                Shared<V4<U32>>[] at = [.. columns.Select(c => c.Cast<U8>().Row(group, groupBytes).Cast<V4<U32>>())];
                SumGroup(totals, at, next, loads);
            });
            for (int c = 0; c < plan.ColumnTiles; c++)
                sums[c * 32] = new V4<TSum>(totals[c][0], totals[c][1], totals[c][2], totals[c][3]);
        }

        private void SumGroup(FragmentC<TSum>[] totals, Shared<V4<U32>>[] staged, Global<V4<U32>> next, Pred loads)
        {
            FragmentB<T>[][] factors = [];
            int perTile = plan.TileRowBytes / 32, perChunk = plan.ChunkBytes / 32;   // right factors
            for (int j = 0; j < plan.GroupTiles; j++)
            {
                U32[] words = _loaded[j];
                FragmentA<T>[] weights = format.Unpack(new V4<U32>(words[0], words[1], words[2], words[3]));
                for (int f = 0; f < perTile; f++)
                {
                    int factor = j * perTile + f;
                    if (factor % perChunk == 0)
                        factors = [.. Enumerable.Range(0, plan.ColumnTiles).Select(c => LoadFactors(staged, c, factor / perChunk))];
                    for (int c = 0; c < plan.ColumnTiles; c++)
                        k.Mma(weights[f], factors[c][factor % perChunk], totals[c]);
                }

                k.If(loads, () => LoadTile(j, next));
            }
        }

        private FragmentB<T>[] LoadFactors(Shared<V4<U32>>[] staged, int column, int chunk)
        {
            int offset = chunk * plan.ChunkBytes * plan.Rows;
            Shared<U8> at = IsLastColumn(column) ? staged[^1].Cast<U8>() : staged[0].Cast<U8>().Offset(8 * plan.ChunkBytes * column);
            if (plan.ChunkBytes == 32)
            {
                V2<U32> two = at.Offset(offset).Cast<V2<U32>>()[0];
                return [format.Activations(two.X, two.Y)];
            }

            V4<U32> four = at.Offset(offset).Cast<V4<U32>>()[0];
            return [format.Activations(four.X, four.Y), format.Activations(four.Z, four.W)];
        }

        // where a lane's words of columns 8c + g begin; columns beyond the rows read the last row, and nobody asks for
        // their sums
        private IEnumerable<Shared<V4<U32>>> ColumnBases(Shared<U8> staged)
        {
            U32 g = k.Lane >> 2, t = k.Lane & 3;
            Shared<U8> words = staged.Row(t, plan.ChunkBytes / 4);
            int lastStart = 8 * (plan.ColumnTiles - 1);
            if (plan.ColumnTiles > 1)
                yield return words.Row(g, plan.ChunkBytes).Cast<V4<U32>>();
            U32 row = plan.Rows % 8 == 0 ? g + lastStart : U32.Min(g + lastStart, plan.Rows - 1);
            yield return (plan.Rows == 1 ? words : words.Row(row, plan.ChunkBytes)).Cast<V4<U32>>();
        }

        private bool IsLastColumn(int column) => column == plan.ColumnTiles - 1;

        private void LoadGroup(Global<V4<U32>> from)
        {
            for (int j = 0; j < plan.GroupTiles; j++)
                LoadTile(j, from);
        }

        private void LoadTile(int j, Global<V4<U32>> from)
        {
            V4<U32> words = from.Load(j * TileVectors, AccessOptions.Stream);
            for (int i = 0; i < 4; i++)
                k.Set(_loaded[j][i], words[i]);
        }

        private static void ForEachTotal(FragmentC<TSum>[] totals, Action<int, int, TSum> set, Shared<V4<TSum>> sums)
        {
            for (int c = 0; c < totals.Length; c++)
            {
                V4<TSum> kept = sums[c * 32];
                for (int i = 0; i < 4; i++)
                    set(c, i, kept[i]);
            }
        }
    }
}
