using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class MatMulBF16
{
    private const int WarpgroupRows = 64, ConsumerThreads = 256, Stages = 4;

    /// <summary>
    /// The same product on Hopper: one thread copies tiles by tensor maps into a ring, two warpgroups multiply 64 rows by
    /// 128 columns each (wgmma). Barriers say which slots are full and which are empty.
    /// </summary>
    /// <remarks>
    /// Parameters: tensor maps of x BF16 <c>[rows, in]</c> and w BF16 <c>[out, in]</c> with the boxes of
    /// <see cref="Box"/>, y F32 <c>[rows, out]</c>, rows.
    /// </remarks>
    /// <param name="outSize">Columns of y, a multiple of 8.</param>
    /// <param name="inSize">K, a multiple of 8.</param>
    /// <exception cref="ArgumentException">A size is no multiple of 8.</exception>
    public static GpuKernel WgmmaPtx(int outSize, int inSize)
    {
        Check(outSize, inSize);
        return PtxBuilder.Kernel($"mat_mul_bf16_wgmma_{outSize}_{inSize}", GpuArch.Sm90a, ConsumerThreads + 32,
            k => new WgmmaTiles(k, outSize, inSize).Run());
    }

    /// <summary>How the copies of <see cref="WgmmaPtx"/> see a matrix <c>[rows, in]</c>.</summary>
    /// <param name="rows">1 at least.</param>
    /// <param name="inSize">K.</param>
    public static TensorMapLayout Box(int rows, int inSize) =>
        new(NumberFormat.BF16, [inSize, rows], [2L * inSize], [Step(inSize), TileSize], Swizzle(inSize));

    private sealed class WgmmaTiles
    {
        private readonly PtxBuilder _k;
        private readonly int _outSize, _inSize, _step;
        private readonly TensorMapParameter<BF16x2> _xMap, _wMap;
        private readonly Global<F32> _y;
        private readonly U32 _rows, _firstRow, _firstColumn;
        private readonly SharedTile<BF16x2> _x, _w;
        private readonly MbarrierArray _full, _empty;

        public WgmmaTiles(PtxBuilder k, int outSize, int inSize)
        {
            (_k, _outSize, _inSize, _step) = (k, outSize, inSize, Step(inSize));
            _xMap = k.TensorMapParam<BF16x2>("x", [_step, TileSize], Swizzle(inSize));
            _wMap = k.TensorMapParam<BF16x2>("w", [_step, TileSize], Swizzle(inSize));
            _y = k.PointerParam<F32>("y");
            _rows = k.U32Param("rows");
            (_firstRow, _firstColumn) = (k.BlockX * TileSize, k.BlockY * TileSize);
            _x = k.SharedTile<BF16x2>("x_tile", TileSize, Swizzle(inSize), Stages);
            _w = k.SharedTile<BF16x2>("w_tile", TileSize, Swizzle(inSize), Stages);
            (_full, _empty) = (k.Mbarriers("full", Stages), k.Mbarriers("empty", Stages));
        }

        public void Run()
        {
            _k.If(_k.ThreadX == 0, () =>
            {
                for (int slot = 0; slot < Stages; slot++)
                {
                    _full[slot].Init(1);                        // the producer, and the bytes it announces
                    _empty[slot].Init(ConsumerThreads / 32);    // each warp that has read it
                }

                _k.FenceMbarrierInit();
            });
            _k.Barrier();
            _k.If(_k.ThreadX >= ConsumerThreads, () => _k.If(_k.Elect(), Produce)).Else(Consume);
        }

        private void Produce()
        {
            RingPosition slot = _k.Ring(Stages, parity: 1);
            _k.For(0, _inSize, step: _step, at =>
            {
                _empty[slot.Slot].Wait(slot.Parity);
                Mbarrier full = _full[slot.Slot];
                full.ArriveExpecting(_xMap.BoxBytes + _wMap.BoxBytes);
                _k.CopyTile(_x.Copy(slot.Slot), _xMap, [at, _firstRow], full);
                _k.CopyTile(_w.Copy(slot.Slot), _wMap, [at, _firstColumn], full);
                slot.Advance();
            });
        }

        private void Consume()
        {
            U32 groupRow = (_k.ThreadX >> 7) * WarpgroupRows;
            MatrixDescriptor<BF16x2> x = _k.Descriptor(_x, groupRow), w = _k.Descriptor(_w, 0);
            WgmmaAccumulator<F32> sums = _k.WgmmaAccumulator<F32>(TileSize, "sum"), totals = _k.WgmmaAccumulator<F32>(TileSize, "total");
            RingPosition slot = _k.Ring(Stages, parity: 0);
            U32 at = _k.Variable<U32>(0, "at"), last = _k.Variable<U32>(0, "last");
            _k.For(1, Segments.Count + 1, nextSegment =>
            {
                U32 start = _k.Copy(at), end = SegmentEnd(_inSize, nextSegment);
                _k.If(start < end, () =>
                {
                    _k.While(() => at < end, () =>
                    {
                        _full[slot.Slot].Wait(slot.Parity);
                        Pred isLater = at != start;
                        Multiply(sums, x.Copy(slot.Slot), w.Copy(slot.Slot), isLater);
                        _k.WgmmaWait(1);   // the step before is through
                        _k.If(isLater & (_k.Lane == 0), () => _empty[last].Arrive());
                        _k.Set(last, slot.Slot);
                        slot.Advance();
                        _k.Set(at, at + _step);
                    });
                    _k.WgmmaWait(0);
                    _k.If(_k.Lane == 0, () => _empty[last].Arrive());
                    for (int i = 0; i < sums.Count; i++)
                        _k.Set(totals[i], totals[i] + sums[i]);
                });
            });
            Store(totals, groupRow);
        }

        // the first product of a segment replaces the sums of the one before
        private void Multiply(WgmmaAccumulator<F32> sums, MatrixDescriptor<BF16x2> x, MatrixDescriptor<BF16x2> w, Pred isLater)
        {
            _k.WgmmaFence();
            for (int step = 0; step < _step / 16; step++)
                _k.Wgmma(sums, x.Step(step), w.Step(step), adds: step == 0 ? isLater : null);
            _k.WgmmaCommit();
        }

        private void Store(WgmmaAccumulator<F32> totals, U32 groupRow)
        {
            foreach (IGrouping<int, AccumulatorPair<F32>> pairs in _k.Pairs(totals).Select((p, i) => (p, i)).GroupBy(x => x.i % 2, x => x.p))
            {
                AccumulatorPair<F32>[] inRow = [.. pairs];
                U32 row = _firstRow + groupRow + inRow[0].Row;
                _k.If(row < _rows, () =>
                {
                    Global<F32> y = _y.Row(row, _outSize);
                    foreach (AccumulatorPair<F32> pair in inRow)
                    {
                        U32 column = _firstColumn + pair.Column;
                        _k.If(column < _outSize, () => y.Offset(column).Cast<V2<F32>>()[0] = pair.Values);
                    }
                });
            }
        }
    }
}
