namespace Puna.Kernels.Gpu;

/// <summary>
/// A call on a device: its kernel loaded, its buffers filled, its tensor maps encoded, ready to be launched any number
/// of times. Owns what it allocated. Arguments of one name share one buffer.
/// </summary>
public sealed class KernelLaunch : IDisposable
{
    private const byte GuardByte = 0xA5, PoisonByte = 0xFF;   // poison is NaN in every float format

    private readonly IGpu _gpu;
    private readonly KernelCall _call;
    private readonly int _guardBytes;
    private readonly Dictionary<string, (DeviceBuffer Memory, long Bytes)> _buffers = new(StringComparer.Ordinal);
    private readonly KernelArguments _arguments = new();
    private readonly bool _ownsFunction;
    private GpuFunction? _function;

    /// <summary>Loads and fills.</summary>
    /// <param name="gpu">The device; must outlive this.</param>
    /// <param name="call">The call.</param>
    /// <param name="guardBytes">
    /// Bytes before and after each buffer that must not change, a multiple of 256; null for 256 on hardware and 0 in the
    /// emulator, which sees every byte that a kernel touches.
    /// </param>
    /// <exception cref="DeviceException">The device refuses the code.</exception>
    /// <exception cref="OutOfCapacityException">The device has too little memory.</exception>
    public KernelLaunch(IGpu gpu, KernelCall call, int? guardBytes = null) : this(gpu, call, guardBytes, null)
    {
    }

    private KernelLaunch(IGpu gpu, KernelCall call, int? guardBytes, GpuFunction? function)
    {
        _gpu = gpu;
        _call = call;
        _guardBytes = guardBytes ?? (IsEmulated ? 0 : 256);
        _ownsFunction = function is null;
        try
        {
            _function = function ?? gpu.Load(call.Kernel);
            foreach (KernelArgument argument in call.Arguments)
                Add(argument);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What the device's compiler made of the kernel.</summary>
    public CompilationReport Report => Function.Report;

    /// <summary>Names of the buffers, in the order of the arguments.</summary>
    public IReadOnlyCollection<string> Buffers => _buffers.Keys;

    /// <summary>Bytes that the buffers hold together.</summary>
    public long Bytes => _buffers.Values.Sum(b => b.Bytes);

    private bool IsEmulated => _gpu.Facts.DriverVersion == 0;

    private GpuFunction Function => _function ?? throw new ObjectDisposedException(nameof(KernelLaunch));

    /// <summary>The same call with the same code and buffers of its own; must not outlive this.</summary>
    public KernelLaunch Duplicate() => new(_gpu, _call, _guardBytes, Function);

    /// <summary>Queues one launch; a grid without blocks has nothing to do.</summary>
    /// <param name="stream">The queue.</param>
    public void Queue(GpuStream stream)
    {
        if (_call.Grid.Count > 0)
            _gpu.Launch(Function, _call.Grid, _arguments, stream);
    }

    /// <summary>Reads a buffer back, after all queued work.</summary>
    /// <param name="buffer">Its name.</param>
    /// <param name="most">Bytes from its start at most; null for all.</param>
    /// <exception cref="ArgumentException">No argument has that name.</exception>
    public byte[] Read(string buffer, long? most = null)
    {
        if (!_buffers.TryGetValue(buffer, out (DeviceBuffer Memory, long Bytes) found))
        {
            throw new ArgumentException($"{_call.Kernel.Entry}: there is no buffer '{buffer}', but one of "
                + $"{string.Join(", ", _buffers.Keys)} was expected.", nameof(buffer));
        }

        byte[] bytes = new byte[Math.Min(most ?? found.Bytes, found.Bytes)];
        if (bytes.Length > 0)
            _gpu.Copy(found.Memory, bytes, _guardBytes);
        return bytes;
    }

    /// <summary>The first buffer that was written outside its bounds: which byte, as a sentence; null if none was.</summary>
    public string? FindDamage()
    {
        if (_guardBytes == 0)
            return null;
        byte[] guard = new byte[_guardBytes];
        foreach ((string name, (DeviceBuffer memory, long bytes)) in _buffers)
        {
            foreach (long start in (ReadOnlySpan<long>)[0, _guardBytes + bytes])
            {
                _gpu.Copy(memory, guard, start);
                int at = guard.AsSpan().IndexOfAnyExcept(GuardByte);
                if (at >= 0)
                    return $"{_call.Kernel.Entry}: byte {start + at - _guardBytes} of buffer '{name}' was written, but it "
                        + $"has {bytes} bytes.";
            }
        }

        return null;
    }

    /// <summary>Unloads the kernel and frees the buffers.</summary>
    public void Dispose()
    {
        if (_ownsFunction)
            _function?.Dispose();
        _function = null;
        foreach ((DeviceBuffer memory, _) in _buffers.Values)
            memory.Dispose();
        _buffers.Clear();
    }

    private void Add(KernelArgument argument)
    {
        switch (argument.Kind)
        {
            case ArgumentKind.Scalar:
                _arguments.Bytes(argument.Bytes.Span);
                break;
            case ArgumentKind.Buffer:
                _arguments.Pointer(AddressOf(argument));
                break;
            case ArgumentKind.TensorMap:
                TensorMapLayout layout = argument.Map ?? throw new ArgumentException(
                    $"{_call.Kernel.Entry}: argument '{argument.Name}' is a tensor map without a layout.");
                _arguments.Bytes(_gpu.Encode(layout with { Address = AddressOf(argument) }).Bytes.AsSpan());
                break;
            default:
                throw new ArgumentException($"{_call.Kernel.Entry}: argument '{argument.Name}' is of no known kind.");
        }
    }

    private ulong AddressOf(KernelArgument argument)
    {
        if (!_buffers.TryGetValue(argument.Name, out (DeviceBuffer Memory, long Bytes) buffer))
            buffer = Allocate(argument);
        return buffer.Memory.Address + (ulong)_guardBytes;
    }

    private (DeviceBuffer Memory, long Bytes) Allocate(KernelArgument argument)
    {
        long bytes = Math.Max(argument.Bytes.Length, argument.UndefinedBytes);
        DeviceBuffer memory = _gpu.Allocate(Math.Max(1, bytes + (2 * _guardBytes)));
        _buffers.Add(argument.Name, (memory, bytes));
        if (_guardBytes > 0)
        {
            byte[] guard = new byte[_guardBytes];
            guard.AsSpan().Fill(GuardByte);
            _gpu.Copy(guard, memory);
            _gpu.Copy(guard, memory, _guardBytes + bytes);
        }

        if (argument.Bytes.Length > 0)
            _gpu.Copy(argument.Bytes.Span, memory, _guardBytes);
        else if (!IsEmulated && bytes > 0)
            Poison(memory, bytes);   // the emulator knows by itself what nobody wrote
        return (memory, bytes);
    }

    private void Poison(DeviceBuffer memory, long bytes)
    {
        byte[] poison = new byte[Math.Min(bytes, 1 << 22)];
        poison.AsSpan().Fill(PoisonByte);
        for (long at = 0; at < bytes; at += poison.Length)
            _gpu.Copy(poison.AsSpan(0, (int)Math.Min(poison.Length, bytes - at)), memory, _guardBytes + at);
    }
}
