using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

/// <summary>
/// y[M, N] = x[M, K] · W[N, K]ᵀ for few rows M: packed weights stream through registers into tensor cores as their left
/// factor, so that 1 to 8 rows cost the same (notes 5.2, engine A).
/// </summary>
/// <remarks>
/// A block of eight warps walks over a stripe of row tiles (16 rows of W); each warp sums its own segment of K, then
/// the eight
/// sums are added in their order. So a result depends on its row of x, its row of W and K; never on M, N or the grid.
/// </remarks>
internal static partial class SmallProduct
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 32 * ProductPlan.Warps;

    /// <summary>Writes the kernel.</summary>
    /// <remarks>
    /// Parameters: x <c>[rows, k]</c>; x_scale F32 <c>[rows]</c> where the format has them; w, packed tiles of ⌈n / 16⌉
    /// · 16 rows;
    /// scale F32 <c>[n]</c>; y F32 <c>[rows, n]</c>; n. Any grid will do; blocks beyond the row tiles are idle.
    /// </remarks>
    /// <param name="format">The weights.</param>
    /// <param name="k">Inner dimension, a multiple of 32.</param>
    /// <param name="rows">Rows of x, 1 to 64.</param>
    /// <param name="activations">
    /// Of x in memory: F16, or F32 which is rounded to F16; I8 where the format takes it.
    /// </param>
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
    private sealed partial class Body<T, TSum>(PtxBuilder k, WeightFormat<T, TSum> format, ProductPlan plan,
        NumberFormat activations)
        where T : struct, IRegister<T> where TSum : struct, IRegister<TSum>
    {
        private const int TileVectors = 32;   // of 16 bytes, one per lane

        private readonly Global<U32> _x = k.PointerParam<U32>("x");
        private readonly Global<F32> _activationScales = format.ScalesActivations ? k.PointerParam<F32>("x_scale") : default;
        private readonly Global<V4<U32>> _weights = k.PointerParam<V4<U32>>("w").Offset(k.Lane);
        private readonly Global<F32> _scales = k.PointerParam<F32>("scale"), _y = k.PointerParam<F32>("y");
        private readonly U32 _n = k.U32Param("n");
        private readonly Shared<U8> _staged = k.DynamicShared<U8>("activations", plan.WarpBytes * ProductPlan.Warps);
        private readonly Shared<V4<TSum>> _sums = k.DynamicShared<V4<TSum>>(
            "sums", plan.BatchTiles * ProductPlan.Warps * plan.ColumnTiles * 32);
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

        /// <summary>
        /// Where the tiles behind a chunk are: of the next row tile, of the next panel, or of the next batch.
        /// </summary>
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
