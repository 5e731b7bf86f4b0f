using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator;

internal sealed unsafe partial class Warp
{
    private const int FairSteps = 128;
    private int _nextOther = int.MaxValue;
    private int _divergedSteps;
    private bool _isFair;
    private readonly int[] _caller = new int[32];

    /// <summary>Whether some lanes can execute the next instruction.</summary>
    public bool CanRun => (Alive & ~Waiting & ~Parked) != 0;

    /// <summary>Whether the scheduler may choose it: a lane can go on, or parked ones can because no other is left.</summary>
    public bool CanRunNow => CanRun || (Parked != 0 && Waiting == 0);

    /// <summary>The team's progress when this warp last polled in vain; it is not asked again before there is more.</summary>
    public long PolledAt { get; set; }

    /// <summary>Whether the warp has a reason to run: it has not asked in vain, or the team has made progress since.</summary>
    public bool HasUnpolled => PolledAt != Team.Progress;

    /// <summary>Where lanes wait: the instruction before their program counter.</summary>
    public Instruction? WaitsAt(uint mask) => Code[Math.Max(0, LanePc[BitOperations.TrailingZeroCount(mask)] - 1)];

    /// <summary>The instruction that a lane waits at, or executes next.</summary>
    public Instruction StandsAt(int lane)
    {
        int pc = (Current >> lane & 1) != 0 ? Pc : LanePc[lane];
        bool isHeld = (Waiting >> lane & 1) != 0;
        return Code[Math.Clamp(isHeld ? pc - 1 : pc, 0, Code.Length - 1)];
    }

    /// <summary>The warp has asked for something in vain: it runs again when the team has made progress.</summary>
    public void Poll()
    {
        PolledAt = Block.Team.Progress;
        IsYielding = true;
    }

    /// <summary>Executes up to <paramref name="budget"/> instructions; stops early when no lane can go on.</summary>
    /// <returns>How many.</returns>
    public int Run(int budget)
    {
        Instruction[] code = Code;
        long* warps = Tally.Warps, threads = Tally.Threads;
        int left = budget;
        StepsOfRun = 0;
        IsYielding = false;
        if (Current == 0)
            Reschedule();
        while (left > 0 && Current != 0)
        {
            Instruction instruction = code[Pc++];
            uint mask = Current;
            if (instruction.Guard >= 0)
                mask = Guarded(instruction, mask);
            left--;
            StepsOfRun++;
            if (mask != 0)
            {
                warps[instruction.Index]++;
                threads[instruction.Index] += BitOperations.PopCount(mask);
                instruction.Execute(this, mask);
            }

            if (Pc >= _nextOther && Current != 0)
                Meet();
            if (IsYielding)
                break;
        }

        return budget - left;
    }

    /// <summary>Instructions executed since the scheduler chose this warp.</summary>
    public int StepsOfRun { get; private set; }

    /// <summary>Whether stores must tell if they change anything: the team has done nothing visible for some time.</summary>
    public bool CountsEffects => Team.Idle > 0;

    /// <summary>Set by an instruction that polls: other warps should run first.</summary>
    public bool IsYielding { get; set; }

    /// <summary>Splits or moves the running lanes: those of <paramref name="taken"/> go to <paramref name="target"/>.</summary>
    public void Branch(uint taken, int target)
    {
        if (taken == Current)
        {
            bool isSpinning = target < Pc && (Alive & ~Waiting & ~Parked) != Current && ++_divergedSteps > 4 * FairSteps;
            Pc = target;
            if (isSpinning)
            {
                Suspend();
                RunAnyGroup(taken);
            }

            return;
        }

        for (uint m = Current; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            LanePc[lane] = (taken >> lane & 1) != 0 ? target : Pc;
        }

        Current = 0;
        Reschedule();
    }

    /// <summary>Sends each lane of <paramref name="mask"/> to the program counter in <see cref="LanePc"/>.</summary>
    public void BranchEach(uint mask)
    {
        for (uint m = Current & ~mask; m != 0; m &= m - 1)
            LanePc[BitOperations.TrailingZeroCount(m)] = Pc;
        Current = 0;
        Reschedule();
    }

    /// <summary>Ends lanes.</summary>
    public void Exit(uint mask)
    {
        Suspend();
        Alive &= ~mask;
        Exited |= mask;
        Reschedule();
        if (Alive == 0)
            Block.WarpExited();
        else
            Block.LanesExited();
    }

    /// <summary>Lanes that have exited in this block.</summary>
    public uint Exited { get; private set; }

    /// <summary>Holds lanes behind the present instruction until <see cref="Release"/>.</summary>
    public void Wait(uint mask)
    {
        Suspend();
        Waiting |= mask;
        Reschedule();
    }

    /// <summary>Lets lanes go on that <see cref="Wait"/> held.</summary>
    public void Release(uint mask) => Waiting &= ~mask;

    /// <summary>
    /// Puts lanes back before the present instruction until others come to it. They execute it again, together.
    /// </summary>
    public void Park(uint mask, Instruction instruction)
    {
        Tally.Warps[instruction.Index]--;
        Tally.Threads[instruction.Index] -= BitOperations.PopCount(mask);
        Suspend();
        for (uint m = mask; m != 0; m &= m - 1)
            LanePc[BitOperations.TrailingZeroCount(m)] = instruction.Index;
        Parked |= mask;
        Reschedule();
    }

    /// <summary>Lets parked lanes go on behind their instruction: it has been done for them.</summary>
    public void PassParked(uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
            LanePc[BitOperations.TrailingZeroCount(m)]++;
        Parked &= ~mask;
        if (Current != 0)
            FindNextOther();
    }

    /// <summary>
    /// Nothing else can run: the parked lanes at the lowest program counter execute their instruction without the
    /// others. That is a mistake of the kernel, and the instruction reports it.
    /// </summary>
    public void Force()
    {
        Select(First(Parked & Alive));
        IsForced = true;
    }

    /// <summary>Whether the running lanes have come in spite of missing ones; resets the mark.</summary>
    public bool TakeForced()
    {
        bool forced = IsForced;
        IsForced = false;
        return forced;
    }

    private uint Guarded(Instruction instruction, uint mask)
    {
        uint undefined = U[instruction.GuardIndex] & mask;
        if (undefined != 0)
            ReportUndefinedGuard(instruction, undefined);
        uint p = P[instruction.Guard];
        return mask & (instruction.IsGuardNegated ? ~p : p);
    }

    private void Suspend()
    {
        for (uint m = Current; m != 0; m &= m - 1)
            LanePc[BitOperations.TrailingZeroCount(m)] = Pc;
        Current = 0;
    }

    // The running lanes have reached others, or have passed them: the lowest run next.
    private void Meet()
    {
        if (_isFair && ++_divergedSteps < FairSteps && !IsAtOthers())
            return;
        _isFair = false;
        uint tired = Current;
        Suspend();
        if (++_divergedSteps >= 4 * FairSteps)
            RunAnyGroup(tired);
        else
            Reschedule();
    }

    private bool IsAtOthers()
    {
        for (uint m = Alive & ~Waiting & ~Current; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (LanePc[lane] == Pc && _caller[lane] == _caller[BitOperations.TrailingZeroCount(Current)])
                return true;
        }

        return false;
    }

    // Lanes at a low program counter may spin until a lane at a higher one does something: each gets its turn.
    private void RunAnyGroup(uint tired)
    {
        uint runnable = Alive & ~Waiting & ~Parked;
        if (runnable == 0)
        {
            _divergedSteps = 0;
            Reschedule();
            return;
        }

        RunOneOf((runnable & ~tired) != 0 ? runnable & ~tired : runnable);
    }

    // Runs the group of one of these lanes for a while.
    private void RunOneOf(uint lanes)
    {
        _divergedSteps = 0;
        int skip = (int)(Block.Random() % (uint)BitOperations.PopCount(lanes));
        for (; skip > 0; skip--)
            lanes &= lanes - 1;
        _isFair = true;
        Select(BitOperations.TrailingZeroCount(lanes));
    }

    private void Reschedule()
    {
        _isFair = false;
        uint candidates = Alive & ~Waiting & ~Parked;
        if (candidates == 0 && Parked != 0 && Waiting == 0)
            candidates = Parked & Alive;    // nobody else can come
        if (candidates == 0)
        {
            Current = 0;
            _nextOther = int.MaxValue;
            return;
        }

        IsForced = (candidates & Parked) == candidates;
        Select(First(candidates));
    }

    // Lanes in functions come first, so that all come back to their call together; those of one call by their counters.
    private int First(uint lanes)
    {
        int first = BitOperations.TrailingZeroCount(lanes);
        for (uint m = lanes & (lanes - 1); m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            int order = _depth[first].CompareTo(_depth[lane]);
            if (order == 0)
                order = _caller[lane].CompareTo(_caller[first]);
            if (order < 0 || (order == 0 && LanePc[lane] < LanePc[first]))
                first = lane;
        }

        return first;
    }

    // Runs the lanes that stand where one does. Those that came there from another call stay apart, unless they wait for each other.
    private void Select(int first)
    {
        uint group = 0;
        int pc = LanePc[first], caller = _caller[first];
        for (uint m = Alive & ~Waiting; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (LanePc[lane] == pc && (_caller[lane] == caller || (Parked >> lane & 1) != 0))
                group |= 1u << lane;
        }

        Current = group;
        Parked &= ~group;
        Pc = pc;
        FindNextOther();
    }

    private void FindNextOther()
    {
        _nextOther = int.MaxValue;
        int caller = _caller[BitOperations.TrailingZeroCount(Current)];
        for (uint m = Alive & ~Waiting & ~Current; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (_caller[lane] == caller || (Parked >> lane & 1) != 0)
                _nextOther = Math.Min(_nextOther, LanePc[lane]);
        }
    }
}
