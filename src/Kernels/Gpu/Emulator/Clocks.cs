using System.Numerics;
using System.Runtime.InteropServices;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>
/// Who has seen what, within a team: vector clocks over its warps and one more member, the async proxy. Time counts
/// the synchronisations of the whole team, so that an access is ordered before a warp's next step when it happened at
/// or before the time that the warp knows of the accessing one (Lamport 1978; Flanagan and Freund 2009, FastTrack).
/// </summary>
internal sealed unsafe class Clocks : IDisposable
{
    private readonly uint* _known;
    private readonly uint* _fenced;
    private readonly uint[] _lastSync;
    private readonly uint[] _laneFenced;
    private readonly uint[] _laneSeen;

    public Clocks(int warps)
    {
        Members = warps + 1;
        _known = (uint*)NativeMemory.AllocZeroed((nuint)(Members * Members), sizeof(uint));
        _fenced = (uint*)NativeMemory.AllocZeroed((nuint)(Members * Members), sizeof(uint));
        _lastSync = new uint[Members];
        _laneFenced = new uint[Members * 32];
        _laneSeen = new uint[Members * 32];
        SafeTime = new uint[Members];
    }

    /// <summary>Warps and the async proxy.</summary>
    public int Members { get; }

    /// <summary>The async proxy's number.</summary>
    public int AsyncProxy => Members - 1;

    /// <summary>The present time.</summary>
    public uint Time { get; private set; }

    /// <summary>For each member: accesses up to this time are ordered before it, whoever made them.</summary>
    public uint[] SafeTime { get; }

    /// <summary>The time of the last write by the async proxy.</summary>
    public uint LastAsync { get; private set; }

    /// <summary>A new team.</summary>
    public void Reset()
    {
        NativeMemory.Clear(_known, (nuint)(Members * Members * sizeof(uint)));
        NativeMemory.Clear(_fenced, (nuint)(Members * Members * sizeof(uint)));
        Array.Clear(_lastSync);
        Array.Clear(_laneFenced);
        Array.Clear(_laneSeen);
        Array.Clear(SafeTime);
        Time = 1;
        LastAsync = 0;
        for (int i = 0; i < Members; i++)
            Refresh(i);
    }

    /// <summary>A clock that warps release into and acquire from: a barrier's, an mbarrier's.</summary>
    public uint[] NewClock() => new uint[(2 + 32) * Members];

    /// <summary>Whether what <paramref name="other"/> did at <paramref name="time"/> is ordered before what <paramref name="member"/> does now.</summary>
    public bool IsOrdered(int member, int other, uint time) => time <= _known[(member * Members) + other];

    /// <summary>Up to when what <paramref name="other"/> did is ordered before what <paramref name="member"/> does now.</summary>
    public uint Known(int member, int other) => _known[(member * Members) + other];

    /// <summary>Up to when what <paramref name="other"/> wrote is visible to async work that <paramref name="member"/> issues now.</summary>
    public uint Fenced(int member, int other) => _fenced[(member * Members) + other];

    /// <summary>Whether a write in the generic proxy is ordered, through a proxy fence, before async work that <paramref name="member"/> issues now.</summary>
    public bool IsFenced(int member, int other, int lane, uint time)
    {
        if (time <= _fenced[(member * Members) + other])
            return true;
        uint fence = _laneFenced[(other * 32) + lane];
        return time <= fence && (other == member || IsOrdered(member, other, fence));
    }

    /// <summary>Whether what a lane did at <paramref name="time"/> is ordered before what the others of its warp do now: they have met since, or synchronised through a clock.</summary>
    /// <param name="member">The warp.</param>
    /// <param name="lane">The lane; 32 or more for several.</param>
    /// <param name="time">When.</param>
    public bool HaveMet(int member, uint lane, uint time) => time < _lastSync[member] || time <= Seen(member, lane);

    /// <summary>The lanes of a warp meet: what each did before is ordered before what all do next.</summary>
    public void Meet(int member)
    {
        _lastSync[member] = ++Time;
        Refresh(member);
    }

    /// <summary>What <paramref name="member"/> did and knows is ordered before whoever acquires <paramref name="clock"/>.</summary>
    /// <param name="member">The warp.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="lanes">Its lanes that release, where others of the warp may acquire.</param>
    public void Release(int member, uint[] clock, uint lanes = 0)
    {
        for (uint m = lanes; m != 0; m &= m - 1)
            clock[(2 * Members) + (member * 32) + BitOperations.TrailingZeroCount(m)] = Time;
        uint* known = _known + (member * Members), fenced = _fenced + (member * Members);
        known[member] = Time;
        for (int i = 0; i < Members; i++)
        {
            clock[i] = Math.Max(clock[i], known[i]);
            clock[Members + i] = Math.Max(clock[Members + i], fenced[i]);
        }

        Time++;
    }

    /// <summary>What was released into <paramref name="clock"/> is ordered before what <paramref name="member"/> does next.</summary>
    public void Acquire(int member, uint[] clock)
    {
        uint* known = _known + (member * Members), fenced = _fenced + (member * Members);
        for (int i = 0; i < Members; i++)
        {
            known[i] = Math.Max(known[i], clock[i]);
            fenced[i] = Math.Max(fenced[i], clock[Members + i]);
        }

        int seen = member * 32, released = (2 * Members) + seen;
        for (int lane = 0; lane < 32; lane++)
            _laneSeen[seen + lane] = Math.Max(_laneSeen[seen + lane], clock[released + lane]);
        Refresh(member);
    }

    /// <summary><c>fence.proxy.async</c>: what the warp did and knows is visible to async work from here on.</summary>
    /// <param name="member">The warp.</param>
    /// <param name="lanes">Lanes that execute it: of the accesses since the warp's lanes last met, it covers theirs.</param>
    /// <param name="isWhole">Whether those are all.</param>
    public void FenceProxy(int member, uint lanes, bool isWhole)
    {
        uint* known = _known + (member * Members), fenced = _fenced + (member * Members);
        for (int i = 0; i < Members; i++)
            fenced[i] = Math.Max(fenced[i], known[i]);
        fenced[member] = Math.Max(fenced[member], isWhole ? Time : Math.Max(1, _lastSync[member]) - 1);
        for (int lane = 0; lane < 32; lane++)
        {
            if ((lanes >> lane & 1) != 0)
                _laneFenced[(member * 32) + lane] = Time;
        }

        Time++;
    }

    /// <summary>The async proxy writes now; returns the time of the write.</summary>
    public uint AsyncWrite()
    {
        LastAsync = ++Time;
        _known[(AsyncProxy * Members) + AsyncProxy] = LastAsync;
        for (int i = 0; i < Members; i++)
            Refresh(i);
        return LastAsync;
    }

    /// <summary>Up to when what a lane did is known to its own warp, through a clock that the lane released into and another one acquired.</summary>
    private uint Seen(int member, uint lane)
    {
        ReadOnlySpan<uint> seen = _laneSeen.AsSpan(member * 32, 32);
        if (lane < 32)
            return seen[(int)lane];
        uint least = uint.MaxValue;
        foreach (uint time in seen)
            least = time == 0 ? least : Math.Min(least, time);
        return least == uint.MaxValue ? 0 : least;
    }

    private void Refresh(int member)
    {
        uint* known = _known + (member * Members);
        uint safe = uint.MaxValue;
        for (int i = 0; i < Members - 1; i++)
        {
            if (i != member)
                safe = Math.Min(safe, known[i]);
        }

        if (LastAsync > known[AsyncProxy])
            safe = Math.Min(safe, known[AsyncProxy]);
        SafeTime[member] = Math.Min(safe, Math.Max(1, _lastSync[member]) - 1);
    }

    public void Dispose()
    {
        NativeMemory.Free(_known);
        NativeMemory.Free(_fenced);
    }
}
