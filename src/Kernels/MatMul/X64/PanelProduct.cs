using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Puna.Kernels.Cpu;

namespace Puna.Kernels;

/// <summary>Some panels of one part of a product, for a block of rows.</summary>
/// <param name="Part">Index among the parts in panels.</param>
/// <param name="Panel">The first panel.</param>
/// <param name="PanelCount">How many.</param>
/// <param name="Column">The first column of the output.</param>
/// <param name="ColumnCount">Columns of the output.</param>
/// <param name="Rows">The rows.</param>
internal readonly record struct PanelItem(int Part, int Panel, int PanelCount, int Column, int ColumnCount, RowBlock Rows);

/// <summary>
/// A product of a block of rows with the parts of a weight that lie in panels, made ready: activations packed, kernels
/// found, panels shared out into items. One object serves one product after the other and keeps its memory.
/// </summary>
/// <param name="kernels">The machine's kernels.</param>
/// <param name="pool">The threads.</param>
internal sealed unsafe class PanelProduct(PanelKernels kernels, CpuPool pool) : IDisposable
{
    /// <summary>The most rows of a product.</summary>
    public const int MostRows = 512;

    private const int CallerPacks = 1 << 14;              // as many words are packed before another thread has woken
    private const int SegmentBytes = 512 << 10;           // of a block's activations in a segment: a second-level cache keeps them
    private const int SumsBytes = 64 << 10;               // of a group of panels
    private const long MostItemBytes = 128 << 10, LeastItemBytes = 16 << 10;   // of weights, where rows are few
    private const int ItemsPerThread = 4, BlockItemsPerThread = 16;
    private const long StreamAhead = 6144;                // bytes of weights

    private HostBuffer? _memory;
    private PanelPart[] _parts = new PanelPart[4];
    private int _partCount;
    private RowTiles _tiles;
    private Tensor? _bias;

    /// <summary>Blocks of rows: products of different blocks may be done by different threads.</summary>
    public int BlockCount => _tiles.BlockCount;

    /// <summary>The rows of a block.</summary>
    public RowBlock Block(int block) => _tiles.Block(block);

    /// <summary>Items of work: each some panels of one part.</summary>
    public int ItemCount { get; private set; }

    /// <summary>How threads share the items: with few rows, panels are streamed; with many, neighbouring items share a panel.</summary>
    public ItemOrder Order => _tiles.BlockCount == 1 ? ItemOrder.Runs : ItemOrder.Shared;

    /// <summary>Packs <paramref name="x"/> in every way that the parts want, on the pool when it is much.</summary>
    /// <param name="x">F32 <c>[1 to 512, in]</c>.</param>
    /// <param name="weight">The weight; parts that lie in rows are left out.</param>
    public void Prepare(Tensor x, Linear weight)
    {
        Debug.Assert(x.Rows is >= 1 and <= MostRows);
        int rowBytes = sizeof(float) * (int)x.Cols / Segments.Count + 1;
        _tiles = new RowTiles((int)x.Rows, Math.Clamp(SegmentBytes / rowBytes, 4 * PanelRegisters.MostRows, MostRows));
        (_bias, _partCount, ItemCount) = (weight.Bias, 0, 0);
        if (_parts.Length < weight.Parts.Length)
            _parts = new PanelPart[weight.Parts.Length];
        long bytes = 0;
        int column = 0;
        foreach (Part part in weight.Parts)
        {
            if (part.Layout == WeightLayout.Panels && part.Rows > 0)
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
                Pack(new ActivationPacker(x, _tiles, part.Packing, part.Packed), (long)_tiles.Rows * part.Packing.WordsOf((int)x.Cols));
        }
    }

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
        int group = (item - part.FirstItem) / _tiles.BlockCount;
        RowBlock rows = _tiles.Block((item - part.FirstItem) % _tiles.BlockCount);
        int panel = group * part.ItemPanels;
        int count = Math.Min(part.ItemPanels, part.PanelCount - panel), first = panel * Panels.RowCount;
        int columns = Math.Min(count * Panels.RowCount, (int)part.Part.Rows - first);
        return new PanelItem(index, panel, count, part.Column + first, columns, rows);
    }

    /// <summary>Does one item.</summary>
    /// <param name="item">0 to <see cref="ItemCount"/> − 1.</param>
    /// <param name="y">The product's output, F32 <c>[rows, out]</c>.</param>
    public void MultiplyItem(int item, Tensor y)
    {
        PanelItem piece = ItemAt(item);
        float* first = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(y.Row<float>(piece.Rows.FirstRow)));
        Multiply(piece.Part, piece.Panel, piece.PanelCount, piece.Rows, first + piece.Column, y.Cols);
    }

    /// <summary>Multiplies a block of rows with some panels of a part, adds the bias and stores: to the output, or anywhere else.</summary>
    /// <param name="part">Index of the part among those in panels.</param>
    /// <param name="panel">The first panel.</param>
    /// <param name="count">How many, at least 1 and not many: sums of all lie on the stack where there are several tiles.</param>
    /// <param name="rows">Which block of rows.</param>
    /// <param name="y">Takes the block's first row, from the first panel's first column on; columns that the part does not have are not written.</param>
    /// <param name="stride">Floats from one row of the output to the next.</param>
    [SkipLocalsInit]
    public void Multiply(int part, int panel, int count, RowBlock rows, float* y, long stride)
    {
        ref readonly PanelPart work = ref _parts[part];
        bool isStream = _tiles.Count == 1;   // panel after panel; else panels take turns in each segment
        float* room = stackalloc float[rows.Rows * Panels.RowCount * (isStream ? 1 : count) + 16];
        int* steps = stackalloc int[Segments.Count];
        work.CopySteps(steps);
        int column = panel * Panels.RowCount;
        long lastColumns = work.Part.Rows - column - (count - 1) * Panels.RowCount;
        PanelArguments arguments = new()
        {
            PanelBytes = work.Part.Codes.Cols,
            GroupPanels = isStream ? 1 : count,
            SegmentSteps = steps,
            Sums = (float*)(((nint)room + 63) & ~63),
            YStride = stride * sizeof(float),
            LastColumns = lastColumns >= Panels.RowCount ? uint.MaxValue : (1u << (int)lastColumns) - 1,
            ScaleStride = work.Part.Format.ScaleGroups > 1 ? work.Part.Scales!.Value.Cols * sizeof(float) : 0,
            CodeSumStride = work.Part.CodeSums is { } sums ? sums.Cols * sizeof(int) : 0,
            PrefetchBytes = work.Part.Codes.Cols,
            LastPrefetchBytes = isStream ? StreamAhead : -(count - 1) * work.Part.Codes.Cols,   // back to the first panel, a segment on
            LastPrefetchPerStep = isStream ? 0 : Panels.StepBytes(work.Part.Format.DType),
        };
        int smallRows = rows.LargeCount * _tiles.LargeRows;   // rows before the small tiles
        if (rows.LargeCount > 0)
            Call(work.LargeCode, in work, panel, isStream ? count : 1, rows.LargeCount, rows.FirstRow, y, ref arguments);
        if (rows.SmallCount > 0)
            Call(work.SmallCode, in work, panel, 1, rows.SmallCount, rows.FirstRow + smallRows, y + smallRows * stride, ref arguments);
    }

    /// <inheritdoc/>
    public void Dispose() => _memory?.Dispose();

    private void Call(nint code, in PanelPart work, int panel, int groups, int tiles, int firstRow, float* y, ref PanelArguments arguments)
    {
        arguments.Weights = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(work.Part.Codes.Row<byte>(panel)));
        arguments.GroupCount = groups;
        arguments.X = (byte*)work.Packed + 4L * firstRow * work.Packing.WordsOf((int)work.Part.Cols);
        arguments.RowScales = (float*)(work.Packed + (nint)ActivationPacker.ScaleOffset(_tiles, work.Packing, (int)work.Part.Cols))
            + firstRow * work.Packing.RowScales;
        arguments.TileCount = tiles;
        arguments.Y = y;
        arguments.Bias = _bias is { } bias
            ? (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bias.Row<float>(0))) + work.Column + panel * Panels.RowCount
            : null;
        arguments.Scales = Start<float>(work.Part.Scales, panel);
        arguments.CodeSums = Start<int>(work.Part.CodeSums, panel);
        ((delegate* unmanaged<PanelArguments*, void>)code)((PanelArguments*)Unsafe.AsPointer(ref arguments));
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
        PanelPart work = new(part, kernel, column)
        {
            LargeCode = kernel.Address(_tiles.LargeRows),
            SmallCode = _tiles.HasSmall ? kernel.Address(_tiles.LargeRows - 1) : 0,
            PanelCount = panelCount,
            ItemPanels = ItemPanels(part.Codes),
            FirstItem = ItemCount,
            PackedOffset = bytes,
            IsFirstOfPacking = true,
        };
        for (int i = 0; i < _partCount; i++)
        {
            if (_parts[i].Packing == work.Packing)
                (work.PackedOffset, work.IsFirstOfPacking) = (_parts[i].PackedOffset, false);
        }

        ItemCount += (panelCount + work.ItemPanels - 1) / work.ItemPanels * _tiles.BlockCount;
        _parts[_partCount++] = work;
        return work.IsFirstOfPacking ? (bytes + ActivationPacker.Bytes(_tiles, work.Packing, (int)part.Cols) + 63) / 64 * 64 : bytes;
    }

    /// <summary>Panels of an item: enough to be worth taking, few enough for the threads to end together.</summary>
    private int ItemPanels(Tensor panels)
    {
        long bytes = Math.Clamp(panels.Bytes / ((long)pool.ThreadCount * ItemsPerThread), LeastItemBytes, MostItemBytes);
        long most = bytes / panels.Cols;
        if (_tiles.Count > 1)
        {
            // sums of all panels stay in a second-level cache, and so do the panels where few tiles read them
            long inCache = SumsBytes / (sizeof(float) * Panels.RowCount * (_tiles.Rows / _tiles.BlockCount));
            inCache = _tiles.Count < 4 ? Math.Min(inCache, 2 * most) : inCache;
            most = Math.Min(inCache, panels.Rows * _tiles.BlockCount / ((long)pool.ThreadCount * BlockItemsPerThread));
        }

        return (int)Math.Max(1, Math.Min(most, panels.Rows));
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
        public ActivationPacking Packing = Kernel.PackingOf(Part.Format);
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
