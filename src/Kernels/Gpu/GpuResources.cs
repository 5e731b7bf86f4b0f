namespace Puna.Kernels.Gpu;

/// <summary>The kinds of owners that a GPU hands out.</summary>
public enum GpuResource
{
    /// <summary>A <see cref="DeviceBuffer"/>.</summary>
    DeviceMemory,

    /// <summary>A <see cref="PinnedBuffer"/>.</summary>
    PinnedMemory,

    /// <summary>A <see cref="GpuFunction"/>.</summary>
    Function,

    /// <summary>A <see cref="GpuStream"/>.</summary>
    Stream,

    /// <summary>A <see cref="GpuEvent"/>.</summary>
    Event,

    /// <summary>A <see cref="GpuGraph"/>.</summary>
    Graph,
}

/// <summary>Device memory with one owner.</summary>
public sealed class DeviceBuffer(IGpu gpu, ulong address, long bytes) : IDisposable
{
    private bool _isFreed;

    /// <summary>Address of the first byte on the device.</summary>
    /// <exception cref="ObjectDisposedException">The memory was returned.</exception>
    public ulong Address => _isFreed ? throw new ObjectDisposedException(nameof(DeviceBuffer)) : address;

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Returns the memory. Work that was queued before may still use it.</summary>
    public void Dispose()
    {
        if (!_isFreed)
            gpu.Free(GpuResource.DeviceMemory, (nint)address);
        _isFreed = true;
    }
}

/// <summary>Page-locked host memory with one owner.</summary>
public sealed unsafe class PinnedBuffer(IGpu gpu, nint address, long bytes) : IDisposable
{
    private bool _isFreed;

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Address of the first byte in the host's memory.</summary>
    public nint Address => _isFreed ? throw new ObjectDisposedException(nameof(PinnedBuffer)) : address;

    /// <summary>The bytes from <paramref name="offset"/> on.</summary>
    public Span<byte> Span(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Bytes - length);
        return new Span<byte>((byte*)Address + offset, length);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        if (!_isFreed)
            gpu.Free(GpuResource.PinnedMemory, address);
        _isFreed = true;
    }
}

/// <summary>A kernel that a device can launch, with what its compiler said.</summary>
/// <param name="gpu">The device.</param>
/// <param name="handle">The device's own name for it.</param>
/// <param name="kernel">What it was made from.</param>
/// <param name="report">What became of it.</param>
public sealed class GpuFunction(IGpu gpu, nint handle, GpuKernel kernel, CompilationReport report) : IDisposable
{
    private bool _isFreed;

    /// <summary>The device's own name for it.</summary>
    public nint Handle => _isFreed ? throw new ObjectDisposedException(nameof(GpuFunction)) : handle;

    /// <summary>What it was made from.</summary>
    public GpuKernel Kernel { get; } = kernel;

    /// <summary>What became of it.</summary>
    public CompilationReport Report { get; } = report;

    /// <summary>Unloads the code.</summary>
    public void Dispose()
    {
        if (!_isFreed)
            gpu.Free(GpuResource.Function, handle);
        _isFreed = true;
    }
}

/// <summary>What a device's compiler made of a kernel.</summary>
/// <param name="Registers">Registers per thread; 0 in the emulator.</param>
/// <param name="LocalBytes">Local memory per thread: spills and local arrays.</param>
/// <param name="StaticSharedBytes">Shared memory per block that the code itself asks for.</param>
/// <param name="Log">The compiler's own words; may be empty.</param>
public sealed record CompilationReport(int Registers, int LocalBytes, int StaticSharedBytes, string Log);

/// <summary>A queue of work on a device.</summary>
public sealed class GpuStream(IGpu gpu, nint handle) : IDisposable
{
    private bool _isFreed;

    /// <summary>The device's own name for it.</summary>
    public nint Handle => _isFreed ? throw new ObjectDisposedException(nameof(GpuStream)) : handle;

    /// <summary>Waits for the queue's work, and returns the queue.</summary>
    public void Dispose()
    {
        if (!_isFreed)
            gpu.Free(GpuResource.Stream, handle);
        _isFreed = true;
    }
}

/// <summary>A point in a queue.</summary>
public sealed class GpuEvent(IGpu gpu, nint handle) : IDisposable
{
    private bool _isFreed;

    /// <summary>The device's own name for it.</summary>
    public nint Handle => _isFreed ? throw new ObjectDisposedException(nameof(GpuEvent)) : handle;

    /// <summary>Returns the event.</summary>
    public void Dispose()
    {
        if (!_isFreed)
            gpu.Free(GpuResource.Event, handle);
        _isFreed = true;
    }
}

/// <summary>Recorded work. Buffers and functions that it names must outlive it.</summary>
public sealed class GpuGraph(IGpu gpu, nint handle) : IDisposable
{
    private bool _isFreed;

    /// <summary>The device's own name for it.</summary>
    public nint Handle => _isFreed ? throw new ObjectDisposedException(nameof(GpuGraph)) : handle;

    /// <summary>Returns the recording.</summary>
    public void Dispose()
    {
        if (!_isFreed)
            gpu.Free(GpuResource.Graph, handle);
        _isFreed = true;
    }
}
