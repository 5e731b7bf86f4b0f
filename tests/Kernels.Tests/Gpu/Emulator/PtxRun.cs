using System.Runtime.InteropServices;
using Puna.Kernels.Gpu.Emulator;
using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Tests.Gpu.Emulator;

/// <summary>A kernel written as PTX text in a test, run once: buffers in, buffers out.</summary>
internal sealed class PtxRun : IDisposable
{
    private readonly EmulatedMemory _memory = new();
    private readonly List<(ulong Address, int Bytes)> _buffers = [];
    private readonly List<ReadOnlyMemory<byte>> _arguments = [];

    /// <summary>What the launch found.</summary>
    public LaunchReport Report { get; private set; } = new([], [], Counters.None, 0);

    /// <summary>A parameter that points to these elements.</summary>
    public PtxRun Buffer<T>(ReadOnlySpan<T> elements) where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(elements);
        ulong address = Allocate(bytes.Length);
        _memory.Write(address, bytes);
        return this;
    }

    /// <summary>A parameter that points to memory which nobody has written.</summary>
    public PtxRun Undefined(int bytes)
    {
        Allocate(bytes);
        return this;
    }

    /// <summary>A parameter that is passed by value.</summary>
    public PtxRun Value(ReadOnlySpan<byte> bytes)
    {
        _arguments.Add(bytes.ToArray());
        return this;
    }

    /// <summary>The address of a buffer.</summary>
    public ulong Address(int buffer) => _buffers[buffer].Address;

    /// <summary>Runs a kernel whose parameters are the buffers in order.</summary>
    public PtxRun Launch(string ptx, int threads, EmulatorOptions? options = null, int blocks = 1, int cluster = 1, int dynamicShared = 0)
    {
        PtxEmulator emulator = new(_memory, options ?? new EmulatorOptions());
        Report = emulator.Launch(emulator.Load(ptx, "k"), blocks, threads, _arguments, dynamicShared, cluster);
        return this;
    }

    /// <summary>A buffer's elements.</summary>
    public T[] Read<T>(int buffer) where T : unmanaged
    {
        T[] elements = new T[_buffers[buffer].Bytes / Marshal.SizeOf<T>()];
        _memory.Read(_buffers[buffer].Address, MemoryMarshal.AsBytes(elements.AsSpan()));
        return elements;
    }

    /// <summary>Which bytes of a buffer are undefined.</summary>
    public bool[] UndefinedBytes(int buffer)
    {
        (ulong address, int bytes) = _buffers[buffer];
        return [.. Enumerable.Range(0, bytes).Select(i => _memory.Read(address + (ulong)i, new byte[1]).Count > 0)];
    }

    public void Dispose() => _memory.Dispose();

    private ulong Allocate(int bytes)
    {
        ulong address = _memory.Allocate(bytes).Address;
        _buffers.Add((address, bytes));
        _arguments.Add(BitConverter.GetBytes(address));
        return address;
    }
}
