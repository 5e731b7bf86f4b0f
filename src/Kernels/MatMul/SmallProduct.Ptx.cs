using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

/// <summary>
/// y[M, N] = x[M, K] · W[N, K]ᵀ for few rows M: packed weights stream through registers into tensor cores as their left
/// factor, so that 1 to 8 rows cost the same (notes 5.2, engine A).
/// </summary>
/// <remarks>
/// A block of eight warps walks over a stripe of row tiles (16 rows of W); each warp sums its own segment of K, then the eight
/// sums are added in their order. So a result depends on its row of x, its row of W and K; never on M, N or the grid.
/// </remarks>
internal static partial class SmallProduct
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 32 * ProductPlan.Warps;

    /// <summary>Writes the kernel.</summary>
    /// <remarks>
    /// Parameters: x <c>[rows, k]</c>; x_scale F32 <c>[rows]</c> where the format has them; w, packed tiles of ⌈n / 16⌉ · 16 rows;
    /// scale F32 <c>[n]</c>; y F32 <c>[rows, n]</c>; n. Any grid will do; blocks beyond the row tiles are idle.
    /// </remarks>
    /// <param name="format">The weights.</param>
    /// <param name="k">Inner dimension, a multiple of 32.</param>
    /// <param name="rows">Rows of x, 1 to 64.</param>
    /// <param name="activations">Of x in memory: F16, or F32 which is rounded to F16; I8 where the format takes it.</param>
    /// <param name="arch">The target.</param>
    /// <exception cref="ArgumentException">There is no such product.</exception>
    public static GpuKernel Ptx<T, TSum>(WeightFormat<T, TSum> format, int k, int rows, NumberFormat activations, GpuArch arch)
        where T : struct, IRegister<T> where TSum : struct, IRegister<TSum>
    {
        ProductPlan plan = new(k, rows, format.ElementBytes);
        string name = $"product_{format.Name}_{(activations == NumberFormat.F32 ? "f32_" : "")}{rows}x{k}";
        return PtxBuilder.Kernel(name, arch, Threads, b => new Body<T, TSum>(b, format, plan, activations).Write(),
            new KernelOptions { MaxRegisters = plan.MaxRegisters });
    }

    /// <summary>The kernel while it is written.</summary>
    private sealed class Body<T, TSum>(PtxBuilder k, WeightFormat<T, TSum> format, ProductPlan plan, NumberFormat activations)
        where T : struct, IRegister<T> where TSum : struct, IRegister<TSum>
    {
        private const int TileVectors = 32;   // of 16 bytes, one per lane

        private readonly Global<U32> _x = k.PointerParam<U32>("x");
        private readonly Global<F32> _activationScales = format.ScalesActivations ? k.PointerParam<F32>("x_scale") : default;
        private readonly Global<V4<U32>> _weights = k.PointerParam<V4<U32>>("w").Offset(k.Lane);
        private readonly Global<F32> _scales = k.PointerParam<F32>("scale"), _y = k.PointerParam<F32>("y");
        private readonly U32 _n = k.U32Param("n");
        private readonly Shared<U8> _staged = k.DynamicShared<U8>("activations", plan.WarpBytes * ProductPlan.Warps);
        private readonly Shared<V4<TSum>> _sums = k.DynamicShared<V4<TSum>>("sums", plan.BatchTiles * ProductPlan.Warps * plan.ColumnTiles * 32);
        private readonly WarpSegment _segment = WarpSegment.Of(k, plan, k.ThreadX >> 5);
        private readonly U32[][] _loaded = [.. Enumerable.Range(0, plan.GroupTiles).Select(j => k.Variables<U32>(4, 0, $"tile_{j}"))];

        private int RowTileVectors => plan.K / ProductPlan.TileK * TileVectors;

        public void Write()
        {
            U32 warp = (k.ThreadX >> 5).Named("warp"), tiles = ((_n + 15) >> 4).Named("row_tiles");
            U32 first = (k.BlockX * tiles / k.GridX).Named("first"), last = ((k.BlockX + 1) * tiles / k.GridX).Named("last");
            Shared<U8> mine = _staged.Row(warp, plan.WarpBytes);
            Shared<V4<TSum>> sums = _sums.Row(warp, plan.ColumnTiles * 32).Offset(k.Lane);

            U32 cursor = k.Variable((first * RowTileVectors) + (_segment.StartTile * TileVectors), "cursor");
            k.If((first < last) & (_segment.Groups > 0), () => LoadGroup(_weights.Offset(cursor)));
            if (plan.Panels == 1)
                Stage(_segment.StartTile, _segment.Groups, mine);

            U32 batch = k.Variable(first, "batch");
            k.While(() => batch < last, () =>
            {
                U32 end = U32.Min(batch + plan.BatchTiles, last).Named("batch_end");
                ForEachPanel(mine, panel => k.For(batch, end, tile =>
                {
                    Chunk chunk = Next(panel, tile, (batch, end, last));
                    SumChunk(chunk, cursor, mine, sums.Row(tile - batch, ProductPlan.Warps * plan.ColumnTiles * 32), panel);
                }));
                k.Barrier();
                Finish(batch, end - batch);
                k.Barrier();
                k.Set(batch, end);
            });
        }

        private void ForEachPanel(Shared<U8> target, Action<U32> body)
        {
            if (plan.Panels == 1)
            {
                body(0);
                return;
            }

            k.For(0, plan.Panels, panel =>
            {
                k.WarpBarrier();   // the panel before has been read
                Stage(_segment.TileAt(panel), _segment.GroupAt(panel + 1) - _segment.GroupAt(panel), target);
                body(panel);
            });
        }

        /// <summary>Where the tiles behind a chunk are: of the next row tile, of the next panel, or of the next batch.</summary>
        private Chunk Next(U32 panel, U32 tile, (U32 Start, U32 End, U32 Last) batch)
        {
            U32 next = tile + 1, at;
            if (plan.Panels == 1)
            {
                at = U32.Mad(next, RowTileVectors, _segment.StartTile * TileVectors);
                return new Chunk(_segment.Groups, at, next < batch.Last);
            }

            U32 groups = _segment.GroupAt(panel + 1) - _segment.GroupAt(panel);
            Pred staysInPanel = next < batch.End, isLastPanel = panel == plan.Panels - 1;
            U32 nextPanel = k.Select(staysInPanel, panel, k.Select(isLastPanel, (U32)0, panel + 1));
            U32 nextTile = k.Select(staysInPanel, next, k.Select(isLastPanel, batch.End, batch.Start));
            at = U32.Mad(nextTile, RowTileVectors, _segment.TileAt(nextPanel) * TileVectors);
            return new Chunk(groups, at, nextTile < batch.Last);
        }

        /// <summary>A row tile's part of a panel: each tile's registers are loaded again as soon as they are used.</summary>
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
                Shared<V4<U32>>[] at = [.. columns.Select(c => c.Cast<U8>().Row(group, plan.GroupTiles * plan.TileRowBytes * plan.Rows).Cast<V4<U32>>())];
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

        // where a lane's words of columns 8c + g begin; columns beyond the rows read the last row, and nobody asks for their sums
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

    /// <summary>What comes after the tiles at hand.</summary>
    private readonly record struct Chunk(U32 Groups, U32 NextAt, Pred HasNext);

    /// <summary>A warp's segment of K.</summary>
    /// <param name="Plan">The plan.</param>
    /// <param name="Start">First element.</param>
    /// <param name="End">The element behind the last.</param>
    /// <param name="StartTile">The tile with the first element.</param>
    /// <param name="Groups">Groups of tiles.</param>
    private readonly record struct WarpSegment(ProductPlan Plan, U32 Start, U32 End, U32 StartTile, U32 Groups)
    {
        // Segments.Start, in registers
        public static WarpSegment Of(PtxBuilder k, ProductPlan plan, U32 warp)
        {
            int unit = plan.SplitsTiles ? 16 : 128, units = (plan.K + unit - 1) / unit;
            U32 At(U32 w) => U32.Min(((w * units) >> 3) * unit, plan.K);   // w · units / 8, as eight segments
            U32 start = At(warp).Named("segment"), end = At(warp + 1).Named("segment_end"), startTile = start >> 5;
            U32 tiles = ((end + 31) >> 5) - startTile;
            if (plan.SplitsTiles)
                tiles = k.Select(end > start, tiles, (U32)0);
            return new WarpSegment(plan, start, end, startTile, tiles.DivideBy(plan.GroupTiles).Quotient.Named("groups"));
        }

        /// <summary>The first group of a panel, where there are several.</summary>
        public U32 GroupAt(U32 panel) => (Groups * panel).DivideBy(Plan.Panels).Quotient;

        /// <summary>The first tile of a panel, where there are several.</summary>
        public U32 TileAt(U32 panel) => StartTile + GroupAt(panel) * Plan.GroupTiles;
    }
}
