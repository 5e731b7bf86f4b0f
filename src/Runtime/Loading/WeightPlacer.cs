using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;
using Puna.Kernels;
using Puna.Kernels.Cpu;

namespace Puna.Runtime.Loading;

/// <summary>
/// Gives tensors of files a place in memory: in the mapped file, or in memory of their own, which <see cref="ReadAll"/>
/// then fills with several reads at a time. Peak memory is what is loaded; no piece is buffered twice.
/// </summary>
internal sealed class WeightPlacer : IDisposable
{
    private const int PieceBytes = 8 << 20;

    private readonly LoadOptions _options;
    private readonly Dictionary<SafetensorsFile, SafeFileHandle> _handles = [];
    private readonly Dictionary<SafetensorsFile, MappedFile> _maps = [];
    private readonly List<IDisposable> _owned = [];
    private readonly List<Read> _reads = [];

    /// <summary>Opens the files, and maps them when that is wanted.</summary>
    public WeightPlacer(Checkpoint checkpoint, LoadOptions options)
    {
        _options = options;
        try
        {
            foreach (SafetensorsFile file in checkpoint.Files)
            {
                _handles.Add(file, file.OpenHandle());
                if (options.UseMapping)
                    _maps.Add(file, new MappedFile(file));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A place for a tensor as it is stored; its elements are there after <see cref="ReadAll"/>.</summary>
    public Tensor Place(CheckpointTensor tensor, long rows, long cols)
    {
        if (!tensor.Entry.DType.TryToKernel(out DType type))
            throw new ArgumentException($"WeightPlacer: {tensor.Entry.DType} is no type of kernels.", nameof(tensor));
        long begin = tensor.File.Table.DataStart + tensor.Entry.Begin, end = begin + tensor.Entry.Bytes;
        if (_maps.TryGetValue(tensor.File, out MappedFile? map) && map.CanUse(begin, end, type.ByteSize()))
            return new Tensor(map.Buffer, begin, type, rows, cols);

        HostBuffer buffer = HostBuffer.Allocate(tensor.Entry.Bytes);
        _owned.Add(buffer);
        for (long done = 0; done < tensor.Entry.Bytes; done += PieceBytes)
        {
            int bytes = (int)Math.Min(PieceBytes, tensor.Entry.Bytes - done);
            _reads.Add(new Read(tensor.File, begin + done, buffer, done, bytes));
        }

        return new Tensor(buffer, 0, type, rows, cols);
    }

    /// <summary>An F32 vector of its own, <c>[1, cols]</c>; the caller fills it.</summary>
    public Tensor PlaceVector(long cols)
    {
        Tensor vector = Tensor.Allocate(DType.F32, 1, cols);
        _owned.Add(vector.Buffer);
        return vector;
    }

    /// <summary>Reads bytes of a tensor at once.</summary>
    public void ReadNow(CheckpointTensor tensor, long offset, Span<byte> bytes) => SafetensorsFile.ReadFully(
        _handles[tensor.File], bytes, tensor.File.Table.DataStart + tensor.Entry.Begin + offset, tensor.File.Name);

    /// <summary>Reads every tensor that has memory of its own.</summary>
    public void ReadAll(CancellationToken cancellation)
    {
        // In the order of the files, which is the order in which disks are fast.
        _reads.Sort((a, b) => a.File.Name != b.File.Name
            ? string.CompareOrdinal(a.File.Name, b.File.Name) : a.FileOffset.CompareTo(b.FileOffset));
        long total = _reads.Sum(r => (long)r.Bytes), done = 0;
        var gate = new Lock();
        try
        {
            Parallel.ForEach(
                Partitioner.Create(_reads, EnumerablePartitionerOptions.NoBuffering),
                new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = cancellation },
                read =>
                {
                    Span<byte> target = read.Buffer.Span<byte>(read.BufferOffset, read.Bytes);
                    SafetensorsFile.ReadFully(_handles[read.File], target, read.FileOffset, read.File.Name);
                    lock (gate)
                    {
                        done += read.Bytes;
                        _options.Progress?.Report(new LoadProgress(done, total));
                    }
                });
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);   // the reads fail for one reason: say that one
        }
    }

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
        foreach (SafeFileHandle handle in _handles.Values)
            handle.Dispose();
    }

    private readonly record struct Read(
        SafetensorsFile File, long FileOffset, HostBuffer Buffer, long BufferOffset, int Bytes);
}
