using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu.Emulator.Memory;

/// <summary>
/// Who wrote and read each byte of global memory in one launch, set aside while another launch runs. Pages without an
/// access are null.
/// </summary>
internal sealed unsafe class AccessSet : IDisposable
{
    private readonly Dictionary<Allocation, Pages> _pages = [];

    private readonly struct Pages(ulong*[]? writers, ulong*[]? readers)
    {
        public ulong*[]? Writers => writers;

        public ulong*[]? Readers => readers;
    }

    /// <summary>A byte that two launches accessed, one of them writing.</summary>
    /// <param name="Address">Where.</param>
    /// <param name="Early">What the launch that started early did.</param>
    /// <param name="IsWrite">Whether that was a write.</param>
    /// <param name="Other">What the other one did.</param>
    /// <param name="OtherWrites">Whether that was a write.</param>
    public readonly record struct Meeting(ulong Address, AccessRecord Early, bool IsWrite, AccessRecord Other, bool OtherWrites);

    public void Add(Allocation allocation, ulong*[]? writers, ulong*[]? readers) => _pages.Add(allocation, new Pages(writers, readers));

    /// <summary>Puts the records back into the allocations, which have none.</summary>
    public void Restore()
    {
        foreach ((Allocation allocation, Pages pages) in _pages)
            allocation.Attach(pages.Writers, pages.Readers);
        _pages.Clear();
    }

    /// <summary>Calls back for each byte that this launch and one that started before its end both accessed, unless both only read.</summary>
    public void Meet(AccessSet early, Action<Meeting> found)
    {
        foreach ((Allocation allocation, Pages mine) in _pages)
        {
            if (!early._pages.TryGetValue(allocation, out Pages other))
                continue;
            Meet(allocation, mine.Writers, other.Writers, (a, e) => new Meeting(0, e, true, a, true), found);
            Meet(allocation, mine.Writers, other.Readers, (a, e) => new Meeting(0, e, false, a, true), found);
            Meet(allocation, mine.Readers, other.Writers, (a, e) => new Meeting(0, e, true, a, false), found);
        }
    }

    public void Dispose()
    {
        foreach (Pages pages in _pages.Values)
        {
            Allocation.Release(pages.Writers);
            Allocation.Release(pages.Readers);
        }

        _pages.Clear();
    }

    private static void Meet(
        Allocation allocation, ulong*[]? mine, ulong*[]? early, Func<AccessRecord, AccessRecord, Meeting> meeting, Action<Meeting> found)
    {
        for (int page = 0; mine is not null && early is not null && page < mine.Length; page++)
        {
            if (mine[page] is null || early[page] is null)
                continue;
            for (int i = 0; i < Allocation.PageBytes; i++)
            {
                AccessRecord a = new(mine[page][i]), e = new(early[page][i]);
                if (a.Bits != 0 && e.Bits != 0 && !(a.IsStrong && e.IsStrong))
                    found(meeting(a, e) with { Address = allocation.Address + ((ulong)page * Allocation.PageBytes) + (ulong)i });
            }
        }
    }
}

internal sealed unsafe partial class Allocation
{
    /// <summary>Takes the records of who wrote and read out of the allocation.</summary>
    public void Detach(AccessSet target)
    {
        if (_writers is not null || _readers is not null)
            target.Add(this, _writers, _readers);
        (_writers, _readers) = (null, null);
    }

    /// <summary>Puts records back; those of a freed allocation are dropped.</summary>
    public void Attach(ulong*[]? writers, ulong*[]? readers)
    {
        (_writers, _readers) = (writers, readers);
        if (IsFreed)
            EndLaunch();
    }

    /// <summary>Returns the memory of records.</summary>
    public static void Release(ulong*[]? pages)
    {
        foreach (ulong* page in pages ?? [])
            NativeMemory.Free(page);
    }
}
