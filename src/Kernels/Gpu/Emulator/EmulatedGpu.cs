using System.Runtime.InteropServices;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Layouts;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// A GPU in the emulator. Work runs when somebody waits for it: at a synchronization, a copy, a question for the time,
/// the return of an owner. Mistakes of kernels stop nothing; they are collected in <see cref="Reports"/>.
/// </summary>
public sealed unsafe class EmulatedGpu : IGpu
{
    // As many as the emulator's %nsmid.

    // A block's own, and what the system keeps of each: CUDA programming guide, compute capabilities.
    private const int ReservedSharedBytes = 1024;

    private readonly Lock _lock = new();
    private readonly EmulatedMemory _memory = new();
    private readonly Dictionary<nint, object> _held = [];
    private readonly List<EmulatedStream> _streams = [];
    private readonly List<LaunchReport> _reports = [];
    private readonly TimeProvider _time;
    private readonly PtxEmulator _emulator;
    private readonly EmulatedQueue _queue;
    private string _lastKernel = "";
    private long _bytes;
    private nint _lastHandle;
    private bool _isDisposed;

    /// <summary>A GPU with nothing in it.</summary>
    /// <param name="options">How it runs kernels, and what it poses as; null for the defaults.</param>
    /// <param name="facts">What it says of itself; null for <see cref="FactsOf"/> its architecture.</param>
    /// <param name="time">The clock of its events; null for the system's.</param>
    public EmulatedGpu(EmulatorOptions? options = null, GpuFacts? facts = null, TimeProvider? time = null)
    {
        Options = options ?? new EmulatorOptions();
        Facts = facts ?? FactsOf(Options.Arch);
        _time = time ?? TimeProvider.System;
        _emulator = new PtxEmulator(_memory, Options);
        _queue = new EmulatedQueue(_emulator, Options.Checked, _reports.Add);
    }

    /// <summary>How it runs kernels.</summary>
    public EmulatorOptions Options { get; }

    /// <inheritdoc/>
    public GpuFacts Facts { get; }

    /// <summary>What each launch that has run showed, in the order of their ends.</summary>
    public IReadOnlyList<LaunchReport> Reports => _reports;

    /// <summary>What a device of an architecture says of itself, with 16 GiB of memory.</summary>
    public static GpuFacts FactsOf(GpuArch arch)
    {
        int shared = arch.SharedBytesPerBlock;
        return new GpuFacts($"emulated {arch}", arch, 0, LaunchContext.Multiprocessors, shared, shared + ReservedSharedBytes, 50L << 20, 16L << 30, 0);
    }

    /// <inheritdoc/>
    public DeviceBuffer Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (bytes > Facts.MemoryBytes - _bytes)
            {
                throw new OutOfCapacityException(
                    $"EmulatedGpu: {bytes:N0} bytes were asked for, but {Facts.MemoryBytes - _bytes:N0} of {Facts.MemoryBytes:N0} are free. "
                    + "Use a smaller model or cache.");
            }

            Allocation allocation = _memory.Allocate(bytes);
            _held[(nint)allocation.Address] = allocation;
            _bytes += bytes;
            return new DeviceBuffer(this, allocation.Address, bytes);
        }
    }

    /// <inheritdoc/>
    public PinnedBuffer AllocatePinned(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        nint address = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), 64);
        lock (_lock)
            _held[address] = new PinnedMemory();
        return new PinnedBuffer(this, address, bytes);
    }

    /// <inheritdoc/>
    public GpuFunction Load(GpuKernel kernel)
    {
        if (kernel.Ptx is null)
            throw new DeviceException($"EmulatedGpu: '{kernel.Entry}' is a cubin, but the emulator runs PTX text. Give it the text.");
        GpuChecks.Ascii(kernel);
        LoadedProgram program;
        try
        {
            program = _emulator.Load(kernel.Ptx, kernel.Entry);
        }
        catch (DeviceException e)
        {
            throw new DeviceException($"EmulatedGpu: '{kernel.Entry}' is refused. {e.Message}", e);
        }

        CompilationReport report = new(0, program.Program.LocalBytes, program.Program.StaticSharedBytes, "");
        return new GpuFunction(this, Hold(program), kernel, report);
    }

    /// <inheritdoc/>
    public GpuStream CreateStream()
    {
        EmulatedStream stream = new();
        nint handle = Hold(stream);
        lock (_lock)
            _streams.Add(stream);
        return new GpuStream(this, handle);
    }

    /// <inheritdoc/>
    public GpuEvent CreateEvent() => new(this, Hold(new EmulatedEvent()));

    /// <inheritdoc/>
    public void Copy(ReadOnlySpan<byte> source, DeviceBuffer target, long offset = 0)
    {
        GpuChecks.Range(target.Bytes, offset, source.Length);
        lock (_lock)
        {
            RunAll();
            if (source.Length > 0)
                _memory.Write(target.Address + (ulong)offset, source);
        }
    }

    /// <inheritdoc/>
    public void Copy(DeviceBuffer source, Span<byte> target, long offset = 0)
    {
        GpuChecks.Range(source.Bytes, offset, target.Length);
        lock (_lock)
        {
            RunAll();
            Read(source.Address + (ulong)offset, target);
        }
    }

    /// <inheritdoc/>
    public void CopyAsync(PinnedBuffer source, DeviceBuffer target, long bytes, GpuStream stream)
    {
        GpuChecks.Range(target.Bytes, 0, bytes);
        GpuChecks.Range(source.Bytes, 0, bytes);
        (nint from, ulong to) = (source.Address, target.Address);
        Queue(stream, "copy", () => _memory.Write(to, new ReadOnlySpan<byte>((void*)from, checked((int)bytes))));
    }

    /// <inheritdoc/>
    public void CopyAsync(DeviceBuffer source, PinnedBuffer target, long bytes, GpuStream stream)
    {
        GpuChecks.Range(source.Bytes, 0, bytes);
        GpuChecks.Range(target.Bytes, 0, bytes);
        (ulong from, nint to) = (source.Address, target.Address);
        Queue(stream, "copy", () => Read(from, new Span<byte>((void*)to, checked((int)bytes))));
    }

    /// <inheritdoc/>
    public void Fill(DeviceBuffer buffer, byte value, GpuStream stream)
    {
        (ulong address, long bytes) = (buffer.Address, buffer.Bytes);
        Queue(stream, "fill", () => _memory.Fill(address, bytes, value));
    }

    /// <inheritdoc/>
    public void Launch(GpuFunction kernel, GpuDim grid, KernelArguments arguments, GpuStream stream)
    {
        if (GpuChecks.IsEmpty(grid))
            return;
        ReadOnlyMemory<byte>[] values = [.. arguments.Values.Select(v => v.AsMemory())];
        lock (_lock)
        {
            LoadedProgram program = Held<LoadedProgram>(kernel.Handle);
            CheckArguments(program.Program, values);
            GpuKernel k = kernel.Kernel;
            _emulator.Check(program.Program, grid, k.Block, values, k.DynamicSharedBytes, k.Cluster);
            bool startsEarly = k.StartsEarly && Options.Arch >= GpuArch.Sm90;
            Held<EmulatedStream>(stream.Handle).Add(
                new EmulatedWork($"launch {kernel.Handle}", new EmulatedLaunch(program, k, grid, values, startsEarly), null));
        }
    }

    /// <inheritdoc/>
    public void Synchronize(GpuStream stream)
    {
        lock (_lock)
        {
            EmulatedStream queue = Held<EmulatedStream>(stream.Handle);
            if (queue.Recording is not null)
                throw new InvalidOperationException("EmulatedGpu: the stream records, so there is nothing to wait for. End the recording first.");
            Run(queue);
        }
    }

    /// <inheritdoc/>
    public void Record(GpuEvent point, GpuStream stream)
    {
        EmulatedEvent recorded;
        lock (_lock)
            recorded = Held<EmulatedEvent>(point.Handle);
        Queue(stream, "event", () => recorded.Time = _time.GetTimestamp());
    }

    /// <inheritdoc/>
    public TimeSpan Elapsed(GpuEvent start, GpuEvent finish)
    {
        lock (_lock)
        {
            RunAll();
            return Held<EmulatedEvent>(start.Handle).Time is { } from && Held<EmulatedEvent>(finish.Handle).Time is { } to
                ? _time.GetElapsedTime(from, to)
                : throw new DeviceException("EmulatedGpu: the time between two events is asked for, but one was never recorded. Record both.");
        }
    }

    /// <inheritdoc/>
    public void BeginCapture(GpuStream stream)
    {
        lock (_lock)
        {
            EmulatedStream queue = Held<EmulatedStream>(stream.Handle);
            queue.Recording = queue.Recording is null
                ? []
                : throw new InvalidOperationException("EmulatedGpu: the stream records already. End that recording first.");
        }
    }

    /// <inheritdoc/>
    public GpuGraph EndCapture(GpuStream stream) => new(this, Hold(new EmulatedGraph { Works = End(stream) }));

    /// <inheritdoc/>
    public bool Update(GpuGraph graph, GpuStream stream)
    {
        List<EmulatedWork> recorded = End(stream);
        lock (_lock)
        {
            EmulatedGraph held = Held<EmulatedGraph>(graph.Handle);
            bool fits = held.Works.Select(w => w.Shape).SequenceEqual(recorded.Select(w => w.Shape));
            held.Works = fits ? recorded : held.Works;
            return fits;
        }
    }

    /// <inheritdoc/>
    public void Launch(GpuGraph graph, GpuStream stream)
    {
        lock (_lock)
        {
            EmulatedStream queue = Held<EmulatedStream>(stream.Handle);
            // the edges of a graph begin and end within it: nothing starts early across them
            queue.Add(new EmulatedWork("graph", null, () => { }));
            foreach (EmulatedWork work in Held<EmulatedGraph>(graph.Handle).Works)
                queue.Add(work);
            queue.Add(new EmulatedWork("graph", null, () => { }));
        }
    }

    /// <inheritdoc/>
    public TensorMap Encode(TensorMapLayout layout) => TensorMapCode.Encode(layout);

    /// <inheritdoc/>
    public void Free(GpuResource kind, nint handle)
    {
        lock (_lock)
        {
            if (_isDisposed || !_held.TryGetValue(handle, out object? held))
                return;
            if (kind is GpuResource.DeviceMemory or GpuResource.PinnedMemory or GpuResource.Stream or GpuResource.Function)
                RunAll();
            _held.Remove(handle);
            Return(handle, held);
        }
    }

    /// <summary>Runs what is queued, and returns everything.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            try
            {
                RunAll();
            }
            finally
            {
                _isDisposed = true;
                foreach ((nint handle, object held) in _held)
                    Return(handle, held);
                _held.Clear();
                _memory.Dispose();
            }
        }
    }

    private void Return(nint handle, object held)
    {
        switch (held)
        {
            case Allocation allocation:
                _bytes -= allocation.Bytes;
                _memory.Free(allocation.Address);
                break;
            case PinnedMemory:
                NativeMemory.AlignedFree((void*)handle);
                break;
            case EmulatedStream stream:
                _streams.Remove(stream);
                break;
            default:
                break;   // code and recordings are plain objects
        }
    }

    private void RunAll()
    {
        foreach (EmulatedStream stream in _streams)
            Run(stream);
    }

    private void Run(EmulatedStream stream)
    {
        EmulatedWork[] works = [.. stream.Queue];
        stream.Queue.Clear();
        _lastKernel = works.LastOrDefault(w => w.Launch is not null)?.Launch?.Kernel.Entry ?? _lastKernel;
        _queue.Run(works);
    }

    // Bytes that nobody defined are a mistake of the kernel that should have written them: the last one, for all that is known.
    private void Read(ulong address, Span<byte> target)
    {
        (long count, long first) = target.Length == 0 ? (0, -1) : _memory.Read(address, target);
        if (count == 0 || !Options.Checked)
            return;
        Finding finding = new(
            FindingKind.UndefinedOutput, _lastKernel, "", 0, new GpuDim(-1, -1, -1), new GpuDim(-1, -1, -1), address + (ulong)first,
            $"{count} of {target.Length} bytes that are copied to the host are undefined, the first at offset {first}.", Options.Seed);
        LaunchReport last = _reports.Count > 0 ? _reports[^1] : new LaunchReport([], [], Counters.None, Options.Seed);
        if (_reports.Count > 0)
            _reports.RemoveAt(_reports.Count - 1);
        _reports.Add(last with { Reports = last.Reports.Add(finding) });
    }

    private List<EmulatedWork> End(GpuStream stream)
    {
        lock (_lock)
        {
            EmulatedStream queue = Held<EmulatedStream>(stream.Handle);
            List<EmulatedWork> recorded = queue.Recording
                ?? throw new InvalidOperationException("EmulatedGpu: the stream does not record. Begin a recording first.");
            queue.Recording = null;
            return recorded;
        }
    }

    private void Queue(GpuStream stream, string shape, Action act)
    {
        lock (_lock)
            Held<EmulatedStream>(stream.Handle).Add(new EmulatedWork(shape, null, act));
    }

    private static void CheckArguments(PtxProgram program, ReadOnlyMemory<byte>[] values)
    {
        IEnumerable<long> given = values.Select(v => (long)v.Length), declared = program.Parameters.Select(p => (long)p.Variable.Bytes);
        if (!given.SequenceEqual(declared))
        {
            throw new ArgumentException(
                $"EmulatedGpu: '{program.Entry}' was given {values.Length} arguments of [{string.Join(", ", given)}] bytes, but it has "
                + $"{program.Parameters.Count} parameters of [{string.Join(", ", declared)}] bytes.");
        }
    }

    private nint Hold(object held)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _held[++_lastHandle] = held;
            return _lastHandle;
        }
    }

    private T Held<T>(nint handle) where T : class => _held.TryGetValue(handle, out object? held) && held is T found
        ? found
        : throw new ObjectDisposedException(nameof(EmulatedGpu));

    private sealed class PinnedMemory;

    private sealed class EmulatedGraph
    {
        public required List<EmulatedWork> Works { get; set; }
    }
}
