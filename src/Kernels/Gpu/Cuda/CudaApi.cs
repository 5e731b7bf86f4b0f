using System.Text;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>
/// The entries of the driver that this library calls: CUDA driver API 12.0, reference "CUDA Toolkit Documentation,
/// CUDA Driver API". Each field is the C function without its prefix <c>cu</c>.
/// </summary>
/// <remarks>No call carries SuppressGCTransition: almost all of them can block, and the few that cannot are rare.</remarks>
internal sealed unsafe class CudaApi
{
    // Entries exist in versions; this one's signatures are those of the fields below.
    private const int Version = 12000;

    private readonly Func<string, nint> _export;
    private readonly delegate* unmanaged<byte*, nint*, int, ulong, int*, int> _getProcAddress;

    public readonly delegate* unmanaged<uint, int> Init;
    public readonly delegate* unmanaged<int*, int> DriverGetVersion;
    public readonly delegate* unmanaged<int, byte**, int> GetErrorName;
    public readonly delegate* unmanaged<int, byte**, int> GetErrorString;

    public readonly delegate* unmanaged<int*, int> DeviceGetCount;
    public readonly delegate* unmanaged<int*, int, int> DeviceGet;
    public readonly delegate* unmanaged<byte*, int, int, int> DeviceGetName;
    public readonly delegate* unmanaged<int*, int, int, int> DeviceGetAttribute;
    public readonly delegate* unmanaged<nuint*, int, int> DeviceTotalMem;
    public readonly delegate* unmanaged<nint*, int, int> DevicePrimaryCtxRetain;
    public readonly delegate* unmanaged<int, int> DevicePrimaryCtxRelease;
    public readonly delegate* unmanaged<nint, int> CtxSetCurrent;

    public readonly delegate* unmanaged<nuint*, nuint*, int> MemGetInfo;
    public readonly delegate* unmanaged<ulong*, nuint, int> MemAlloc;
    public readonly delegate* unmanaged<ulong, int> MemFree;
    public readonly delegate* unmanaged<nint*, nuint, uint, int> MemHostAlloc;
    public readonly delegate* unmanaged<nint, int> MemFreeHost;
    public readonly delegate* unmanaged<ulong, void*, nuint, nint, int> MemcpyHtoDAsync;
    public readonly delegate* unmanaged<void*, ulong, nuint, nint, int> MemcpyDtoHAsync;
    public readonly delegate* unmanaged<ulong, byte, nuint, nint, int> MemsetD8Async;

    public readonly delegate* unmanaged<nint*, void*, uint, int*, void**, int> ModuleLoadDataEx;
    public readonly delegate* unmanaged<nint, int> ModuleUnload;
    public readonly delegate* unmanaged<nint*, nint, byte*, int> ModuleGetFunction;
    public readonly delegate* unmanaged<int*, int, nint, int> FuncGetAttribute;
    public readonly delegate* unmanaged<nint, int, int, int> FuncSetAttribute;
    public readonly delegate* unmanaged<uint, int*, void**, nint*, int> LinkCreate;
    public readonly delegate* unmanaged<nint, int, void*, nuint, byte*, uint, int*, void**, int> LinkAddData;
    public readonly delegate* unmanaged<nint, void**, nuint*, int> LinkComplete;
    public readonly delegate* unmanaged<nint, int> LinkDestroy;

    public readonly delegate* unmanaged<nint*, uint, int> StreamCreate;
    public readonly delegate* unmanaged<nint, int> StreamDestroy;
    public readonly delegate* unmanaged<nint, int> StreamSynchronize;
    public readonly delegate* unmanaged<nint, int, int> StreamBeginCapture;
    public readonly delegate* unmanaged<nint, nint*, int> StreamEndCapture;
    public readonly delegate* unmanaged<nint, int*, int> StreamIsCapturing;
    public readonly delegate* unmanaged<nint*, uint, int> EventCreate;
    public readonly delegate* unmanaged<nint, int> EventDestroy;
    public readonly delegate* unmanaged<nint, nint, int> EventRecord;
    public readonly delegate* unmanaged<nint, int> EventSynchronize;
    public readonly delegate* unmanaged<float*, nint, nint, int> EventElapsedTime;

    public readonly delegate* unmanaged<LaunchConfig*, nint, void**, void**, int> LaunchKernelEx;
    public readonly delegate* unmanaged<nint*, nint, ulong, int> GraphInstantiateWithFlags;
    public readonly delegate* unmanaged<nint, nint, GraphUpdateResult*, int> GraphExecUpdate;
    public readonly delegate* unmanaged<nint, nint, int> GraphUpload;
    public readonly delegate* unmanaged<nint, nint, int> GraphLaunch;
    public readonly delegate* unmanaged<nint, int> GraphExecDestroy;
    public readonly delegate* unmanaged<nint, int> GraphDestroy;

    public readonly delegate* unmanaged<
        void*, int, uint, void*, ulong*, ulong*, uint*, uint*, int, int, int, int, int> TensorMapEncodeTiled;

    /// <summary>(function, index, out offset, out size): CUDA 12.4; null on older drivers.</summary>
    public readonly delegate* unmanaged<nint, nuint, nuint*, nuint*, int> FuncGetParamInfo;

    /// <summary>Binds all entries.</summary>
    /// <param name="export">The address of an exported function of the driver, or 0.</param>
    /// <exception cref="DeviceException">The driver lacks one.</exception>
    public CudaApi(Func<string, nint> export)
    {
        _export = export;
        _getProcAddress = (delegate* unmanaged<byte*, nint*, int, ulong, int*, int>)export("cuGetProcAddress_v2");

        Init = (delegate* unmanaged<uint, int>)Bind("cuInit");
        DriverGetVersion = (delegate* unmanaged<int*, int>)Bind("cuDriverGetVersion");
        GetErrorName = (delegate* unmanaged<int, byte**, int>)Bind("cuGetErrorName");
        GetErrorString = (delegate* unmanaged<int, byte**, int>)Bind("cuGetErrorString");

        DeviceGetCount = (delegate* unmanaged<int*, int>)Bind("cuDeviceGetCount");
        DeviceGet = (delegate* unmanaged<int*, int, int>)Bind("cuDeviceGet");
        DeviceGetName = (delegate* unmanaged<byte*, int, int, int>)Bind("cuDeviceGetName");
        DeviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)Bind("cuDeviceGetAttribute");
        DeviceTotalMem = (delegate* unmanaged<nuint*, int, int>)Bind("cuDeviceTotalMem", "_v2");
        DevicePrimaryCtxRetain = (delegate* unmanaged<nint*, int, int>)Bind("cuDevicePrimaryCtxRetain");
        DevicePrimaryCtxRelease = (delegate* unmanaged<int, int>)Bind("cuDevicePrimaryCtxRelease", "_v2");
        CtxSetCurrent = (delegate* unmanaged<nint, int>)Bind("cuCtxSetCurrent");

        MemGetInfo = (delegate* unmanaged<nuint*, nuint*, int>)Bind("cuMemGetInfo", "_v2");
        MemAlloc = (delegate* unmanaged<ulong*, nuint, int>)Bind("cuMemAlloc", "_v2");
        MemFree = (delegate* unmanaged<ulong, int>)Bind("cuMemFree", "_v2");
        MemHostAlloc = (delegate* unmanaged<nint*, nuint, uint, int>)Bind("cuMemHostAlloc");
        MemFreeHost = (delegate* unmanaged<nint, int>)Bind("cuMemFreeHost");
        MemcpyHtoDAsync = (delegate* unmanaged<ulong, void*, nuint, nint, int>)Bind("cuMemcpyHtoDAsync", "_v2");
        MemcpyDtoHAsync = (delegate* unmanaged<void*, ulong, nuint, nint, int>)Bind("cuMemcpyDtoHAsync", "_v2");
        MemsetD8Async = (delegate* unmanaged<ulong, byte, nuint, nint, int>)Bind("cuMemsetD8Async");

        ModuleLoadDataEx = (delegate* unmanaged<nint*, void*, uint, int*, void**, int>)Bind("cuModuleLoadDataEx");
        ModuleUnload = (delegate* unmanaged<nint, int>)Bind("cuModuleUnload");
        ModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)Bind("cuModuleGetFunction");
        FuncGetAttribute = (delegate* unmanaged<int*, int, nint, int>)Bind("cuFuncGetAttribute");
        FuncSetAttribute = (delegate* unmanaged<nint, int, int, int>)Bind("cuFuncSetAttribute");
        LinkCreate = (delegate* unmanaged<uint, int*, void**, nint*, int>)Bind("cuLinkCreate", "_v2");
        LinkAddData = (delegate* unmanaged<nint, int, void*, nuint, byte*, uint, int*, void**, int>)Bind("cuLinkAddData", "_v2");
        LinkComplete = (delegate* unmanaged<nint, void**, nuint*, int>)Bind("cuLinkComplete");
        LinkDestroy = (delegate* unmanaged<nint, int>)Bind("cuLinkDestroy");

        StreamCreate = (delegate* unmanaged<nint*, uint, int>)Bind("cuStreamCreate");
        StreamDestroy = (delegate* unmanaged<nint, int>)Bind("cuStreamDestroy", "_v2");
        StreamSynchronize = (delegate* unmanaged<nint, int>)Bind("cuStreamSynchronize");
        StreamBeginCapture = (delegate* unmanaged<nint, int, int>)Bind("cuStreamBeginCapture", "_v2");
        StreamEndCapture = (delegate* unmanaged<nint, nint*, int>)Bind("cuStreamEndCapture");
        StreamIsCapturing = (delegate* unmanaged<nint, int*, int>)Bind("cuStreamIsCapturing");
        EventCreate = (delegate* unmanaged<nint*, uint, int>)Bind("cuEventCreate");
        EventDestroy = (delegate* unmanaged<nint, int>)Bind("cuEventDestroy", "_v2");
        EventRecord = (delegate* unmanaged<nint, nint, int>)Bind("cuEventRecord");
        EventSynchronize = (delegate* unmanaged<nint, int>)Bind("cuEventSynchronize");
        EventElapsedTime = (delegate* unmanaged<float*, nint, nint, int>)Bind("cuEventElapsedTime");

        LaunchKernelEx = (delegate* unmanaged<LaunchConfig*, nint, void**, void**, int>)Bind("cuLaunchKernelEx");
        GraphInstantiateWithFlags = (delegate* unmanaged<nint*, nint, ulong, int>)Bind("cuGraphInstantiateWithFlags");
        GraphExecUpdate = (delegate* unmanaged<nint, nint, GraphUpdateResult*, int>)Bind("cuGraphExecUpdate", "_v2");
        GraphUpload = (delegate* unmanaged<nint, nint, int>)Bind("cuGraphUpload");
        GraphLaunch = (delegate* unmanaged<nint, nint, int>)Bind("cuGraphLaunch");
        GraphExecDestroy = (delegate* unmanaged<nint, int>)Bind("cuGraphExecDestroy");
        GraphDestroy = (delegate* unmanaged<nint, int>)Bind("cuGraphDestroy");
        TensorMapEncodeTiled = (delegate* unmanaged<
            void*, int, uint, void*, ulong*, ulong*, uint*, uint*, int, int, int, int, int>)Bind("cuTensorMapEncodeTiled");

        FuncGetParamInfo = (delegate* unmanaged<nint, nuint, nuint*, nuint*, int>)Find("cuFuncGetParamInfo", "", 12040);
    }

    // suffix: what the export of this version's signature carries, for a driver without cuGetProcAddress_v2.
    private nint Bind(string name, string suffix = "") => Find(name, suffix, Version) is var address && address != 0
        ? address
        : throw new DeviceException(
            $"CudaGpu: the driver has no entry {name}{suffix}, but CUDA {Version / 1000}.0 is needed (driver 525). "
            + "Install a newer NVIDIA driver, or choose the CPU.");

    private nint Find(string name, string suffix, int version)
    {
        if (_getProcAddress == null)
            return _export(name + suffix);

        nint address = 0;
        int status = 0;
        fixed (byte* text = Encoding.ASCII.GetBytes(name + '\0'))
            return _getProcAddress(text, &address, version, 0, &status) == 0 ? address : 0;
    }
}
