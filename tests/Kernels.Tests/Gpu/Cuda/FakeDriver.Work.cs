using System.Runtime.InteropServices;

namespace Puna.Kernels.Tests.Gpu.Cuda;

/// <summary>A launch as the driver read it.</summary>
/// <param name="Entry">The kernel's entry.</param>
/// <param name="Grid">Blocks.</param>
/// <param name="Block">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory.</param>
/// <param name="Parameters">The bytes of each parameter.</param>
/// <param name="Attributes">As in <c>4: 2 1 1</c>.</param>
internal sealed record FakeLaunch(
    string Entry, (uint X, uint Y, uint Z) Grid, (uint X, uint Y, uint Z) Block, uint SharedBytes, byte[][] Parameters, string[] Attributes);

internal sealed unsafe partial class FakeDriver
{
    /// <summary>What kernels do, by their entries' names; one that is not here does nothing.</summary>
    public Dictionary<string, Action<FakeLaunch>> Kernels { get; } = [];

    /// <summary>All launches, those that were only recorded as well.</summary>
    public List<FakeLaunch> Launches { get; } = [];

    /// <summary>Tensor maps encoded, as in <c>type 9 rank 2 ...</c>.</summary>
    public List<string> TensorMaps { get; } = [];

    /// <summary>Work that was queued fails: each later call of the context gives this.</summary>
    public void Break(int result) => _brokenBy = result;

    private double _milliseconds;

    // shape: what an update may not change
    private sealed record Work(string Shape, Action Run);

    private sealed class Graph(string kind, List<Work> nodes) : Held(kind)
    {
        public List<Work> Nodes { get; set; } = nodes;
    }

    private sealed class Stream : Held
    {
        public Stream() : base("stream")
        {
        }

        public List<Work>? Recording { get; set; }

        public bool IsSpoilt { get; set; }

        public int Thread { get; set; }
    }

    private sealed class Event : Held
    {
        public Event() : base("event")
        {
        }

        public double? Time { get; set; }
    }

    private int Queue(nint stream, string shape, Action run)
    {
        Stream queue = Find<Stream>(stream);
        if (queue.IsSpoilt)
            return 901;
        if (queue.Recording is { } recording)
            recording.Add(new Work(shape, run));
        else
            run();
        _milliseconds += 0.25;
        return 0;
    }

    // What waits or allocates spoils the recordings of its thread.
    private void CheckNotCapturing(string call)
    {
        foreach (Stream stream in _ledger.Values.OfType<Stream>())
        {
            if (stream.Recording is null || stream.Thread != Environment.CurrentManagedThreadId)
                continue;
            stream.IsSpoilt = true;
            throw new Refusal(900, $"{call} while a stream of this thread records");
        }
    }

    [UnmanagedCallersOnly]
    private static int StreamCreate(nint* stream, uint flags) => Call("cuStreamCreate", d =>
    {
        *stream = d.Give(new Stream());
        return flags == 1 ? 0 : InvalidValue;
    });

    [UnmanagedCallersOnly]
    private static int StreamDestroy(nint stream) => Call("cuStreamDestroy", d =>
        d.Take<Stream>(stream).Recording is null ? 0 : throw new Refusal(900, "the stream records"));

    [UnmanagedCallersOnly]
    private static int StreamSynchronize(nint stream) => Call("cuStreamSynchronize", d =>
    {
        Stream queue = d.Find<Stream>(stream);
        queue.IsSpoilt = queue.Recording is not null;
        return queue.IsSpoilt ? throw new Refusal(900, "the stream records") : 0;
    });

    [UnmanagedCallersOnly]
    private static int StreamBeginCapture(nint stream, int mode) => Call("cuStreamBeginCapture", d =>
    {
        Stream queue = d.Find<Stream>(stream);
        if (queue.Recording is not null || mode != 1)
            throw new Refusal(InvalidValue, $"mode {mode}, or it records already");
        (queue.Recording, queue.Thread) = ([], Environment.CurrentManagedThreadId);
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int StreamEndCapture(nint stream, nint* graph) => Call("cuStreamEndCapture", d =>
    {
        Stream queue = d.Find<Stream>(stream);
        List<Work> nodes = queue.Recording ?? throw new Refusal(InvalidValue, "the stream does not record");
        bool isSpoilt = queue.IsSpoilt;
        (queue.Recording, queue.IsSpoilt) = (null, false);
        *graph = isSpoilt ? 0 : d.Give(new Graph("graph", nodes));
        return isSpoilt ? 901 : 0;
    });

    [UnmanagedCallersOnly]
    private static int StreamIsCapturing(nint stream, int* status) => Call("cuStreamIsCapturing", d =>
        Set(status, d.Find<Stream>(stream) is { Recording: not null } queue ? queue.IsSpoilt ? 2 : 1 : 0));

    [UnmanagedCallersOnly]
    private static int EventCreate(nint* point, uint flags) => Call("cuEventCreate", d =>
    {
        *point = d.Give(new Event());
        return (int)flags;
    });

    [UnmanagedCallersOnly]
    private static int EventDestroy(nint point) => Call("cuEventDestroy", d =>
    {
        d.Take<Event>(point);
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int EventRecord(nint point, nint stream) => Call("cuEventRecord", d =>
    {
        Event recorded = d.Find<Event>(point);
        return d.Queue(stream, "event", () => recorded.Time = d._milliseconds);
    });

    [UnmanagedCallersOnly]
    private static int EventSynchronize(nint point) => Call("cuEventSynchronize", d =>
    {
        d.Find<Event>(point);
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int EventElapsedTime(float* milliseconds, nint start, nint finish) => Call("cuEventElapsedTime", d =>
    {
        double? time = d.Find<Event>(finish).Time - d.Find<Event>(start).Time;
        *milliseconds = (float)(time ?? 0);
        return time is null ? InvalidHandle : 0;
    });

    [UnmanagedCallersOnly]
    private static int MemcpyHtoDAsync(ulong target, void* source, nuint bytes, nint stream) => Call("cuMemcpyHtoDAsync", d =>
    {
        d.CheckDeviceRange(target, bytes);
        return d.Queue(stream, "copy", () => NativeMemory.Copy(source, (void*)target, bytes));
    });

    [UnmanagedCallersOnly]
    private static int MemcpyDtoHAsync(void* target, ulong source, nuint bytes, nint stream) => Call("cuMemcpyDtoHAsync", d =>
    {
        d.CheckDeviceRange(source, bytes);
        return d.Queue(stream, "copy", () => NativeMemory.Copy((void*)source, target, bytes));
    });

    [UnmanagedCallersOnly]
    private static int MemsetD8Async(ulong target, byte value, nuint bytes, nint stream) => Call("cuMemsetD8Async", d =>
    {
        d.CheckDeviceRange(target, bytes);
        return d.Queue(stream, "fill", () => NativeMemory.Fill((void*)target, bytes, value));
    });

    [UnmanagedCallersOnly]
    private static int LaunchKernelEx(byte* config, nint function, void** parameters, void** extra) =>
        Current!.IsQuiet ? 0 : Launch(config, function, parameters, extra);

    // Read by the offsets of cuda.h and not by this library's own structures.
    private static int Launch(byte* config, nint function, void** parameters, void** extra) => Call("cuLaunchKernelEx", d =>
    {
        Function code = d.FindFunction(function);
        uint* shape = (uint*)config;
        uint attributeCount = *(uint*)(config + 48);
        if (extra != null || attributeCount > 2 || shape[0] == 0 || shape[1] == 0 || shape[2] == 0)
            throw new Refusal(InvalidValue, $"grid [{shape[0]}, {shape[1]}, {shape[2]}], {attributeCount} attributes");
        FakeLaunch launch = new(
            code.Entry, (shape[0], shape[1], shape[2]), (shape[3], shape[4], shape[5]), shape[6],
            ReadParameters(code, parameters), ReadAttributes(*(byte**)(config + 40), attributeCount));
        d.Launches.Add(launch);
        return d.Queue(*(nint*)(config + 32), code.Entry, () => d.Kernels.GetValueOrDefault(code.Entry)?.Invoke(launch));
    });

    private static byte[][] ReadParameters(Function code, void** parameters)
    {
        byte[][] values = new byte[code.ParameterBytes.Length][];
        for (int i = 0; i < values.Length; i++)
        {
            // a number lies on its own size, a tensor map on 64 bytes
            if ((nint)parameters[i] % Math.Min(code.ParameterBytes[i] & -code.ParameterBytes[i], 64) != 0)
                throw new Refusal(InvalidValue, $"parameter {i} lies at 0x{(nint)parameters[i]:x}");
            values[i] = new ReadOnlySpan<byte>(parameters[i], code.ParameterBytes[i]).ToArray();
        }

        return values;
    }

    private static string[] ReadAttributes(byte* attributes, uint count)
    {
        string[] texts = new string[count];
        for (int i = 0; i < count; i++, attributes += 72)
        {
            texts[i] = *(int*)attributes switch
            {
                4 => $"4: {*(uint*)(attributes + 8)} {*(uint*)(attributes + 12)} {*(uint*)(attributes + 16)}",
                6 => $"6: {*(int*)(attributes + 8)}",
                int id => throw new Refusal(InvalidValue, $"launch attribute {id}"),
            };
        }

        return texts;
    }

    [UnmanagedCallersOnly]
    private static int GraphInstantiateWithFlags(nint* executable, nint graph, ulong flags) => Call("cuGraphInstantiateWithFlags", d =>
    {
        *executable = d.Give(new Graph("executable graph", d.Find<Graph>(graph).Nodes));
        return (int)flags;
    });

    [UnmanagedCallersOnly]
    private static int GraphExecUpdate(nint executable, nint graph, byte* result) => Call("cuGraphExecUpdate", d =>
    {
        Graph old = d.Find<Graph>(executable), young = d.Find<Graph>(graph);
        bool fits = old.Nodes.Select(n => n.Shape).SequenceEqual(young.Nodes.Select(n => n.Shape));
        (*(int*)result, *(nint*)(result + 8), *(nint*)(result + 16)) = (fits ? 0 : 2, 0, 0);
        if (fits)
            old.Nodes = young.Nodes;
        return fits ? 0 : 910;
    });

    [UnmanagedCallersOnly]
    private static int GraphUpload(nint executable, nint stream) => Call("cuGraphUpload", d =>
    {
        d.Find<Graph>(executable);
        return d.Find<Stream>(stream).Recording is null ? 0 : throw new Refusal(900, "the stream records");
    });

    [UnmanagedCallersOnly]
    private static int GraphLaunch(nint executable, nint stream) => Call("cuGraphLaunch", d =>
    {
        List<Work> nodes = d.Find<Graph>(executable).Nodes;
        return d.Queue(stream, "graph", () => nodes.ForEach(n => n.Run()));
    });

    [UnmanagedCallersOnly]
    private static int GraphExecDestroy(nint executable) => Call("cuGraphExecDestroy", d => d.TakeGraph(executable, "executable graph"));

    [UnmanagedCallersOnly]
    private static int GraphDestroy(nint graph) => Call("cuGraphDestroy", d => d.TakeGraph(graph, "graph"));

    private int TakeGraph(nint handle, string kind) =>
        Take<Graph>(handle).Kind == kind ? 0 : throw new Refusal(InvalidHandle, $"0x{handle:x} is no {kind}");

    [UnmanagedCallersOnly]
    private static int TensorMapEncodeTiled(
        byte* map, int type, uint rank, nint address, ulong* extents, ulong* strides, uint* box, uint* steps, int interleave,
        int swizzle, int promotion, int fill) => Call("cuTensorMapEncodeTiled", d =>
    {
        if ((nint)map % 64 != 0)
            throw new Refusal(InvalidValue, $"the map lies at 0x{(nint)map:x}");
        int count = (int)rank;
        d.TensorMaps.Add($"type {type} address {address:x} extents {List(extents, count)} strides {List(strides, count - 1)} "
            + $"box {List(box, count)} steps {List(steps, count)} interleave {interleave} swizzle {swizzle} promotion {promotion} fill {fill}");
        new Span<byte>(map, 128).Fill((byte)d.TensorMaps.Count);
        return 0;
    });

    private static string List<T>(T* values, int count) where T : unmanaged => string.Join(" ", new ReadOnlySpan<T>(values, count).ToArray());
}
