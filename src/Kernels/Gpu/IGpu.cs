namespace Puna.Kernels.Gpu;

/// <summary>
/// A GPU: memory, compiled kernels, streams, events, graphs. Implemented by the driver (<c>Cuda.CudaGpu</c>) and by
/// the emulator (<c>Emulator.EmulatedGpu</c>). Owners (<see cref="DeviceBuffer"/>, <see cref="GpuFunction"/>,
/// <see cref="GpuStream"/>, <see cref="GpuEvent"/>, <see cref="GpuGraph"/>) return what they hold when disposed; what is
/// left then goes with the GPU itself. Calls may come from any thread; one stream takes calls from one thread at a time.
/// </summary>
public interface IGpu : IDisposable
{
    /// <summary>What the device is.</summary>
    GpuFacts Facts { get; }

    /// <summary>Device memory, aligned to 256 bytes; its contents are undefined.</summary>
    /// <exception cref="OutOfCapacityException">The device has no such amount left.</exception>
    DeviceBuffer Allocate(long bytes);

    /// <summary>Page-locked host memory, which copies to and from the device without a detour.</summary>
    PinnedBuffer AllocatePinned(long bytes);

    /// <summary>Compiles a kernel for this device, or takes it from the cache.</summary>
    /// <exception cref="DeviceException">The code is refused; the message holds the compiler's log.</exception>
    GpuFunction Load(GpuKernel kernel);

    /// <summary>A queue of work.</summary>
    GpuStream CreateStream();

    /// <summary>A point in a queue, with its time.</summary>
    GpuEvent CreateEvent();

    /// <summary>Copies to the device, after all work that was queued before; returns when the bytes are there.</summary>
    /// <exception cref="DeviceException">Queued work failed.</exception>
    void Copy(ReadOnlySpan<byte> source, DeviceBuffer target, long offset = 0);

    /// <summary>Copies from the device, after all work that was queued before.</summary>
    /// <exception cref="DeviceException">Queued work failed.</exception>
    void Copy(DeviceBuffer source, Span<byte> target, long offset = 0);

    /// <summary>Queues a copy from pinned memory.</summary>
    void CopyAsync(PinnedBuffer source, DeviceBuffer target, long bytes, GpuStream stream);

    /// <summary>Queues a copy to pinned memory.</summary>
    void CopyAsync(DeviceBuffer source, PinnedBuffer target, long bytes, GpuStream stream);

    /// <summary>Queues the filling of a buffer with one byte value.</summary>
    void Fill(DeviceBuffer buffer, byte value, GpuStream stream);

    /// <summary>Queues a launch.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="grid">Blocks; where a dimension is 0 there is nothing to do, and nothing is queued.</param>
    /// <param name="arguments">One for each parameter; copied before the call returns.</param>
    /// <param name="stream">The queue.</param>
    /// <exception cref="ArgumentException">The kernel's parameters are others.</exception>
    void Launch(GpuFunction kernel, GpuDim grid, KernelArguments arguments, GpuStream stream);

    /// <summary>Waits until the stream is empty; an error of queued work surfaces here.</summary>
    /// <exception cref="DeviceException">Queued work failed.</exception>
    /// <exception cref="InvalidOperationException">The stream records.</exception>
    void Synchronize(GpuStream stream);

    /// <summary>Queues an event.</summary>
    void Record(GpuEvent point, GpuStream stream);

    /// <summary>The time from one recorded event to another; waits for both.</summary>
    TimeSpan Elapsed(GpuEvent start, GpuEvent finish);

    /// <summary>From here on the stream's work is recorded and not run, until the recording is ended by this thread.</summary>
    void BeginCapture(GpuStream stream);

    /// <summary>Ends the stream's recording: what was recorded, ready to be launched many times.</summary>
    /// <exception cref="InvalidOperationException">The stream does not record.</exception>
    GpuGraph EndCapture(GpuStream stream);

    /// <summary>Ends the stream's recording and puts it in the place of what <paramref name="graph"/> holds.</summary>
    /// <returns>
    /// false where the two differ in more than arguments, grids and addresses: the graph is then as it was, the
    /// recording is gone, and a new graph is needed.
    /// </returns>
    /// <exception cref="InvalidOperationException">The stream does not record.</exception>
    bool Update(GpuGraph graph, GpuStream stream);

    /// <summary>Queues a recorded graph.</summary>
    void Launch(GpuGraph graph, GpuStream stream);

    /// <summary>Describes a tensor in device memory for tensor copies (TMA).</summary>
    TensorMap Encode(TensorMapLayout layout);

    /// <summary>Returns what an owner holds; owners call it when they are disposed.</summary>
    void Free(GpuResource kind, nint handle);
}
