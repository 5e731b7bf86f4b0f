using System.IO.MemoryMappedFiles;
using Puna.Kernels.Cpu;

namespace Puna.Runtime.Loading;

/// <summary>A file of which the memory is a view, read-only; it owns the view.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private bool _isDisposed;

    /// <summary>Maps a whole file.</summary>
    public MappedFile(SafetensorsFile file)
    {
        _file = MemoryMappedFile.CreateFromFile(
            file.OpenHandle(), mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None,
            leaveOpen: false);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* address = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
        Buffer = HostBuffer.Lend(address + _view.PointerOffset, file.Table.FileLength);
    }

    /// <summary>The file's bytes; must not be written to.</summary>
    public HostBuffer Buffer { get; }

    /// <summary>
    /// Whether the bytes from <paramref name="begin"/> to <paramref name="end"/> may be used in place: their elements
    /// lie at multiples of their size, and a whole vector may be read at their end, as in memory that was allocated.
    /// </summary>
    public bool CanUse(long begin, long end, int elementBytes)
    {
        const int Vector = 64;
        long page = Environment.SystemPageSize;
        long mapped = (Buffer.Bytes + page - 1) / page * page;   // the rest of the last page is there, and zero
        return begin % elementBytes == 0 && end <= mapped - Vector;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        Buffer.Dispose();   // whoever still asks it gets an exception, not a fault
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
