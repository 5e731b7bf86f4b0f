using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>
/// An NVIDIA GPU through its driver alone: no toolkit, nothing native but the driver's library, which is found at run
/// time. Uses the device's primary context. Owners never throw when disposed; what the driver did not take back is
/// tried again when the GPU itself is disposed.
/// </summary>
public sealed unsafe class CudaGpu : IGpu
{
    private const uint PortableHostMemory = 1;

    // the order of the end: users before what they use; a stream waits for its work
    private static readonly GpuResource[] Order =
        [GpuResource.Stream, GpuResource.Graph, GpuResource.Event, GpuResource.Function, GpuResource.PinnedMemory, GpuResource.DeviceMemory];

    private readonly ConcurrentDictionary<(GpuResource Kind, nint Handle), bool> _live = [];
    private readonly CudaContext _context;
    private readonly CudaStreams _streams;
    private readonly CudaFunctions _functions;
    private readonly CudaGraphs _graphs;
    private readonly CudaPool _pool;
    private readonly nint _copies;

    private CudaGpu(CudaContext context, CudaOptions options)
    {
        _context = context;
        _streams = new CudaStreams(context);
        _pool = new CudaPool(context, options.ChunkBytes, _streams.WaitForAll);
        _graphs = new CudaGraphs(context, _streams);
        _functions = new CudaFunctions(
            context, new CudaCompiler(context, options.CacheFolder is { } folder ? new CubinCache(folder) : null));
        _copies = Live(GpuResource.Stream, _streams.Create());
    }

    /// <summary>Opens a device.</summary>
    /// <param name="ordinal">Which one, from 0, of those that the process sees.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    /// <exception cref="DeviceException">There is no driver, no such device, or a call failed.</exception>
    public static CudaGpu Open(int ordinal = 0, CudaOptions? options = null) => Open(CudaLibrary.Exports(), ordinal, options);

    /// <summary>Opens a device where there is one.</summary>
    /// <param name="ordinal">Which one, from 0, of those that the process sees.</param>
    /// <param name="gpu">The device.</param>
    /// <param name="reason">Why there is none: one sentence; empty where there is one.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    public static bool TryOpen(int ordinal, [NotNullWhen(true)] out CudaGpu? gpu, out string reason, CudaOptions? options = null)
    {
        try
        {
            (gpu, reason) = (Open(ordinal, options), "");
            return true;
        }
        catch (Exception e) when (e is DeviceException or OutOfCapacityException)
        {
            (gpu, reason) = (null, e.Message);
            return false;
        }
    }

    /// <summary>Opens a device of a given driver, which may be one for tests.</summary>
    /// <param name="exports">A function's address by its name, or 0.</param>
    /// <param name="ordinal">Which device.</param>
    /// <param name="options">How it works; null for the defaults.</param>
    internal static CudaGpu Open(Func<string, nint> exports, int ordinal, CudaOptions? options = null)
    {
        CudaContext context = new(new CudaApi(exports), ordinal);
        try
        {
            return new CudaGpu(context, options ?? new CudaOptions());
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public GpuFacts Facts => _context.Facts;

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long bytes) =>
        new(this, (ulong)Live(GpuResource.DeviceMemory, (nint)_pool.Allocate(bytes)), bytes);

    /// <inheritdoc/>
    public PinnedBuffer AllocatePinned(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        nint address = 0;
        int result = _context.Enter().MemHostAlloc(&address, (nuint)Math.Max(bytes, 1), PortableHostMemory);
        if (result != 0)
            throw _context.Errors.Error(result, "cuMemHostAlloc", $"{bytes:N0} bytes");
        return new PinnedBuffer(this, Live(GpuResource.PinnedMemory, address), bytes);
    }

    /// <inheritdoc/>
    public GpuFunction Load(GpuKernel kernel)
    {
        (nint function, CompilationReport report) = _functions.Load(kernel);
        return new GpuFunction(this, Live(GpuResource.Function, function), kernel, report);
    }

    /// <inheritdoc/>
    public GpuStream CreateStream() => new(this, Live(GpuResource.Stream, _streams.Create()));

    /// <inheritdoc/>
    public GpuEvent CreateEvent()
    {
        nint point = 0;
        Check(_context.Enter().EventCreate(&point, 0), "cuEventCreate");
        return new GpuEvent(this, Live(GpuResource.Event, point));
    }

    /// <inheritdoc/>
    public void Copy(ReadOnlySpan<byte> source, DeviceBuffer target, long offset = 0)
    {
        GpuChecks.Range(target.Bytes, offset, source.Length);
        _streams.WaitForAll();
        fixed (byte* bytes = source)
            Check(_context.Api.MemcpyHtoDAsync(target.Address + (ulong)offset, bytes, (nuint)source.Length, _copies), "cuMemcpyHtoDAsync");
        _streams.Wait(_copies);
    }

    /// <inheritdoc/>
    public void Copy(DeviceBuffer source, Span<byte> target, long offset = 0)
    {
        GpuChecks.Range(source.Bytes, offset, target.Length);
        _streams.WaitForAll();
        fixed (byte* bytes = target)
        {
            Check(_context.Api.MemcpyDtoHAsync(bytes, source.Address + (ulong)offset, (nuint)target.Length, _copies), "cuMemcpyDtoHAsync");
            _streams.Wait(_copies);
        }
    }

    /// <inheritdoc/>
    public void CopyAsync(PinnedBuffer source, DeviceBuffer target, long bytes, GpuStream stream)
    {
        GpuChecks.Range(target.Bytes, 0, bytes);
        GpuChecks.Range(source.Bytes, 0, bytes);
        Check(_context.Enter().MemcpyHtoDAsync(target.Address, (void*)source.Address, (nuint)bytes, stream.Handle), "cuMemcpyHtoDAsync");
    }

    /// <inheritdoc/>
    public void CopyAsync(DeviceBuffer source, PinnedBuffer target, long bytes, GpuStream stream)
    {
        GpuChecks.Range(source.Bytes, 0, bytes);
        GpuChecks.Range(target.Bytes, 0, bytes);
        Check(_context.Enter().MemcpyDtoHAsync((void*)target.Address, source.Address, (nuint)bytes, stream.Handle), "cuMemcpyDtoHAsync");
    }

    /// <inheritdoc/>
    public void Fill(DeviceBuffer buffer, byte value, GpuStream stream)
    {
        if (buffer.Bytes > 0)
            Check(_context.Enter().MemsetD8Async(buffer.Address, value, (nuint)buffer.Bytes, stream.Handle), "cuMemsetD8Async");
    }

    /// <inheritdoc/>
    public void Launch(GpuFunction kernel, GpuDim grid, KernelArguments arguments, GpuStream stream)
    {
        if (GpuChecks.IsEmpty(grid))
            return;
        CudaLaunch.Run(_context, _functions[kernel.Handle], kernel, grid, arguments, stream.Handle);
    }

    /// <inheritdoc/>
    public void Synchronize(GpuStream stream) => _streams.Wait(stream.Handle);

    /// <inheritdoc/>
    public void Record(GpuEvent point, GpuStream stream) =>
        Check(_context.Enter().EventRecord(point.Handle, stream.Handle), "cuEventRecord");

    /// <inheritdoc/>
    public TimeSpan Elapsed(GpuEvent start, GpuEvent finish)
    {
        CudaApi api = _context.Enter();
        float milliseconds = 0;
        Check(api.EventSynchronize(start.Handle), "cuEventSynchronize");
        Check(api.EventSynchronize(finish.Handle), "cuEventSynchronize");
        Check(api.EventElapsedTime(&milliseconds, start.Handle, finish.Handle), "cuEventElapsedTime");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    /// <inheritdoc/>
    public void BeginCapture(GpuStream stream) => _streams.BeginCapture(stream.Handle);

    /// <inheritdoc/>
    public GpuGraph EndCapture(GpuStream stream) => new(this, Live(GpuResource.Graph, _graphs.EndCapture(stream.Handle)));

    /// <inheritdoc/>
    public bool Update(GpuGraph graph, GpuStream stream) => _graphs.Update(graph.Handle, stream.Handle);

    /// <inheritdoc/>
    public void Launch(GpuGraph graph, GpuStream stream) =>
        Check(_context.Enter().GraphLaunch(graph.Handle, stream.Handle), "cuGraphLaunch");

    /// <inheritdoc/>
    public TensorMap Encode(TensorMapLayout layout) => CudaTensorMaps.Encode(_context, layout);

    /// <inheritdoc/>
    public void Free(GpuResource kind, nint handle)
    {
        if (!_context.IsReleased && _live.ContainsKey((kind, handle)))
            Return(kind, handle);
    }

    /// <summary>Waits for all work, and returns what is left and the device; may be called again after a failure.</summary>
    /// <exception cref="DeviceException">Queued work failed and nobody has heard of it, or a call failed.</exception>
    public void Dispose()
    {
        if (_context.IsReleased)
            return;
        Exception? failure = null;
        foreach ((GpuResource kind, nint handle) in _live.Keys.OrderBy(k => Array.IndexOf(Order, k.Kind)))
            failure = Return(kind, handle) ?? failure;
        int result = _pool.Clear();
        if (!_context.Errors.IsDone(result, "cuMemFree"))
            failure = _context.Errors.Error(result, "cuMemFree");
        if (failure is not null)
            throw failure;
        _context.Dispose();
        if (_context.Errors.Untold is { } untold)
            throw untold;
    }

    // Null when it was returned; otherwise it stays for another try.
    private Exception? Return(GpuResource kind, nint handle)
    {
        CudaApi api = _context.Api;
        int result = _context.TryEnter();
        string call = "cuCtxSetCurrent";
        if (result == 0)
        {
            (call, result) = kind switch
            {
                GpuResource.Stream => _streams.Destroy(handle),
                GpuResource.Graph => ("cuGraphExecDestroy", api.GraphExecDestroy(handle)),
                GpuResource.Event => ("cuEventDestroy", api.EventDestroy(handle)),
                GpuResource.Function => ("cuModuleUnload", _functions.Unload(handle)),
                GpuResource.PinnedMemory => ("cuMemFreeHost", api.MemFreeHost(handle)),
                _ => ("cuMemFree", _pool.Free((ulong)handle)),
            };
        }

        if (!_context.Errors.IsDone(result, call))
            return _context.Errors.Error(result, call);
        _live.TryRemove((kind, handle), out _);
        return null;
    }

    private nint Live(GpuResource kind, nint handle)
    {
        _live[(kind, handle)] = true;
        return handle;
    }

    private void Check(int result, string call) => _context.Errors.Check(result, call);
}
