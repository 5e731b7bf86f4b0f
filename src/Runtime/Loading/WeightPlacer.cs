using Puna.Kernels;
using Puna.Kernels.Cpu;

namespace Puna.Runtime.Loading;

/// <summary>
/// Gives tensors of files a place: in the mapped file, in memory of their own as they are stored, or in a part of another
/// format or layout, which they reach piece by piece. <see cref="ReadAll"/> then fills all of them.
/// </summary>
internal sealed class WeightPlacer : IDisposable
{
    private const long DirectBytes = 8 << 20;   // of a piece that is read to its place
    private const long StagedBytes = 1 << 20;   // of one that is converted: it should still be in a core's cache then
    private const int PanelRows = 32;

    private readonly WeightReader _reader;
    private readonly PackedFile? _packed;
    private readonly List<IDisposable> _owned = [];
    private readonly Dictionary<SafetensorsFile, MappedFile> _maps = [];
    private readonly List<PackedPart> _parts = [];

    /// <summary>Opens the files, and maps them when that is wanted.</summary>
    /// <param name="checkpoint">The files.</param>
    /// <param name="options">How they are read.</param>
    /// <param name="packed">Where parts are found instead, if anywhere.</param>
    public WeightPlacer(Checkpoint checkpoint, LoadOptions options, PackedFile? packed = null)
    {
        SafetensorsFile[] files = packed is null ? [.. checkpoint.Files] : [.. checkpoint.Files, packed.File];
        _packed = packed;
        _reader = new WeightReader(files, options);
        try
        {
            if (options.UseMapping)
            {
                foreach (SafetensorsFile file in files)
                    _maps.Add(file, new MappedFile(file));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The parts that were given a place, in the order in which they were.</summary>
    public IReadOnlyList<PackedPart> Parts => _parts;

    /// <summary>A weight of a product; its elements are there after <see cref="ReadAll"/>.</summary>
    /// <param name="tensor">What the file holds.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="cols">Its columns.</param>
    /// <param name="format">What it becomes.</param>
    /// <param name="layout">How its rows will lie.</param>
    /// <param name="check">Sees every row as it is stored, unless it was seen when the weights were packed.</param>
    public Part Place(CheckpointTensor tensor, long rows, long cols, PartFormat format, WeightLayout layout, RowsUse? check = null)
    {
        Part part = Find(tensor, rows, cols, format, layout, check);
        _parts.Add(new PackedPart(tensor.Entry.Name, part));
        return part;
    }

    /// <summary>A table as it is stored, row after row.</summary>
    /// <param name="tensor">What the file holds.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="cols">Its columns.</param>
    /// <param name="use">Sees every row.</param>
    public Tensor PlaceRows(CheckpointTensor tensor, long rows, long cols, RowsUse? use)
    {
        DType type = KernelType(tensor);
        long begin = tensor.File.Table.DataStart + tensor.Entry.Begin, end = begin + tensor.Entry.Bytes;
        if (_maps.TryGetValue(tensor.File, out MappedFile? map) && map.CanUse(begin, end, type.ByteSize()))
        {
            Tensor mapped = new(map.Buffer, begin, type, rows, cols);
            if (use is not null)
                AddPieces(tensor, mapped, DirectBytes, use, isThere: true);
            return mapped;
        }

        Tensor table = Tensor.Allocate(type, rows, cols);
        _owned.Add(table.Buffer);
        AddPieces(tensor, table, DirectBytes, use);
        return table;
    }

    /// <summary>An F32 vector of its own, <c>[1, cols]</c>; the caller fills it.</summary>
    public Tensor PlaceVector(long cols)
    {
        Tensor vector = Tensor.Allocate(DType.F32, 1, cols);
        _owned.Add(vector.Buffer);
        return vector;
    }

    /// <inheritdoc cref="WeightReader.ReadNow"/>
    public void ReadNow(CheckpointTensor tensor, long offset, Span<byte> bytes) => _reader.ReadNow(tensor, offset, bytes);

    /// <summary>Reads every tensor that has memory of its own.</summary>
    public void ReadAll(CancellationToken cancellation) => _reader.ReadAll(cancellation);

    /// <summary>Hands over what holds the weights; the caller disposes it.</summary>
    public IDisposable[] TakeOwned()
    {
        IDisposable[] owned = [.. _owned, .. _maps.Values];
        _owned.Clear();
        _maps.Clear();
        return owned;
    }

    /// <summary>Closes the files, and frees what was not taken.</summary>
    public void Dispose()
    {
        foreach (IDisposable owned in TakeOwned())
            owned.Dispose();
        _reader.Dispose();
    }

    private Part Find(CheckpointTensor tensor, long rows, long cols, PartFormat format, WeightLayout layout, RowsUse? check)
    {
        if (_packed is not null)
            return PlacePacked(_packed, tensor.Entry.Name, rows, cols, format, layout);
        if (format.DType == KernelType(tensor) && layout == WeightLayout.Rows)
            return new Part(PlaceRows(tensor, rows, cols, check), format.Activations);

        Part part = Part.Allocate(format, layout, rows, cols);
        _owned.Add(part.Codes.Buffer);
        AddPieces(tensor, new Tensor(null!, 0, KernelType(tensor), rows, cols), StagedBytes,   // null: no place of their own
            check + ((piece, firstRow) => part.Fill(firstRow, piece)));
        return part;
    }

    private Part PlacePacked(PackedFile packed, string name, long rows, long cols, PartFormat format, WeightLayout layout)
    {
        CheckpointTensor tensor = packed.Find(name);
        long begin = packed.File.Table.DataStart + tensor.Entry.Begin;
        long bytes = Part.ByteSize(format, layout, rows, cols);
        if (_maps.TryGetValue(packed.File, out MappedFile? map) && map.CanUse(begin, begin + bytes, elementBytes: 1))
            return Part.At(map.Buffer, begin, format, layout, rows, cols);

        HostBuffer buffer = HostBuffer.Allocate(bytes);
        _owned.Add(buffer);
        for (long offset = 0; offset < bytes; offset += PackedFile.PieceBytes)
        {
            Tensor piece = new(buffer, offset, DType.I8, 1, Math.Min(PackedFile.PieceBytes, bytes - offset));
            _reader.Add(new PieceRead(packed.File, begin + offset, piece, offset / PackedFile.PieceBytes,
                (data, index) => packed.Check(name, index, data)));
        }

        return Part.At(buffer, 0, format, layout, rows, cols);
    }

    /// <summary>Cuts a table into pieces of whole panels.</summary>
    private void AddPieces(CheckpointTensor tensor, Tensor table, long pieceBytes, RowsUse? use, bool isThere = false)
    {
        long rowBytes = table.Cols * table.DType.ByteSize();
        long count = Math.Max(1, pieceBytes / (rowBytes * PanelRows)) * PanelRows;
        long begin = tensor.File.Table.DataStart + tensor.Entry.Begin;
        for (long row = 0; row < table.Rows; row += count)
        {
            Tensor rows = table.RowRange(row, Math.Min(count, table.Rows - row));
            _reader.Add(new PieceRead(tensor.File, begin + row * rowBytes, rows, row, use) { IsThere = isThere });
        }
    }

    private static DType KernelType(CheckpointTensor tensor) => tensor.Entry.DType.TryToKernel(out DType type)
        ? type
        : throw new ArgumentException($"WeightPlacer: {tensor.Entry.DType} is no type of kernels.", nameof(tensor));
}
