using System.Collections.Concurrent;
using System.Text;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>
/// A device's primary context: the one that every library of the process shares. Owned: retained here, released once.
/// </summary>
internal sealed unsafe class CudaContext : IDisposable
{
    private readonly ConcurrentQueue<(nint Handle, string Call, nint Release)> _leftovers = [];
    private readonly int _device;
    private readonly nint _context;
    private volatile bool _isReleased;

    /// <summary>Retains the context of a device.</summary>
    /// <param name="api">The driver.</param>
    /// <param name="ordinal">Which device, from 0.</param>
    /// <exception cref="DeviceException">There is no such device, or a call failed.</exception>
    public CudaContext(CudaApi api, int ordinal)
    {
        (Api, Errors) = (api, new CudaErrors(api));
        Errors.Check(api.Init(0), "cuInit");

        int count = 0, device = 0;
        Errors.Check(api.DeviceGetCount(&count), "cuDeviceGetCount");
        if (ordinal < 0 || ordinal >= count)
        {
            throw new DeviceException(
                $"CudaGpu: device {ordinal} was asked for, but the driver shows {count} (counted from 0). "
                + "Choose another, or look at CUDA_VISIBLE_DEVICES.");
        }

        Errors.Check(api.DeviceGet(&device, ordinal), "cuDeviceGet");
        _device = device;
        Facts = ReadFacts();
        fixed (nint* context = &_context)
            Errors.Check(api.DevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain");
    }

    /// <summary>The driver.</summary>
    public CudaApi Api { get; }

    /// <summary>What its results mean.</summary>
    public CudaErrors Errors { get; }

    /// <summary>What the device is.</summary>
    public GpuFacts Facts { get; }

    /// <summary>Whether it was released.</summary>
    public bool IsReleased => _isReleased;

    /// <summary>Makes the context that of the calling thread, which every call below needs; tens of nanoseconds.</summary>
    public CudaApi Enter()
    {
        ObjectDisposedException.ThrowIf(_isReleased, typeof(CudaGpu));
        Errors.Check(Api.CtxSetCurrent(_context), "cuCtxSetCurrent");
        return Api;
    }

    /// <summary>The same for calls that give something back, which do not throw: the result.</summary>
    public int TryEnter() => Api.CtxSetCurrent(_context);

    /// <summary>
    /// Gives back what nobody outside has seen. Never throws: one that the driver does not take is tried again when
    /// the context is released.
    /// </summary>
    public void Discard(nint handle, string call, delegate* unmanaged<nint, int> release)
    {
        if (handle != 0 && !Errors.IsDone(release(handle), call))
            _leftovers.Enqueue((handle, call, (nint)release));
    }

    /// <summary>Releases the context; may be called again after a failure.</summary>
    public void Dispose()
    {
        if (_isReleased)
            return;
        while (_leftovers.TryPeek(out (nint Handle, string Call, nint Release) left))
        {
            int failure = ((delegate* unmanaged<nint, int>)left.Release)(left.Handle);
            if (!Errors.IsDone(failure, left.Call))
                throw Errors.Error(failure, left.Call);
            _leftovers.TryDequeue(out _);
        }

        bool wasLost = Errors.IsLost;   // then everybody knows, and the result says nothing new
        int result = Api.DevicePrimaryCtxRelease(_device);
        if (!wasLost)
            Errors.Check(result, "cuDevicePrimaryCtxRelease");
        _isReleased = true;
    }

    private GpuFacts ReadFacts()
    {
        int version = 0;
        nuint memory = 0;
        Span<byte> name = stackalloc byte[256];
        Errors.Check(Api.DriverGetVersion(&version), "cuDriverGetVersion");
        Errors.Check(Api.DeviceTotalMem(&memory, _device), "cuDeviceTotalMem");
        fixed (byte* text = name)
            Errors.Check(Api.DeviceGetName(text, name.Length, _device), "cuDeviceGetName");

        // The code of one chip alone exists from Hopper on.
        int major = Attribute(DeviceAttribute.ComputeMajor);
        return new GpuFacts(
            Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]),
            new GpuArch(major, Attribute(DeviceAttribute.ComputeMinor), IsSpecific: major >= 9),
            version,
            Attribute(DeviceAttribute.MultiprocessorCount),
            Attribute(DeviceAttribute.SharedBytesPerBlockOptIn),
            Attribute(DeviceAttribute.SharedBytesPerMultiprocessor),
            Attribute(DeviceAttribute.L2Bytes),
            (long)memory,
            Attribute(DeviceAttribute.ClockKilohertz));
    }

    private int Attribute(DeviceAttribute attribute)
    {
        int value = 0;
        Errors.Check(Api.DeviceGetAttribute(&value, (int)attribute, _device), "cuDeviceGetAttribute");
        return value;
    }
}
