using System.Numerics;
using System.Runtime.CompilerServices;
using Puna.Kernels.Gpu.Emulator.Memory;

namespace Puna.Kernels.Gpu.Emulator.Async;

/// <summary>The <c>cp.async</c> copies of one warp's lanes that have not been waited for. Each lane has groups of its own.</summary>
internal sealed unsafe class CopyQueue
{
    private readonly List<Copy> _copies = [];
    private readonly Stack<Copy> _free = new();
    private readonly int[] _committed = new int[32];
    private int _issued;

    /// <summary>Instructions issued so far.</summary>
    public int Issued => _issued;

    /// <summary>A new block begins.</summary>
    public void Reset()
    {
        _issued = 0;
        foreach (Copy copy in _copies)
            _free.Push(copy);
        _copies.Clear();
        Array.Clear(_committed);
    }

    /// <summary>An empty record for one instruction.</summary>
    public Copy Add(Instruction instruction, int bytes)
    {
        if (!_free.TryPop(out Copy? copy))
            copy = new Copy();
        (copy.Instruction, copy.Bytes, copy.Lanes, copy.Number) = (instruction, bytes, 0, _issued++);
        _copies.Add(copy);
        return copy;
    }

    /// <summary>The group that a lane's next copy belongs to.</summary>
    public int Group(int lane) => _committed[lane];

    /// <summary><c>cp.async.commit_group</c>.</summary>
    public void Commit(uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
            _committed[BitOperations.TrailingZeroCount(m)]++;
    }

    /// <summary><c>cp.async.wait_group</c>: all but the last groups are finished.</summary>
    /// <param name="w">The warp.</param>
    /// <param name="mask">Lanes that wait.</param>
    /// <param name="allowed">Groups that may stay under way; -1 for none, not even the open one.</param>
    public void Wait(Warp w, uint mask, int allowed) => Finish(w, mask, allowed, int.MaxValue);

    /// <summary>Finishes a lane's copies that were issued before instruction number <paramref name="number"/>.</summary>
    public void FinishIssued(Warp w, int lane, int number) => Finish(w, 1u << lane, -1, number);

    private void Finish(Warp w, uint mask, int allowed, int number)
    {
        bool isSignalled = number != int.MaxValue && w.Launch.Options.Schedule == AsyncSchedule.Early;
        int kept = 0;
        for (int i = 0; i < _copies.Count; i++)
        {
            Copy copy = _copies[i];
            for (uint m = copy.Number < number ? copy.Lanes & mask : 0; m != 0; m &= m - 1)
            {
                int lane = BitOperations.TrailingZeroCount(m);
                if (copy.Group[lane] >= _committed[lane] - allowed)
                    continue;
                Finish(w, copy, lane, isSignalled);
                copy.Lanes &= ~(1u << lane);
            }

            if (copy.Lanes == 0)
                _free.Push(copy);
            else
                _copies[kept++] = copy;
        }

        _copies.RemoveRange(kept, _copies.Count - kept);
    }

    /// <summary>Does what a lane's copy does; in the early schedule at its issue.</summary>
    public static void Move(Warp w, Copy copy, int lane)
    {
        byte* target = w.Block.Shared.Data + copy.Target[lane];
        byte* source = copy.Source[lane];
        int given = copy.Given[lane];
        if (source is not null && given > 0)
            Unsafe.CopyBlockUnaligned(target, source, (uint)given);
        Unsafe.InitBlockUnaligned(target + given, 0, (uint)(copy.Bytes - given));
    }

    // One that is signalled by an mbarrier at once is ordered for those alone who wait there, not for its own thread.
    private static void Finish(Warp w, Copy copy, int lane, bool isSignalled)
    {
        SharedMemory memory = w.Block.Shared;
        long at = copy.Target[lane];
        if (w.Launch.Options.Schedule == AsyncSchedule.Late)
            Move(w, copy, lane);
        byte* state = memory.State + at;
        int given = copy.Given[lane];
        for (int i = 0; i < copy.Bytes; i++)
            state[i] = i < given ? (byte)(copy.State[lane][i] & ByteState.Undefined) : ByteState.Defined;
        if (!w.Launch.Options.Checked)
            return;
        if (isSignalled)
            memory.AsyncWritten(at, copy.Bytes, w.Team.Clocks.AsyncWrite(), copy.Instruction.Index);
        else
            memory.Write(w.ClockIndex, lane, at, copy.Bytes, copy.Instruction.Index, isStrong: false, value: null);
    }

    /// <summary>One instruction's copies.</summary>
    internal sealed class Copy
    {
        public Instruction Instruction { get; set; } = null!; // set by Add

        public int Bytes { get; set; }

        /// <summary>Its place among the warp's copies.</summary>
        public int Number { get; set; }

        /// <summary>Lanes whose copy is under way.</summary>
        public uint Lanes { get; set; }

        /// <summary>Offsets in the block's shared memory.</summary>
        public long[] Target { get; } = new long[32];

        /// <summary>Bytes that are copied; the rest becomes zero.</summary>
        public int[] Given { get; } = new int[32];

        public int[] Group { get; } = new int[32];

        public byte*[] Source { get; } = new byte*[32];

        public byte*[] State { get; } = new byte*[32];
    }
}
