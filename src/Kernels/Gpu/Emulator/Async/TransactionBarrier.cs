namespace Puna.Kernels.Gpu.Emulator.Async;

/// <summary>
/// An mbarrier (PTX ISA, "Parallel synchronization and communication instructions: mbarrier"). A phase is complete when no
/// arrival is pending and as many bytes have come as were announced. The eight bytes in shared memory hold a mark, so that a
/// store over them is noticed.
/// </summary>
internal sealed unsafe class TransactionBarrier(Block block, long offset, int count, int initializer)
{
    public const int MaximumCount = (1 << 20) - 1;
    private const ulong Mark = 0xB7E1_5162_0000_0000;
    private readonly ulong _mark = Mark | (uint)count;
    private readonly uint[] _clock = block.Team.Clocks.NewClock();
    private readonly uint[] _completed = block.Team.Clocks.NewClock();

    public Block Block => block;

    /// <summary>Where it lies in the block's shared memory.</summary>
    public long Offset => offset;

    /// <summary>The warp that initialised it.</summary>
    public int Initializer => initializer;

    /// <summary>Arrivals that the next phase waits for.</summary>
    public int Expected { get; private set; } = count;

    /// <summary>Arrivals that this phase waits for.</summary>
    public int Pending { get; private set; } = count;

    /// <summary>Bytes announced and not arrived; negative where they came first.</summary>
    public long Bytes { get; private set; }

    /// <summary>Completed phases.</summary>
    public uint Phase { get; private set; }

    /// <summary>Whether a fence has made the initialisation visible to the async proxy and the cluster.</summary>
    public bool IsPublished { get; set; }

    /// <summary>Its state as <c>mbarrier.arrive</c> hands it out: phase and pending arrivals.</summary>
    public ulong Token => (ulong)Phase << 32 | (uint)Pending;

    /// <summary>Writes the mark.</summary>
    public void WriteMark() => *(ulong*)(block.Shared.Data + offset) = _mark;

    /// <summary>Whether the mark is still there.</summary>
    public bool IsIntact => *(ulong*)(block.Shared.Data + offset) == _mark;

    /// <summary>Whether the phase with a parity, or one after it, is complete.</summary>
    public bool IsComplete(uint parity) => (Phase & 1) != (parity & 1);

    /// <summary>Whether the phase that a token was handed out in is complete.</summary>
    public bool IsComplete(ulong token) => Phase != (uint)(token >> 32);

    /// <summary>What <paramref name="member"/> did before is ordered before whoever waits.</summary>
    public void Release(int member, uint lanes = 0)
    {
        if (block.Launch.Options.Checked)
            block.Team.Clocks.Release(member, _clock, lanes);
    }

    /// <summary>What was done before the arrivals of the completed phases is ordered before what <paramref name="member"/> does next.</summary>
    public void Acquire(int member)
    {
        if (block.Launch.Options.Checked)
            block.Team.Clocks.Acquire(member, _completed);
    }

    /// <summary>Adds arrivals; null, or what is wrong with them.</summary>
    public string? Arrive(int arrivals)
    {
        if (arrivals > Pending)
            return $"{arrivals} arrivals come where {Pending} of {Expected} are pending in this phase";
        Pending -= arrivals;
        return Advance();
    }

    /// <summary>One arrival more is pending: <c>cp.async.mbarrier.arrive</c> without <c>.noinc</c>.</summary>
    public void AddPending() => Pending++;

    /// <summary>Takes arrivals out of this and all later phases.</summary>
    public string? Drop(int arrivals)
    {
        Expected -= arrivals;
        return Arrive(arrivals);
    }

    /// <summary>Bytes are announced.</summary>
    public string? Expect(long bytes)
    {
        Bytes += bytes;
        return Math.Abs(Bytes) > MaximumCount ? $"{Bytes} bytes are announced, but {MaximumCount} are possible" : Advance();
    }

    /// <summary>Bytes have come; null, or what is wrong with them.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="phase">The phase in which they were asked for.</param>
    public string? Complete(long bytes, uint phase)
    {
        if (phase != Phase)
            return $"{bytes} bytes come after the phase that they were issued in was complete: fewer were announced by expect_tx";
        Bytes -= bytes;
        return Pending == 0 && Bytes < 0 ? $"{-Bytes} bytes more have come than expect_tx announced" : Advance();
    }

    /// <summary>What the barrier waits for, in words.</summary>
    public string Describe() =>
        $"the mbarrier at 0x{offset:x} is in phase {Phase} with {Pending} of {Expected} arrivals pending and {Bytes} bytes to come";

    private string? Advance()
    {
        if (Pending != 0 || Bytes != 0)
            return null;
        Phase++;
        Pending = Expected;
        Array.Copy(_clock, _completed, _clock.Length);
        Array.Clear(_clock);
        block.Team.Progress++;
        block.Team.Effects++;
        return null;
    }
}
