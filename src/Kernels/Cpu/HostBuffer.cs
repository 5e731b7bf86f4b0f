using System.Runtime.InteropServices;

namespace Puna.Kernels.Cpu;

/// <summary>
/// A run of bytes in host memory, larger than an array may be. It owns its memory when made by
/// <see cref="Allocate"/>, and only lends it when made by <see cref="Lend"/>.
/// </summary>
public sealed unsafe class HostBuffer : IDisposable
{
    private const int Alignment = 64;   // a cache line, and the widest vector
    private const long PagesFrom = 4 << 20;   // from here on whole pages, large ones where the system has them
    private void* _allocation;   // what is to be freed: null when the memory was lent
    private byte* _address;

    private HostBuffer(byte* address, long bytes, void* allocation)
    {
        _address = address;
        _allocation = allocation;
        Bytes = bytes;
    }

    /// <summary>Frees memory that nobody disposed.</summary>
    ~HostBuffer() => Free();

    /// <summary>Length in bytes.</summary>
    public long Bytes { get; }

    /// <summary>
    /// Allocates <paramref name="bytes"/> zeroed bytes, aligned to 64; the system gives a page when it is first touched,
    /// and large pages to large buffers where it can.
    /// </summary>
    /// <exception cref="OutOfCapacityException">The machine does not have that much memory.</exception>
    public static HostBuffer Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return (UsesPages(bytes) ? AllocatePages(bytes) : AllocateSmall(bytes)) ?? throw new OutOfCapacityException(
            $"memory: {bytes:N0} bytes were asked for, but the machine did not give them. "
            + "Use a smaller model or context, or a machine with more memory.");
    }

    /// <summary>Wraps memory that belongs to someone else, who must keep it alive for as long as this is used.</summary>
    /// <param name="address">First byte.</param>
    /// <param name="bytes">Length in bytes.</param>
    public static HostBuffer Lend(byte* address, long bytes) => new(address, bytes, allocation: null);

    /// <summary>The elements from byte <paramref name="offset"/> on.</summary>
    /// <param name="offset">Distance from the start, in bytes.</param>
    /// <param name="count">Number of elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public Span<T> Span<T>(long offset, int count)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_address is null, this);
        if (offset < 0 || count < 0 || offset > Bytes - (long)count * sizeof(T))
            throw new ArgumentOutOfRangeException(nameof(offset),
                $"HostBuffer: {count} elements of {sizeof(T)} bytes at byte {offset} leave a buffer of {Bytes} bytes.");
        return new Span<T>(_address + offset, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private static bool UsesPages(long bytes) => bytes >= PagesFrom && SystemMemory.IsSupported;

    private static HostBuffer? AllocatePages(long bytes)
    {
        byte* address = SystemMemory.Allocate(bytes + Alignment);   // so that a tail may be read as a whole vector
        return address is null ? null : new HostBuffer(address, bytes, address);
    }

    private static HostBuffer? AllocateSmall(long bytes)
    {
        // One vector of slack to align by, and one for the tail.
        if (bytes > long.MaxValue - 2 * Alignment)
            return null;
        try
        {
            void* allocation = NativeMemory.AllocZeroed((nuint)(bytes + 2 * Alignment));
            byte* address = (byte*)(((nuint)allocation + Alignment - 1) & ~(nuint)(Alignment - 1));
            return new HostBuffer(address, bytes, allocation);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    private void Free()
    {
        if (UsesPages(Bytes) && _allocation is not null)
            SystemMemory.Free((byte*)_allocation, Bytes + Alignment);
        else
            NativeMemory.Free(_allocation);
        _allocation = null;
        _address = null;
    }
}
