using Puna.Kernels.Gpu;
using Puna.Kernels.Gpu.Ptx;

namespace Puna.Kernels;

public static partial class MatMulBF16
{
    private const int Threads = 256;

    /// <summary>
    /// Eight warps make 128 rows by 128 columns, 64 by 32 each. Tiles of 128 bytes along K travel through a ring in
    /// shared memory (<c>cp.async</c>), some ahead of the products.
    /// </summary>
    /// <remarks>Parameters: x BF16 <c>[rows, in]</c>, w BF16 <c>[out, in]</c>, y F32 <c>[rows, out]</c>, rows.</remarks>
    /// <param name="outSize">Columns of y, a multiple of 8.</param>
    /// <param name="inSize">K, a multiple of 8.</param>
    /// <param name="arch">The target, sm_80 at least.</param>
    /// <exception cref="ArgumentException">A size is no multiple of 8.</exception>
    public static GpuKernel Ptx(int outSize, int inSize, GpuArch arch)
    {
        Check(outSize, inSize);
        return PtxBuilder.Kernel($"mat_mul_bf16_{outSize}_{inSize}", arch, Threads, k => new Tiles(k, outSize, inSize).Run());
    }

    /// <summary>The program of a block.</summary>
    private sealed class Tiles
    {
        private const int WarpRows = 64, WarpColumns = 32, FragmentRows = 16, FragmentColumns = 8;
        private readonly PtxBuilder _k;
        private readonly int _outSize, _inSize, _step, _stages;
        private readonly Global<F32> _y;
        private readonly U32 _rows, _warpRow, _warpColumn;
        private readonly Loader _xLoader, _wLoader;
        private readonly SharedTile<BF16x2> _x, _w;
        private readonly Shared<BF16x2> _xPlace, _wPlace;
        private readonly FragmentC<F32>[,] _sums, _totals;

        public Tiles(PtxBuilder k, int outSize, int inSize)
        {
            (_k, _outSize, _inSize, _step) = (k, outSize, inSize, Step(inSize));
            Global<BF16> x = k.PointerParam<BF16>("x"), w = k.PointerParam<BF16>("w");
            _y = k.PointerParam<F32>("y");
            _rows = k.U32Param("rows");
            int stageBytes = 2 * TileSize * 2 * _step;
            _stages = Math.Min(4, k.Arch.SharedBytesPerBlock / stageBytes);
            _x = k.SharedTile<BF16x2>("x_tile", TileSize, Swizzle(inSize), _stages);
            _w = k.SharedTile<BF16x2>("w_tile", TileSize, Swizzle(inSize), _stages);

            U32 firstRow = k.BlockX * TileSize, firstColumn = k.BlockY * TileSize, warp = k.ThreadX >> 5;
            _xLoader = new Loader(k, x, _x, firstRow, _rows, inSize);
            _wLoader = new Loader(k, w, _w, firstColumn, outSize, inSize);
            U32 rowInTile = (warp >> 2) * WarpRows, columnInTile = (warp & 3) * WarpColumns;
            (_warpRow, _warpColumn) = (firstRow + rowInTile, firstColumn + columnInTile);
            (U32 Row, U32 Chunk) inA = k.PlaceInA;
            (U32 Column, U32 Chunk) inB = k.PlaceInB;
            _xPlace = _x.Chunk(rowInTile + inA.Row, inA.Chunk);
            _wPlace = _w.Chunk(columnInTile + inB.Column, inB.Chunk);
            _sums = k.Accumulators<F32>(WarpRows / FragmentRows, WarpColumns / FragmentColumns, "sum");
            _totals = k.Accumulators<F32>(WarpRows / FragmentRows, WarpColumns / FragmentColumns, "total");
        }

        public void Run()
        {
            for (int stage = 0; stage < _stages - 1; stage++)
                Load(stage * _x.Length, stage * _step);

            // the ring's slots as distances from the first, in registers' worth
            U32 read = _k.Variable<U32>(0, "read"), write = _k.Variable<U32>((_stages - 1) * _x.Length, "write");
            U32 at = _k.Variable<U32>(0, "at");
            _k.For(1, Segments.Count + 1, nextSegment =>
            {
                U32 end = SegmentEnd(_inSize, nextSegment);
                _k.While(() => at < end, () =>
                {
                    _k.WaitCopies(_stages - 2);
                    _k.Barrier();   // the tile is whole, and nobody reads the slot behind it any more
                    Load(write, at + (_stages - 1) * _step);
                    Multiply(read);
                    Advance(read);
                    Advance(write);
                    _k.Set(at, at + _step);
                });
                AddSegment();
            });
            Store();
        }

        private void Load(U32 slot, U32 at)
        {
            _xLoader.Load(slot, at);
            _wLoader.Load(slot, at);
            _k.CommitCopies();
        }

        private void Multiply(U32 slot)
        {
            Shared<BF16x2> x = _xPlace.Offset(slot), w = _wPlace.Offset(slot);
            for (int chunk = 0; chunk < _step / 8; chunk += 2)
            {
                Shared<BF16x2> xStep = _x.Further(x, chunk), wStep = _w.Further(w, chunk);
                FragmentA<BF16x2>[] a = [.. Enumerable.Range(0, WarpRows / 16).Select(i => _k.LoadA(xStep.Offset(16 * i * _x.RowBytes / 4)))];
                FragmentB<BF16x2>[] b = [.. Enumerable.Range(0, WarpColumns / 16).SelectMany(i => _k.LoadB(wStep.Offset(16 * i * _w.RowBytes / 4)))];
                for (int row = 0; row < a.Length; row++)
                {
                    for (int column = 0; column < b.Length; column++)
                        _k.Mma(a[row], b[column], _sums[row, column]);
                }
            }
        }

        private void Advance(U32 slot)
        {
            U32 next = slot + _x.Length;
            _k.Set(slot, _k.Select(next == _stages * _x.Length, 0, next));
        }

        private void AddSegment()
        {
            foreach ((FragmentC<F32> sum, FragmentC<F32> total) in _sums.Cast<FragmentC<F32>>().Zip(_totals.Cast<FragmentC<F32>>()))
            {
                for (int i = 0; i < 4; i++)
                {
                    _k.Set(total[i], total[i] + sum[i]);
                    _k.Set(sum[i], 0);
                }
            }
        }

        private void Store()
        {
            for (int i = 0; i < _totals.GetLength(0); i++)
            {
                AccumulatorPair<F32>[][] pairs = [.. Enumerable.Range(0, _totals.GetLength(1)).Select(j => _k.Pairs(_totals[i, j]))];
                for (int half = 0; half < 2; half++)
                {
                    U32 row = _warpRow + FragmentRows * i + pairs[0][half].Row, column = _warpColumn + pairs[0][half].Column;
                    _k.If(row < _rows, () =>
                    {
                        Global<V2<F32>> y = _y.Row(row, _outSize).Offset(column).Cast<V2<F32>>();
                        for (int j = 0; j < pairs.Length; j++)
                            _k.If(column + FragmentColumns * j < _outSize, () => y[FragmentColumns / 2 * j] = pairs[j][half].Values);
                    });
                }
            }
        }
    }

    /// <summary>A thread's part of copying tiles of one matrix: some rows of one chunk of 16 bytes.</summary>
    private sealed class Loader
    {
        private readonly PtxBuilder _k;
        private readonly Global<BF16> _source;
        private readonly Shared<BF16x2> _target;
        private readonly U32[] _bytes;
        private readonly U32 _firstOfChunk;
        private readonly int _inSize, _rowsAtOnce, _rowBytes;

        public Loader(PtxBuilder k, Global<BF16> matrix, SharedTile<BF16x2> tile, U32 firstRow, U32 rows, int inSize)
        {
            (_k, _inSize, _rowBytes) = (k, inSize, tile.RowBytes);
            int chunks = tile.RowBytes / 16;
            _rowsAtOnce = Math.Min(TileSize, Threads / chunks);
            U32 row = k.ThreadX / chunks, chunk = k.ThreadX % chunks;
            _source = matrix.Row(firstRow + row, inSize).Offset(chunk * 8);
            _target = tile.Chunk(row, chunk);
            _firstOfChunk = chunk * 8;
            _bytes = [.. Enumerable.Range(0, TileSize / _rowsAtOnce).Select(i => k.Select<U32>(firstRow + row + _rowsAtOnce * i < rows, 16, 0))];
        }

        /// <summary>Begins to copy the tile at k = <paramref name="at"/>; what is outside of the matrix becomes zero.</summary>
        public void Load(U32 slot, U32 at)
        {
            U32 present = _k.Select<U32>(at + _firstOfChunk < _inSize, 16, 0);
            Global<BF16x2> source = _source.Offset(at).Cast<BF16x2>();
            Shared<BF16x2> target = _target.Offset(slot);
            for (int i = 0; i < _bytes.Length; i++)
            {
                _k.CopyAsync(target.Offset(i * _rowsAtOnce * _rowBytes / 4), source.Offset(i * _rowsAtOnce * _inSize / 2), 16,
                    new CopyOptions { SourceBytes = U32.Min(_bytes[i], present), Prefetch = L2Prefetch.Bytes128 });
            }
        }
    }
}
