using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;
using Puna.Kernels;
using Puna.Kernels.Cpu;

namespace Puna.Runtime.Loading;

/// <summary>Does something with rows of a tensor that were read.</summary>
/// <param name="rows">As they are stored, <c>[count, cols]</c>; valid until the call returns.</param>
/// <param name="firstRow">Which row of the tensor is the first of them.</param>
internal delegate void RowsUse(Tensor rows, long firstRow);

/// <summary>Some rows of a tensor that are to be read, or that lie in memory already.</summary>
/// <param name="File">The file.</param>
/// <param name="FileOffset">Where in it the rows begin.</param>
/// <param name="Rows">Where they go; without a buffer they are in memory only while they are used.</param>
/// <param name="FirstRow">Which row of the tensor is the first of them.</param>
/// <param name="Use">What is done with them then; null for nothing.</param>
internal sealed record PieceRead(SafetensorsFile File, long FileOffset, Tensor Rows, long FirstRow, RowsUse? Use)
{
    /// <summary>Whether the rows are in memory already: then they are only used.</summary>
    public bool IsThere { get; init; }

    /// <summary>Whether the rows get a place of their own.</summary>
    public bool IsStaged => Rows.Buffer is null;
}

/// <summary>
/// Reads pieces of files, several at a time, each to its place or into a buffer that its use empties. Peak memory is what
/// is loaded and one piece per thread.
/// </summary>
internal sealed class WeightReader : IDisposable
{
    private readonly LoadOptions _options;
    private readonly Dictionary<SafetensorsFile, SafeFileHandle> _handles = [];
    private readonly List<PieceRead> _pieces = [];
    private readonly ConcurrentBag<HostBuffer> _staging = [];

    /// <summary>Opens the files.</summary>
    public WeightReader(IEnumerable<SafetensorsFile> files, LoadOptions options)
    {
        _options = options;
        try
        {
            foreach (SafetensorsFile file in files)
                _handles.Add(file, file.OpenHandle());
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Adds a piece that <see cref="ReadAll"/> will read.</summary>
    public void Add(PieceRead piece) => _pieces.Add(piece);

    /// <summary>Reads bytes of a tensor at once.</summary>
    public void ReadNow(CheckpointTensor tensor, long offset, Span<byte> bytes) => SafetensorsFile.ReadFully(
        _handles[tensor.File], bytes, tensor.File.Table.DataStart + tensor.Entry.Begin + offset, tensor.File.Name);

    /// <summary>Reads every piece, and has it used.</summary>
    public void ReadAll(CancellationToken cancellation)
    {
        // In the order of the files, which is the order in which disks are fast.
        _pieces.Sort((a, b) => a.File.Name != b.File.Name
            ? string.CompareOrdinal(a.File.Name, b.File.Name) : a.FileOffset.CompareTo(b.FileOffset));
        long total = _pieces.Sum(p => p.Rows.Bytes), done = 0;
        long largest = _pieces.Where(p => p.IsStaged).Select(p => p.Rows.Bytes).DefaultIfEmpty().Max();
        var gate = new Lock();
        try
        {
            Parallel.ForEach(
                Partitioner.Create(_pieces, EnumerablePartitionerOptions.NoBuffering),
                new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = cancellation },
                piece =>
                {
                    Read(piece, largest);
                    lock (gate)
                    {
                        done += piece.Rows.Bytes;
                        _options.Progress?.Report(new LoadProgress(done, total));
                    }
                });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);   // the reads fail for one reason: say that one
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (HostBuffer buffer in _staging)
            buffer.Dispose();
        foreach (SafeFileHandle handle in _handles.Values)
            handle.Dispose();
    }

    private void Read(PieceRead piece, long largestStaged)
    {
        HostBuffer? staging = null;
        if (piece.IsStaged && !_staging.TryTake(out staging))
            staging = HostBuffer.Allocate(largestStaged);
        Tensor rows = staging is null ? piece.Rows : piece.Rows with { Buffer = staging, Offset = 0 };
        if (!piece.IsThere)
        {
            SafetensorsFile.ReadFully(_handles[piece.File], rows.Buffer.Span<byte>(rows.Offset, checked((int)rows.Bytes)),
                piece.FileOffset, piece.File.Name);
        }

        piece.Use?.Invoke(rows, piece.FirstRow);
        if (staging is not null)
            _staging.Add(staging);
    }
}
