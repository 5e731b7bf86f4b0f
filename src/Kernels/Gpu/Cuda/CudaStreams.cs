using System.Collections.Concurrent;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>
/// Streams and events, and the copies that wait. Streams do not wait for the legacy default stream, which another
/// library of the process may use; so a copy waits for each of them itself, and leaves those that record alone.
/// </summary>
internal sealed unsafe class CudaStreams(CudaContext context)
{
    private const uint NonBlocking = 1;
    private const int ThreadLocalCapture = 1;

    // One thread may wait for all streams while others begin to record or destroy theirs.
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<nint, Capture> _streams = [];

    /// <summary>Whether a stream records.</summary>
    private sealed class Capture
    {
        public bool IsActive { get; set; }
    }

    /// <summary>A new stream.</summary>
    public nint Create()
    {
        nint stream = 0;
        context.Errors.Check(context.Enter().StreamCreate(&stream, NonBlocking), "cuStreamCreate");
        _streams[stream] = new Capture();
        return stream;
    }

    /// <summary>Waits for a stream's work and destroys it; a recording in it is dropped.</summary>
    /// <returns>The call that failed, or the last one, and its result.</returns>
    public (string Call, int Result) Destroy(nint stream)
    {
        using Lock.Scope scope = _lock.EnterScope();
        CudaApi api = context.Api;
        if (_streams[stream].IsActive)
        {
            nint graph = 0;
            int dropped = EndCapture(stream, &graph);
            if (_streams[stream].IsActive)
                return ("cuStreamEndCapture", dropped);
            context.Discard(graph, "cuGraphDestroy", api.GraphDestroy);
        }

        int waited = api.StreamSynchronize(stream);
        if (!context.Errors.IsDone(waited, "cuStreamSynchronize"))
            return ("cuStreamSynchronize", waited);
        int destroyed = api.StreamDestroy(stream);
        if (context.Errors.IsDone(destroyed, "cuStreamDestroy"))
            _streams.TryRemove(stream, out _);
        return ("cuStreamDestroy", destroyed);
    }

    /// <summary>Waits for all streams that do not record.</summary>
    public void WaitForAll()
    {
        using Lock.Scope scope = _lock.EnterScope();
        CudaApi api = context.Enter();
        foreach ((nint stream, Capture capture) in _streams)
        {
            if (!capture.IsActive)
                context.Errors.Check(api.StreamSynchronize(stream), "cuStreamSynchronize");
        }
    }

    /// <summary>Waits for one stream.</summary>
    public void Wait(nint stream)
    {
        if (_streams[stream].IsActive)
            throw new InvalidOperationException("CudaGpu: the stream records, so there is nothing to wait for. End the recording first.");
        context.Errors.Check(context.Enter().StreamSynchronize(stream), "cuStreamSynchronize");
    }

    /// <summary>Begins recording: only calls of this thread that cannot be recorded spoil it, not those of others.</summary>
    public void BeginCapture(nint stream)
    {
        using Lock.Scope scope = _lock.EnterScope();
        if (_streams[stream].IsActive)
            throw new InvalidOperationException("CudaGpu: the stream records already. End that recording first.");
        context.Errors.Check(context.Enter().StreamBeginCapture(stream, ThreadLocalCapture), "cuStreamBeginCapture");
        _streams[stream].IsActive = true;
    }

    /// <summary>Ends recording; the caller destroys the graph.</summary>
    public nint EndCapture(nint stream)
    {
        if (!_streams[stream].IsActive)
            throw new InvalidOperationException("CudaGpu: the stream does not record. Begin a recording first.");
        context.Enter();
        nint graph = 0;
        int result = EndCapture(stream, &graph);
        if (result != 0)
            context.Discard(graph, "cuGraphDestroy", context.Api.GraphDestroy);
        context.Errors.Check(result, "cuStreamEndCapture");
        return graph;
    }

    // A spoilt recording ends with an error, and the stream is an ordinary one again: the driver is asked which.
    private int EndCapture(nint stream, nint* graph)
    {
        int status = 0;
        int result = context.Api.StreamEndCapture(stream, graph);
        _streams[stream].IsActive = result != 0 && context.Api.StreamIsCapturing(stream, &status) == 0 && status != 0;
        return result;
    }
}
