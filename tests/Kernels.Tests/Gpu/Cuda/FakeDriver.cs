using System.Runtime.InteropServices;

namespace Puna.Kernels.Tests.Gpu.Cuda;

/// <summary>
/// A driver in libcuda's place. It keeps a ledger of everything that is handed out, reads structures by the C API's
/// offsets, can let one call fail, and complains of what the real one would not forgive. Kernels are C# methods,
/// registered by their entry's name; others are only noted. Work runs at once.
/// </summary>
internal sealed unsafe partial class FakeDriver : IDisposable
{
    private const int NotInitialized = 3, InvalidContext = 201, InvalidValue = 1, InvalidHandle = 400, Unknown = 999;

    // Functions that the driver exports have no object of their own: the thread knows which driver it talks to.
    [ThreadStatic]
    private static FakeDriver? Current;

    [ThreadStatic]
    private static nint CurrentContext;

    private readonly Lock _lock = new();
    private readonly FakeDriver? _previous = Current;
    private readonly Dictionary<nint, Held> _ledger = [];
    private nint _lastHandle = 0x1000;
    private bool _isInitialized;
    private int _retained;
    private int _brokenBy;

    public FakeDriver() => Current = this;

    /// <summary>Everything called, in order; questions about errors left out.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>What the real driver would not forgive.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Index in <see cref="Calls"/> of the call that fails; -1 for none.</summary>
    public int FailAt { get; set; } = -1;

    /// <summary>What it gives.</summary>
    public int FailWith { get; set; } = Unknown;

    /// <summary>The call that was let fail.</summary>
    public string? Failed { get; private set; }

    /// <summary>Gives the exports as an old driver does, without cuGetProcAddress_v2.</summary>
    public bool IsOld { get; init; }

    /// <summary>Exports that are missing.</summary>
    public HashSet<string> Missing { get; init; } = [];

    /// <summary>Devices shown.</summary>
    public int DeviceCount { get; init; } = 1;

    /// <summary>Compute capability × 10.</summary>
    public int Compute { get; init; } = 90;

    /// <summary>CUDA version.</summary>
    public int Version { get; set; } = 12080;

    /// <summary>Device memory in bytes.</summary>
    public long MemoryBytes { get; init; } = 64L << 20;

    /// <summary>Whether calls are neither written down nor checked, so that they allocate nothing.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>What is handed out: kinds with their counts, as in <c>event 1, stream 2</c>; empty where there is nothing.</summary>
    public string Outstanding => string.Join(", ", _ledger.Values.GroupBy(h => h.Kind).OrderBy(g => g.Key).Select(g => $"{g.Key} {g.Count()}")
        .Concat(_retained > 0 ? [$"context {_retained}"] : []));

    /// <summary>The seam: a function's address by its export name, or 0.</summary>
    public Func<string, nint> Exports => name =>
        Missing.Contains(name) || (IsOld && name == "cuGetProcAddress_v2") || (IsOld && name == "cuFuncGetParamInfo")
            ? 0 : Functions.GetValueOrDefault(name);

    /// <summary>Lets the calling thread, which has no current context, talk to this driver.</summary>
    public void Enter() => (Current, CurrentContext) = (this, 0);

    public void Dispose()
    {
        foreach (Memory memory in _ledger.Values.OfType<Memory>())
            NativeMemory.AlignedFree((void*)memory.Address);
        (Current, CurrentContext) = (_previous, 0);
    }

    // What was handed out, and not yet taken back.
    private class Held(string kind)
    {
        public string Kind => kind;
    }

    private sealed class Memory(string kind, nint address, long bytes) : Held(kind)
    {
        public nint Address => address;

        public long Bytes => bytes;
    }

    private nint Give(Held held)
    {
        nint handle = held is Memory memory ? memory.Address : _lastHandle += 16;
        _ledger.Add(handle, held);
        return handle;
    }

    private T Find<T>(nint handle) where T : Held => _ledger.TryGetValue(handle, out Held? held) && held is T found
        ? found
        : throw new Refusal(InvalidHandle, $"0x{handle:x} is no {typeof(T).Name}");

    private T Take<T>(nint handle) where T : Held
    {
        T found = Find<T>(handle);
        _ledger.Remove(handle);
        return found;
    }

    // The real driver answers with a number, or not at all; here it is written down too.
    private sealed class Refusal(int result, string message) : Exception(message)
    {
        public int Result => result;
    }

    private static int Call(string name, Func<FakeDriver, int> body, bool needsContext = true)
    {
        FakeDriver? driver = Current;
        if (driver is null)
            return NotInitialized;
        lock (driver._lock)
        {
            try
            {
                return driver.Run(name, body, needsContext);
            }
            catch (Refusal refusal)
            {
                driver.Complaints.Add($"{name}: {refusal.Message}");
                return refusal.Result;
            }
            catch (Exception e)
            {
                driver.Complaints.Add($"{name}: {e}");
                return Unknown;
            }
        }
    }

    private int Run(string name, Func<FakeDriver, int> body, bool needsContext)
    {
        Calls.Add(name);
        if (Calls.Count - 1 == FailAt)
        {
            Failed = name;
            if (_retained > 0 && EndsContext(FailWith))
                _brokenBy = FailWith;
            return FailWith;
        }

        if (!_isInitialized && name is not ("cuInit" or "cuDriverGetVersion"))
            throw new Refusal(NotInitialized, "called before cuInit");
        if (needsContext && (CurrentContext == 0 || _retained == 0))
            throw new Refusal(InvalidContext, "no context is current on this thread");
        return needsContext && _brokenBy != 0 ? _brokenBy : body(this);
    }

    private static bool EndsContext(int result) => result is 700 or 719;
}
