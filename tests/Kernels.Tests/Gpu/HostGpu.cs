using System.Runtime.InteropServices;
using Puna.Kernels.Gpu;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>A GPU for tests of what stands on <see cref="IGpu"/>: host memory, and a C# method in the place of each kernel.</summary>
/// <param name="driverVersion">0 poses as an emulator.</param>
/// <param name="kernel">What every launch does, given the arguments.</param>
internal sealed unsafe class HostGpu(int driverVersion, Action<KernelArguments> kernel) : IGpu
{
    private readonly HashSet<nint> _live = [];

    /// <summary>Owners that were not disposed.</summary>
    public int LiveCount => _live.Count;

    public GpuFacts Facts { get; } = new("host", GpuArch.Sm90a, driverVersion, 1, 232448, 233472, 1 << 20, 1 << 30, 0);

    public DeviceBuffer Allocate(long bytes)
    {
        nint memory = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 256);
        new Span<byte>((void*)memory, (int)bytes).Clear();
        _live.Add(memory);
        return new DeviceBuffer(this, (ulong)memory, bytes);
    }

    public GpuFunction Load(GpuKernel kernel)
    {
        if (kernel.Entry == "refused")
            throw new DeviceException("PTX line 3: no.");
        _live.Add(1);
        return new GpuFunction(this, 1, kernel, new CompilationReport(32, 0, 0, ""));
    }

    public GpuStream CreateStream()
    {
        _live.Add(2);
        return new GpuStream(this, 2);
    }

    public void Copy(ReadOnlySpan<byte> source, DeviceBuffer target, long offset = 0) =>
        source.CopyTo(new Span<byte>((byte*)target.Address + offset, (int)(target.Bytes - offset)));

    public void Copy(DeviceBuffer source, Span<byte> target, long offset = 0) =>
        new Span<byte>((byte*)source.Address + offset, target.Length).CopyTo(target);

    public void Launch(GpuFunction function, GpuDim grid, KernelArguments arguments, GpuStream stream) => kernel(arguments);

    public void Synchronize(GpuStream stream)
    {
    }

    public TensorMap Encode(TensorMapLayout layout) => new([.. BitConverter.GetBytes(layout.Address), .. new byte[120]]);

    public void Free(GpuResource kind, nint handle)
    {
        Assert.True(_live.Remove(handle));
        if (kind == GpuResource.DeviceMemory)
            NativeMemory.AlignedFree((void*)handle);
    }

    public void Dispose()
    {
    }

    public PinnedBuffer AllocatePinned(long bytes) => throw new NotSupportedException();

    public GpuEvent CreateEvent() => throw new NotSupportedException();

    public void CopyAsync(PinnedBuffer source, DeviceBuffer target, long bytes, GpuStream stream) => throw new NotSupportedException();

    public void CopyAsync(DeviceBuffer source, PinnedBuffer target, long bytes, GpuStream stream) => throw new NotSupportedException();

    public void Fill(DeviceBuffer buffer, byte value, GpuStream stream) => throw new NotSupportedException();

    public void Record(GpuEvent point, GpuStream stream) => throw new NotSupportedException();

    public TimeSpan Elapsed(GpuEvent start, GpuEvent finish) => throw new NotSupportedException();

    public void BeginCapture(GpuStream stream) => throw new NotSupportedException();

    public GpuGraph EndCapture(GpuStream stream) => throw new NotSupportedException();

    public bool Update(GpuGraph graph, GpuStream stream) => throw new NotSupportedException();

    public void Launch(GpuGraph graph, GpuStream stream) => throw new NotSupportedException();
}
