namespace Puna.Kernels.Gpu.Cuda;

/// <summary>Recorded work: instantiated at once, so that only the executable graph is kept.</summary>
internal sealed unsafe class CudaGraphs(CudaContext context, CudaStreams streams)
{
    /// <summary>Ends a recording and makes it ready.</summary>
    public nint EndCapture(nint stream)
    {
        nint graph = streams.EndCapture(stream);
        CudaApi api = context.Api;
        nint executable = 0;
        int result = api.GraphInstantiateWithFlags(&executable, graph, 0);
        context.Discard(graph, "cuGraphDestroy", api.GraphDestroy);
        context.Errors.Check(result, "cuGraphInstantiateWithFlags");

        // now, and not within the first launch
        result = api.GraphUpload(executable, stream);
        if (result != 0)
            context.Discard(executable, "cuGraphExecDestroy", api.GraphExecDestroy);
        context.Errors.Check(result, "cuGraphUpload");
        return executable;
    }

    /// <summary>Ends a recording and puts it in the place of an older one.</summary>
    /// <returns>false where the two differ in shape.</returns>
    public bool Update(nint executable, nint stream)
    {
        nint graph = streams.EndCapture(stream);
        GraphUpdateResult detail = default;
        int result = context.Api.GraphExecUpdate(executable, graph, &detail);
        context.Discard(graph, "cuGraphDestroy", context.Api.GraphDestroy);
        if (result == CudaErrors.GraphUpdateFailure)
            return false;
        context.Errors.Check(result, "cuGraphExecUpdate", $"a graph (detail {detail.Result})");
        context.Errors.Check(context.Api.GraphUpload(executable, stream), "cuGraphUpload");
        return true;
    }
}
