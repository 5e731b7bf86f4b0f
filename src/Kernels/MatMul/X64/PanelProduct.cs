using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>Some panels of one part of a product.</summary>
/// <param name="Part">Index among the parts in panels.</param>
/// <param name="Panel">The first panel.</param>
/// <param name="PanelCount">How many.</param>
/// <param name="Column">The first column of the output.</param>
/// <param name="ColumnCount">Columns of the output.</param>
internal readonly record struct PanelItem(int Part, int Panel, int PanelCount, int Column, int ColumnCount);

/// <summary>
/// A product of a block of rows with the parts of a weight that lie in panels, made ready: activations packed, kernels
/// found, panels shared out into items. One object serves one product after the other and keeps its memory.
/// </summary>
/// <param name="kernels">The machine's kernels.</param>
/// <param name="pool">The threads.</param>
internal sealed unsafe class PanelProduct(PanelKernels kernels, CpuPool pool) : IDisposable
{
    /// <summary>The most rows of a block: sums of a panel, 64 KB, stay in a second-level cache.</summary>
    public const int MostRows = 512;

    private const int CallerPacks = 1 << 14;     // as many words are packed before another thread has woken
    private const long MostItemBytes = 128 << 10, LeastItemBytes = 16 << 10;   // of weights, for one tile of rows
    private const int ItemsPerThread = 4;
    private const long StreamAhead = 2048;       // bytes of weights; for many tiles: one segment

    private HostBuffer? _memory;
    private PanelPart[] _parts = new PanelPart[4];
    private int _partCount;
    private RowTiles _tiles;
    private Tensor? _bias;

    /// <summary>Items of work: each some panels of one part.</summary>
    public int ItemCount { get; private set; }

    /// <summary>Packs <paramref name="x"/> in every way that the parts want, on the pool when it is much.</summary>
    /// <param name="x">F32 <c>[1 to 512, in]</c>.</param>
    /// <param name="weight">The weight; parts that lie in rows are left out.</param>
    public void Prepare(Tensor x, Linear weight)
    {
        Debug.Assert(x.Rows is >= 1 and <= MostRows);
        (_tiles, _bias, _partCount, ItemCount) = (new RowTiles((int)x.Rows), weight.Bias, 0, 0);
        if (_parts.Length < weight.Parts.Length)
            _parts = new PanelPart[weight.Parts.Length];
        long bytes = 0;
        int column = 0;
        foreach (Part part in weight.Parts)
        {
            if (part.Layout == WeightLayout.Panels)
                bytes = Add(part, column, bytes);
            column += (int)part.Rows;
        }

        if (_memory is null || _memory.Bytes < bytes)
        {
            _memory?.Dispose();
            _memory = HostBuffer.Allocate(bytes);
        }

        byte* memory = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(_memory.Span<byte>(0, 1)));
        for (int i = 0; i < _partCount; i++)
        {
            ref PanelPart part = ref _parts[i];
            part.Packed = (nint)memory + (nint)part.PackedOffset;
            if (part.IsFirstOfPacking)
                Pack(new ActivationPacker(x, _tiles, part.Kernel.Packing, part.Packed), (long)_tiles.Rows * part.Kernel.Packing.WordsOf((int)x.Cols));
        }
    }

    /// <summary>Rows of the block.</summary>
    public int RowCount => _tiles.Rows;

    /// <summary>Items of one of the parts in panels; those of part 0 come first.</summary>
    public int ItemCountOf(int part) => (part + 1 < _partCount ? _parts[part + 1].FirstItem : ItemCount) - _parts[part].FirstItem;

    /// <summary>What belongs to an item: any thread may do any.</summary>
    /// <param name="item">0 to <see cref="ItemCount"/> − 1.</param>
    public PanelItem ItemAt(int item)
    {
        int index = 0;
        while (index + 1 < _partCount && _parts[index + 1].FirstItem <= item)
            index++;
        ref readonly PanelPart part = ref _parts[index];
        int panel = (item - part.FirstItem) * part.ItemPanels;
        int count = Math.Min(part.ItemPanels, part.PanelCount - panel), first = panel * Panels.RowCount;
        int columns = Math.Min(count * Panels.RowCount, (int)part.Part.Rows - first);
        return new PanelItem(index, panel, count, part.Column + first, columns);
    }

    /// <summary>Does one item.</summary>
    /// <param name="item">0 to <see cref="ItemCount"/> − 1.</param>
    /// <param name="y">The block's output, F32 <c>[rows, out]</c>.</param>
    public void MultiplyItem(int item, Tensor y)
    {
        PanelItem piece = ItemAt(item);
        float* first = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(y.Row<float>(0)));
        Multiply(piece.Part, piece.Panel, piece.PanelCount, first + piece.Column, y.Cols);
    }

    /// <summary>Multiplies the rows with some panels of a part, adds the bias and stores: to the output, or anywhere else.</summary>
    /// <param name="part">Index of the part among those in panels.</param>
    /// <param name="panel">The first panel.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="y">Takes the first row's first column; columns that the part does not have are not written.</param>
    /// <param name="stride">Floats from one row of the output to the next.</param>
    [SkipLocalsInit]
    public void Multiply(int part, int panel, int count, float* y, long stride)
    {
        float* room = stackalloc float[_tiles.Rows * Panels.RowCount + 16];
        ref readonly PanelPart work = ref _parts[part];
        PanelArguments arguments = new()
        {
            Sums = (float*)(((nint)room + 63) & ~63),
            YStride = stride * sizeof(float),
        };
        int* steps = stackalloc int[Segments.Count];
        work.CopySteps(steps);
        arguments.SegmentSteps = steps;
        arguments.ScaleStride = work.Part.Format.ScaleGroups > 1 ? work.Part.Scales!.Value.Cols * sizeof(float) : 0;
        arguments.CodeSumStride = work.Part.CodeSums is { } sums ? sums.Cols * sizeof(int) : 0;
        arguments.PrefetchBytes = _tiles.Count == 1 ? StreamAhead : (long)steps[0] * Panels.StepBytes(work.Part.Format.DType);

        int perCall = _tiles.SmallCount == 0 ? count : 1;   // two sizes of tiles: the panel is still in a cache for the second
        for (int done = 0; done < count; done += perCall)
        {
            int column = (panel + done) * Panels.RowCount;
            long columns = work.Part.Rows - column - (perCall - 1) * Panels.RowCount;
            arguments.LastColumns = columns >= Panels.RowCount ? uint.MaxValue : (1u << (int)columns) - 1;
            Call(in work, ref arguments, panel + done, perCall, column, y + done * Panels.RowCount, isLarge: true);
            if (_tiles.SmallCount > 0)
                Call(in work, ref arguments, panel + done, perCall, column, y + _tiles.RowsInLarge * stride + done * Panels.RowCount, isLarge: false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();

    private void Call(in PanelPart work, ref PanelArguments arguments, int panel, int count, int column, float* y, bool isLarge)
    {
        arguments.Weights = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(work.Part.Codes.Row<byte>(panel)));
        arguments.PanelCount = count;
        arguments.X = (byte*)work.Packed + (isLarge ? 0 : 4L * _tiles.RowsInLarge * work.Kernel.Packing.WordsOf((int)work.Part.Cols));
        arguments.TileCount = isLarge ? _tiles.LargeCount : _tiles.SmallCount;
        arguments.Y = y;
        arguments.Bias = _bias is { } bias
            ? (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bias.Row<float>(0))) + work.Column + column
            : null;
        arguments.Scales = Start<float>(work.Part.Scales, panel);
        arguments.CodeSums = Start<int>(work.Part.CodeSums, panel);
        ((delegate* unmanaged<PanelArguments*, void>)(isLarge ? work.LargeCode : work.SmallCode))((PanelArguments*)Unsafe.AsPointer(ref arguments));
    }

    /// <summary>What a table of columns holds for a panel, in its first row.</summary>
    private static T* Start<T>(Tensor? table, int panel)
        where T : unmanaged =>
        table is { Rows: > 0 } some ? (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(some.Row<T>(0))) + panel * Panels.RowCount : null;

    private long Add(Part part, int column, long bytes)
    {
        PanelKernel kernel = kernels.Find(part.Format) ?? throw new ArgumentException(
            $"MatMul: a part is {part}, but this machine has no kernel for it. Lay it out in rows, as the backend's LayoutOf says.");
        int panelCount = (int)part.Codes.Rows;
        long perThread = part.Codes.Bytes / ((long)pool.ThreadCount * ItemsPerThread);
        long itemBytes = Math.Clamp(perThread, LeastItemBytes, MostItemBytes) / _tiles.Count;
        PanelPart work = new(part, kernel, column)
        {
            LargeCode = kernel.Address(_tiles.LargeRows),
            SmallCode = _tiles.SmallCount > 0 ? kernel.Address(_tiles.LargeRows - 1) : 0,
            PanelCount = panelCount,
            ItemPanels = (int)Math.Clamp(itemBytes / part.Codes.Cols, 1, panelCount),
            FirstItem = ItemCount,
            PackedOffset = bytes,
            IsFirstOfPacking = true,
        };
        for (int i = 0; i < _partCount; i++)
        {
            if (_parts[i].Kernel.Packing == kernel.Packing)
                (work.PackedOffset, work.IsFirstOfPacking) = (_parts[i].PackedOffset, false);
        }

        ItemCount += (panelCount + work.ItemPanels - 1) / work.ItemPanels;
        _parts[_partCount++] = work;
        return work.IsFirstOfPacking ? (bytes + ActivationPacker.Bytes(_tiles, kernel.Packing, (int)part.Cols) + 63) / 64 * 64 : bytes;
    }

    private void Pack(ActivationPacker packer, long words)
    {
        if (words > CallerPacks)
        {
            pool.Run(_tiles.Count, packer, static (in ActivationPacker p, int tile) => ActivationPacker.Pack(in p, tile));
            return;
        }

        for (int tile = 0; tile < _tiles.Count; tile++)
            ActivationPacker.Pack(in packer, tile);
    }

    /// <summary>A part of the product at hand.</summary>
    private record struct PanelPart(Part Part, PanelKernel Kernel, int Column)
    {
        public nint LargeCode, SmallCode, Packed;
        public int PanelCount, ItemPanels, FirstItem;
        public long PackedOffset;
        public bool IsFirstOfPacking;

        /// <summary>Steps of each segment.</summary>
        public readonly void CopySteps(int* steps)
        {
            for (int segment = 0; segment < Segments.Count; segment++)
                steps[segment] = StepsBefore(segment + 1) - StepsBefore(segment);
        }

        private readonly int StepsBefore(int segment) => Panels.StepCount(Part.Format.DType, Segments.Start((int)Part.Cols, segment));
    }
}
