using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu.Emulator.Memory;

/// <summary>What a piece of device memory is for.</summary>
internal enum MemoryKind
{
    Buffer,
    Variable,
    Constant,
    Parameters,
}

/// <summary>State of one byte of memory, in the plane that shadows it.</summary>
internal static class ByteState
{
    public const byte Defined = 0;

    /// <summary>Nobody has written the byte.</summary>
    public const byte Undefined = 1;

    /// <summary>An asynchronous copy writes the byte and has not been waited for.</summary>
    public const byte InFlight = 2;

    /// <summary>An asynchronous copy reads the byte and has not been waited for.</summary>
    public const byte BeingRead = 4;
}

/// <summary>A piece of device memory with the state of each byte and, during a launch, who wrote and read it.</summary>
internal sealed unsafe partial class Allocation : IDisposable
{
    public const int PageBytes = 4096;
    private ulong*[]? _writers;
    private ulong*[]? _readers;

    public Allocation(ulong address, long bytes, MemoryKind kind, string name)
    {
        (Address, Bytes, Kind, Name) = (address, bytes, kind, name);
        nuint padded = (nuint)(bytes + 64);
        Data = (byte*)NativeMemory.AlignedAlloc(padded, 64);
        State = (byte*)NativeMemory.AlignedAlloc(padded, 64);
        NativeMemory.Fill(Data, padded, 0xFF);
        NativeMemory.Fill(State, padded, ByteState.Undefined);
    }

    public ulong Address { get; }

    public long Bytes { get; }

    public MemoryKind Kind { get; }

    public string Name { get; }

    /// <summary>The bytes; null once freed.</summary>
    public byte* Data { get; private set; }

    /// <summary>A <see cref="ByteState"/> for each byte.</summary>
    public byte* State { get; private set; }

    public bool IsFreed => Data is null;

    public bool IsReadOnly => Kind is MemoryKind.Constant or MemoryKind.Parameters;

    /// <summary>Who wrote each byte of the page that holds <paramref name="offset"/>: see <see cref="GlobalOrder"/>; null if nobody did.</summary>
    public ulong* Writers(long offset) => _writers is { } pages ? pages[offset / PageBytes] : null;

    /// <summary>Who read each byte of a page; null if nobody did.</summary>
    public ulong* Readers(long offset) => _readers is { } pages ? pages[offset / PageBytes] : null;

    public ulong* MakeWriters(long offset) => Page(ref _writers, offset);

    public ulong* MakeReaders(long offset) => Page(ref _readers, offset);

    /// <summary>Forgets who wrote and read: a launch has ended.</summary>
    public void EndLaunch()
    {
        Release(ref _writers);
        Release(ref _readers);
    }

    /// <summary>Returns the bytes and keeps the address, so that later accesses can be named.</summary>
    public void Dispose()
    {
        EndLaunch();
        NativeMemory.AlignedFree(Data);
        NativeMemory.AlignedFree(State);
        Data = State = null;
    }

    private ulong* Page(ref ulong*[]? pages, long offset)
    {
        lock (this)
        {
            pages ??= new ulong*[(Bytes + PageBytes - 1) / PageBytes];
            ref ulong* page = ref pages[offset / PageBytes];
            if (page is null)
                page = (ulong*)NativeMemory.AllocZeroed(PageBytes, sizeof(ulong));
            return page;
        }
    }

    private static void Release(ref ulong*[]? pages)
    {
        if (pages is null)
            return;
        foreach (ulong* page in pages)
            NativeMemory.Free(page);
        pages = null;
    }
}
