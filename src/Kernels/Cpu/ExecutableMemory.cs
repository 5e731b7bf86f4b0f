namespace Puna.Kernels.Cpu;

/// <summary>Machine code in pages of its own: written once, executable from then on and never writable again.</summary>
internal sealed unsafe class ExecutableMemory : IDisposable
{
    private readonly long _bytes;
    private byte* _address;

    /// <summary>Copies code to new pages and makes them executable.</summary>
    /// <param name="code">Code that may lie anywhere.</param>
    /// <exception cref="OutOfCapacityException">The system gives no memory, or forbids to execute it.</exception>
    public ExecutableMemory(ReadOnlySpan<byte> code)
    {
        _bytes = code.Length;
        _address = SystemMemory.Allocate(_bytes);
        if (_address is null)
            throw new OutOfCapacityException($"machine code: {_bytes:N0} bytes were asked for, but the system did not give them.");
        code.CopyTo(new Span<byte>(_address, code.Length));
        if (SystemMemory.TryMakeExecutable(_address, _bytes))
            return;
        Free();
        throw new OutOfCapacityException(
            $"machine code: {_bytes:N0} bytes were written, but the system does not let them be executed. "
            + "Allow memory that is executable after having been written, or turn machine code off.");
    }

    /// <summary>Frees code that nobody disposed.</summary>
    ~ExecutableMemory() => Free();

    /// <summary>The first instruction.</summary>
    /// <exception cref="ObjectDisposedException">The code is gone.</exception>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address is null, this);
            return (nint)_address;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_address is not null)
            SystemMemory.Free(_address, _bytes);
        _address = null;
    }
}
