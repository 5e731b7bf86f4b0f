using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu.Emulator.Memory;

/// <summary>
/// The device's address space: allocations with unused space between them, so that an access past the end of one hits
/// no other. Addresses are never used twice. Freed pieces are remembered.
/// </summary>
internal sealed unsafe class EmulatedMemory : IDisposable
{
    /// <summary>Where generic addresses of shared memory begin: PTX ISA 5.1, windows of the generic space.</summary>
    public const ulong SharedWindow = 0x0100_0000_0000;

    /// <summary>Where generic addresses of local memory begin.</summary>
    public const ulong LocalWindow = 0x0200_0000_0000;

    /// <summary>Size of each window.</summary>
    public const ulong WindowBytes = 0x0000_4000_0000;

    private const ulong FirstAddress = 0x7_0000_0000;
    private const ulong RedZone = 4096;
    private readonly Lock _lock = new();
    private Allocation[] _allocations = [];
    private ulong _next = FirstAddress;

    /// <summary>Memory with undefined contents, aligned to 256 bytes.</summary>
    public Allocation Allocate(long bytes, MemoryKind kind = MemoryKind.Buffer, string name = "")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_lock)
        {
            Allocation allocation = new(_next, bytes, kind, name);
            _next += ((ulong)bytes + RedZone + 255) & ~255UL;
            _allocations = [.. _allocations, allocation];
            return allocation;
        }
    }

    /// <summary>Returns memory.</summary>
    public void Free(ulong address)
    {
        lock (_lock)
            Required(address, 0).Dispose();
    }

    /// <summary>Forgets a piece: nobody can hold its address any more.</summary>
    public void Remove(Allocation allocation)
    {
        lock (_lock)
            _allocations = [.. _allocations.Where(a => a != allocation)];
        allocation.Dispose();
    }

    /// <summary>Copies from the host; the bytes are defined from then on.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> source)
    {
        Allocation target = Required(address, source.Length);
        long offset = (long)(address - target.Address);
        source.CopyTo(new Span<byte>(target.Data + offset, source.Length));
        NativeMemory.Clear(target.State + offset, (nuint)source.Length);
    }

    /// <summary>Sets bytes from the host.</summary>
    public void Fill(ulong address, long bytes, byte value)
    {
        Allocation target = Required(address, bytes);
        long offset = (long)(address - target.Address);
        NativeMemory.Fill(target.Data + offset, (nuint)bytes, value);
        NativeMemory.Clear(target.State + offset, (nuint)bytes);
    }

    /// <summary>Makes bytes undefined again.</summary>
    public void Poison(ulong address, long bytes)
    {
        Allocation target = Required(address, bytes);
        long offset = (long)(address - target.Address);
        NativeMemory.Fill(target.Data + offset, (nuint)bytes, 0xFF);
        NativeMemory.Fill(target.State + offset, (nuint)bytes, ByteState.Undefined);
    }

    /// <summary>Copies to the host.</summary>
    /// <returns>How many of the bytes are undefined, and the offset of the first of them, or -1.</returns>
    public (long Count, long First) Read(ulong address, Span<byte> target)
    {
        Allocation source = Required(address, target.Length);
        long offset = (long)(address - source.Address);
        new ReadOnlySpan<byte>(source.Data + offset, target.Length).CopyTo(target);
        ReadOnlySpan<byte> state = new(source.State + offset, target.Length);
        int first = state.IndexOfAnyExcept(ByteState.Defined);
        return first < 0 ? (0, -1) : (target.Length - state.Count(ByteState.Defined), first);
    }

    /// <summary>The allocation that holds an address, or the freed one that did, or null.</summary>
    public Allocation? Find(ulong address)
    {
        Allocation? before = Before(address);
        return before is not null && address - before.Address < (ulong)Math.Max(1, before.Bytes) ? before : null;
    }

    /// <summary>The allocation that begins last at or before an address, for messages; null if there is none.</summary>
    public Allocation? Before(ulong address)
    {
        Allocation[] all = _allocations;
        int next = CountUpTo(all, address);
        return next > 0 ? all[next - 1] : null;
    }

    /// <summary>The allocation that begins first behind an address, for messages; null if there is none.</summary>
    public Allocation? Behind(ulong address)
    {
        Allocation[] all = _allocations;
        int next = CountUpTo(all, address);
        return next < all.Length ? all[next] : null;
    }

    private static int CountUpTo(Allocation[] all, ulong address)
    {
        int low = 0, high = all.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (all[middle].Address <= address)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return low;
    }

    /// <summary>Takes the records of who wrote and read what out of all allocations.</summary>
    public AccessSet DetachAccesses()
    {
        AccessSet accesses = new();
        foreach (Allocation allocation in _allocations)
            allocation.Detach(accesses);
        return accesses;
    }

    /// <summary>Returns everything.</summary>
    public void Dispose()
    {
        foreach (Allocation allocation in _allocations)
            allocation.Dispose();
        _allocations = [];
    }

    private Allocation Required(ulong address, long bytes)
    {
        Allocation? found = Find(address);
        if (found is null || found.IsFreed || address + (ulong)bytes > found.Address + (ulong)found.Bytes)
            throw new DeviceException($"EmulatedMemory: 0x{address:x} + {bytes} bytes is {(found is null ? "not allocated" : found.IsFreed ? "freed" : $"past the end of an allocation of {found.Bytes} bytes")}.");
        return found;
    }
}
