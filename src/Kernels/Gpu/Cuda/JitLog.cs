using System.Runtime.InteropServices;
using System.Text;

namespace Puna.Kernels.Gpu.Cuda;

/// <summary>
/// The options of a compilation: both logs, verbose (registers, spills, warnings). Native memory, since the driver
/// writes into it until a link is destroyed.
/// </summary>
internal sealed unsafe class JitLog : IDisposable
{
    /// <summary>What decides the compiled code besides text, driver and device; part of the cache's key.</summary>
    public const string Key = "default optimization, verbose log";

    private const int LogBytes = 64 * 1024;

    private byte* _memory;

    public JitLog()
    {
        _memory = (byte*)NativeMemory.AllocZeroed((2 * LogBytes) + 128);
        Options = (int*)(_memory + (2 * LogBytes));
        Values = (void**)(_memory + (2 * LogBytes) + 64);
        Add(JitOption.InfoLog, _memory);
        Add(JitOption.InfoLogBytes, (void*)LogBytes);   // numbers travel in the pointer itself
        Add(JitOption.ErrorLog, _memory + LogBytes);
        Add(JitOption.ErrorLogBytes, (void*)LogBytes);
        Add(JitOption.LogVerbose, (void*)1);
    }

    /// <summary>CUjit_option of each option.</summary>
    public int* Options { get; }

    /// <summary>The value of each option.</summary>
    public void** Values { get; }

    /// <summary>Options in use.</summary>
    public uint Count { get; private set; }

    /// <summary>Registers, spills, warnings.</summary>
    public string Info => Text(_memory);

    /// <summary>Errors, then the rest.</summary>
    public string All => $"{Text(_memory + LogBytes)}\n{Info}".Trim();

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }

    private void Add(JitOption option, void* value)
    {
        Options[Count] = (int)option;
        Values[Count] = value;
        Count++;
    }

    private static string Text(byte* log)
    {
        ReadOnlySpan<byte> bytes = new(log, LogBytes);
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]).Trim();
    }
}
