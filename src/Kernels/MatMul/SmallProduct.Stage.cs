using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

internal static partial class SmallProduct
{
    private sealed partial class Body<T, TSum>
    {
        /// <summary>Brings a warp's part of a panel into shared memory, in the order of right factors.</summary>
        private void Stage(U32 firstTile, U32 groups, Shared<U8> target)
        {
            int chunksPerGroup = plan.GroupTiles * plan.TileRowBytes / plan.ChunkBytes, words = plan.ChunkBytes / 16;
            U32 firstWord = firstTile * (plan.TileRowBytes / 4);
            k.For(k.Lane, groups * (chunksPerGroup * plan.Rows * 4), step: 32, item =>
            {
                U32 t = item & 3;
                (U32 chunk, U32 row) = (item >> 2).DivideBy(plan.Rows);
                U32 word = firstWord + chunk * (plan.ChunkBytes / 4);
                U32 at = U32.Mad(row, plan.K * plan.ElementBytes / 4, word + t);
                U32[] values = [.. Enumerable.Range(0, words).Select(w => Activation(word, at, w))];
                Shared<U8> place = target.Row(item, plan.ChunkBytes / 4);
                if (words == 2)
                {
                    Shared<V2<U32>> two = place.Cast<V2<U32>>();
                    two[0] = new V2<U32>(values[0], values[1]);
                    return;
                }

                Shared<V4<U32>> four = place.Cast<V4<U32>>();
                four[0] = new V4<U32>(values[0], values[1], values[2], values[3]);
            });
            k.WarpBarrier();
        }

        // word w of a lane lies 16 w bytes further in its row; what belongs to another segment is zero
        private U32 Activation(U32 chunkWord, U32 at, int w)
        {
            U32 value;
            if (activations == NumberFormat.F32)
            {
                V2<F32> two = _x.Cast<V2<F32>>().Offset(at)[4 * w];
                value = F16x2.Convert(two.X, two.Y).Bits;
            }
            else
            {
                value = _x.Offset(at)[4 * w];
            }

            if (!plan.SplitsTiles)
                return value;
            U32 element = (chunkWord + 4 * w) * (4 / plan.ElementBytes);
            return k.Select((element >= _segment.Start) & (element < _segment.End), value, (U32)0);
        }

        /// <summary>Adds the eight warps' sums of a batch and stores the results.</summary>
        private void Finish(U32 batch, U32 count)
        {
            int perTile = plan.ColumnTiles * 128;
            Shared<TSum> sums = _sums.Cast<TSum>();
            k.For(k.ThreadX, count * perTile, step: Threads, item =>
            {
                (U32 tile, U32 within) = item.DivideBy(perTile);
                Shared<TSum> at = sums.Row(tile, ProductPlan.Warps * perTile).Offset(within);
                TSum total = at[0];
                for (int w = 1; w < ProductPlan.Warps; w++)
                    total = format.Add(total, at[w * perTile]);

                // element i of lane 4g + t: row g + 8 (i / 2), column 2t + i % 2
                U32 n = (batch + tile) * 16 + ((within >> 4) & 7) + ((within & 2) << 2);
                U32 m = ((within >> 7) << 3) + ((within >> 1) & 6) + (within & 1);
                k.If((n < _n) & (m < plan.Rows), () =>
                {
                    F32 result = format.Finish(total, _scales[n], format.ScalesActivations ? _activationScales[m] : default);
                    Global<F32> row = _y.Row(m, _n);
                    row[n] = result;
                });
            });
        }
    }
}
