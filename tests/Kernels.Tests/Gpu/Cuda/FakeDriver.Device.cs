using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Puna.Kernels.Tests.Gpu.Cuda;

internal sealed unsafe partial class FakeDriver
{
    private const nint Context = 0xC0;

    private static readonly Dictionary<int, (string Name, string Meaning)> Errors = new()
    {
        [1] = ("CUDA_ERROR_INVALID_VALUE", "invalid argument"),
        [2] = ("CUDA_ERROR_OUT_OF_MEMORY", "out of memory"),
        [100] = ("CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"),
        [201] = ("CUDA_ERROR_INVALID_CONTEXT", "invalid device context"),
        [218] = ("CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"),
        [400] = ("CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"),
        [500] = ("CUDA_ERROR_NOT_FOUND", "named symbol not found"),
        [700] = ("CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"),
        [719] = ("CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"),
        [900] = ("CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"),
        [901] = ("CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"),
        [910] = ("CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE", "the graph update was not performed"),
        [999] = ("CUDA_ERROR_UNKNOWN", "unknown error"),
    };

    private static readonly Dictionary<string, nint> Texts = Errors.Values.SelectMany(e => new[] { e.Name, e.Meaning }).Distinct()
        .ToDictionary(t => t, t => Marshal.StringToCoTaskMemUTF8(t));

    [UnmanagedCallersOnly]
    private static int GetProcAddress(byte* symbol, nint* address, int version, ulong flags, int* status)
    {
        string name = Marshal.PtrToStringUTF8((nint)symbol)!;
        *status = 0;
        if (flags != 0 || version is < 12000 or > 12080)
            return InvalidValue;
        Func<string, nint> exports = Current!.Exports;
        *address = version > Current.Version ? 0 : exports(name + "_v2") is var second && second != 0 ? second : exports(name);
        return *address == 0 ? 500 : 0;
    }

    [UnmanagedCallersOnly]
    private static int GetErrorName(int error, byte** text) => Say(error, text, e => e.Name);

    [UnmanagedCallersOnly]
    private static int GetErrorString(int error, byte** text) => Say(error, text, e => e.Meaning);

    private static int Say(int error, byte** text, Func<(string Name, string Meaning), string> which)
    {
        *text = Errors.TryGetValue(error, out (string Name, string Meaning) known) ? (byte*)Texts[which(known)] : null;
        return *text == null ? InvalidValue : 0;
    }

    [UnmanagedCallersOnly]
    private static int Init(uint flags) => Call("cuInit", d =>
    {
        d._isInitialized = true;
        return d.DeviceCount == 0 ? 100 : flags == 0 ? 0 : InvalidValue;
    }, needsContext: false);

    [UnmanagedCallersOnly]
    private static int DriverGetVersion(int* version) => Call("cuDriverGetVersion", d => Set(version, d.Version), needsContext: false);

    [UnmanagedCallersOnly]
    private static int DeviceGetCount(int* count) => Call("cuDeviceGetCount", d => Set(count, d.DeviceCount), needsContext: false);

    [UnmanagedCallersOnly]
    private static int DeviceGet(int* device, int ordinal) => Call("cuDeviceGet", d => Set(device, 70 + ordinal), needsContext: false);

    [UnmanagedCallersOnly]
    private static int DeviceGetName(byte* name, int length, int device) => Call("cuDeviceGetName", d =>
    {
        Encoding.UTF8.GetBytes("Imagined H100\0").CopyTo(new Span<byte>(name, length));
        return CheckDevice(device);
    }, needsContext: false);

    [UnmanagedCallersOnly]
    private static int DeviceTotalMem(nuint* bytes, int device) => Call("cuDeviceTotalMem", d =>
    {
        *bytes = (nuint)d.MemoryBytes;
        return CheckDevice(device);
    }, needsContext: false);

    [UnmanagedCallersOnly]
    private static int DeviceGetAttribute(int* value, int attribute, int device) => Call("cuDeviceGetAttribute", d => Set(value, attribute switch
    {
        13 => 1_980_000,
        16 => 132,
        38 => 50 << 20,
        75 => d.Compute / 10,
        76 => d.Compute % 10,
        81 => 233_472,
        97 => 232_448,
        _ => throw new Refusal(InvalidValue, $"attribute {attribute} is not known"),
    }) + CheckDevice(device), needsContext: false);

    [UnmanagedCallersOnly]
    private static int DevicePrimaryCtxRetain(nint* context, int device) => Call("cuDevicePrimaryCtxRetain", d =>
    {
        d._retained++;
        *context = Context;
        return CheckDevice(device);
    }, needsContext: false);

    [UnmanagedCallersOnly]
    private static int DevicePrimaryCtxRelease(int device) => Call("cuDevicePrimaryCtxRelease", d =>
    {
        if (--d._retained < 0)
            throw new Refusal(InvalidContext, "released more often than retained");
        if (d._retained == 0 && d._brokenBy != 0)
            d.LoseEverything();
        return CheckDevice(device);
    }, needsContext: false);

    [UnmanagedCallersOnly]
    private static int CtxSetCurrent(nint context) => Current!.IsQuiet ? 0 : MakeCurrent(context);

    private static int MakeCurrent(nint context) => Call("cuCtxSetCurrent", d =>
    {
        CurrentContext = context;
        return context == Context && d._retained > 0 ? 0 : throw new Refusal(InvalidContext, $"0x{context:x} is no context");
    }, needsContext: false);

    // A context that queued work has broken takes everything with it.
    private void LoseEverything()
    {
        foreach (Memory memory in _ledger.Values.OfType<Memory>())
            NativeMemory.AlignedFree((void*)memory.Address);
        _ledger.Clear();
        _brokenBy = 0;
    }

    private static int CheckDevice(int device) => device == 70 ? 0 : throw new Refusal(101, $"{device} is no device");

    private static int Set(int* target, int value)
    {
        *target = value;
        return 0;
    }

    [UnmanagedCallersOnly]
    private static int MemGetInfo(nuint* free, nuint* total) => Call("cuMemGetInfo", d =>
    {
        (*free, *total) = ((nuint)(d.MemoryBytes - d.DeviceBytes), (nuint)d.MemoryBytes);
        return 0;
    });

    /// <summary>Device memory handed out.</summary>
    public long DeviceBytes => _ledger.Values.OfType<Memory>().Where(m => m.Kind == "device memory").Sum(m => m.Bytes);

    [UnmanagedCallersOnly]
    private static int MemAlloc(ulong* address, nuint bytes) => Call("cuMemAlloc", d =>
    {
        if (bytes == 0)
            throw new Refusal(InvalidValue, "no bytes");
        if (d.DeviceBytes + (long)bytes > d.MemoryBytes)
            return 2;
        d.CheckNotCapturing("cuMemAlloc");
        *address = (ulong)d.Give(new Memory("device memory", (nint)NativeMemory.AlignedAlloc(bytes, 512), (long)bytes));
        Unsafe.InitBlock((void*)*address, 0xCC, (uint)bytes);
        return 0;
    });

    [UnmanagedCallersOnly]
    private static int MemFree(ulong address) => Call("cuMemFree", d => d.FreeMemory((nint)address, "device memory"));

    [UnmanagedCallersOnly]
    private static int MemHostAlloc(nint* address, nuint bytes, uint flags) => Call("cuMemHostAlloc", d =>
    {
        *address = d.Give(new Memory("pinned memory", (nint)NativeMemory.AlignedAlloc(bytes, 4096), (long)bytes));
        return flags == 1 ? 0 : InvalidValue;
    });

    [UnmanagedCallersOnly]
    private static int MemFreeHost(nint address) => Call("cuMemFreeHost", d => d.FreeMemory(address, "pinned memory"));

    private int FreeMemory(nint address, string kind)
    {
        if (Take<Memory>(address).Kind != kind)
            throw new Refusal(InvalidValue, $"0x{address:x} is no {kind}");
        NativeMemory.AlignedFree((void*)address);
        return 0;
    }

    private void CheckDeviceRange(ulong address, nuint bytes)
    {
        if (!_ledger.Values.OfType<Memory>().Any(m => m.Kind == "device memory" && (ulong)m.Address <= address
            && address + bytes <= (ulong)m.Address + (ulong)m.Bytes))
            throw new Refusal(InvalidValue, $"{bytes} bytes at 0x{address:x} are no device memory");
    }
}
