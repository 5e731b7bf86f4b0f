using System.Numerics;

namespace Puna.Kernels.Gpu.Emulator;

internal sealed unsafe partial class Warp
{
    private const int MaximumDepth = RecursionFrame.MaximumDepth;
    private readonly int[] _returns = new int[32 * MaximumDepth];
    private readonly int[] _depth = new int[32];
    private readonly int[] _callers = new int[32 * MaximumDepth];
    private readonly int[] _stackTop = new int[32];
    private readonly List<SavedFrame>[] _frames = [.. Enumerable.Range(0, 32).Select(_ => new List<SavedFrame>())];

    /// <summary>Whether one of the lanes cannot call any deeper.</summary>
    public bool IsTooDeep(uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            if (_depth[BitOperations.TrailingZeroCount(m)] == MaximumDepth)
                return true;
        }

        return false;
    }

    /// <summary>Lanes go to a function and will come back behind the call.</summary>
    public void Call(uint mask, int target)
    {
        for (uint m = mask; m != 0; m &= m - 1)
            EnterFunction(BitOperations.TrailingZeroCount(m));
        Branch(mask, target);
        if (Current != 0)
            FindNextOther();
    }

    /// <summary>The function that each lane called last through a pointer.</summary>
    public int[] LastCallee { get; } = new int[32];

    /// <summary>Some lanes go to a function; others execute the call again.</summary>
    public void CallSome(uint mask, uint others, int target, int call)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            EnterFunction(lane);
            LastCallee[lane] = LanePc[lane] = target;
        }

        for (uint m = others; m != 0; m &= m - 1)
            LanePc[BitOperations.TrailingZeroCount(m)] = call;
        BranchEach(mask | others);
    }

    /// <summary>Reports that lanes cannot call any deeper, and ends them.</summary>
    public void ReportDepth(Instruction instruction, uint mask)
    {
        if (IsNew(FindingKind.Misuse, instruction))
            Report(FindingKind.Misuse, instruction, BitOperations.TrailingZeroCount(mask), 0, $"Calls are nested more than {MaximumDepth} deep.");
        Exit(mask);
    }

    /// <summary>Lanes go back to where they were called, or end.</summary>
    public void Return(uint mask)
    {
        uint ending = 0;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            if (_depth[lane] == 0)
                ending |= 1u << lane;
            else
                LeaveFunction(lane);
        }

        if (ending == mask)
            Exit(mask);
        else if (ending == 0)
            BranchEach(mask);
        else
            throw new InvalidOperationException("lanes of an entry and of a function meet at one return");
    }

    /// <summary>Keeps what a lane's present activation owns, and gives the next one variables of its own.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="frame">Of the function that calls.</param>
    /// <param name="callee">Of the function that it calls.</param>
    public void Save(int lane, RecursionFrame frame, RecursionFrame callee)
    {
        ulong[] values = new ulong[frame.Saved.Length];
        byte[] undefined = new byte[frame.Saved.Length];
        for (int i = 0; i < values.Length; i++)
        {
            Register r = frame.Saved[i];
            values[i] = Value(r, lane);
            undefined[i] = (U[r.Index] >> lane & 1) == 0 ? (byte)0 : Math.Max((byte)1, UB[(r.Index * 32) + lane]);
        }

        byte[] local = new byte[2 * frame.Local.Sum(l => l.Bytes)];
        int at = 0;
        foreach ((int offset, int bytes) in frame.Local)
        {
            LocalOf(Local, lane, offset, bytes).CopyTo(local.AsSpan(at));
            LocalOf(LocalState, lane, offset, bytes).CopyTo(local.AsSpan(at + bytes));
            at += 2 * bytes;
        }

        _frames[lane].Add(new SavedFrame(_depth[lane], frame, values, undefined, local, _stackTop[lane]));
        foreach ((Register address, int offset) in callee.Variables)
            Set(address, lane, (ulong)(_program.StackOffset + _stackTop[lane] + offset));
        _stackTop[lane] += (callee.Bytes + 15) / 16 * 16;
    }

    /// <summary>A call has come back: restores what was kept for it, if anything was.</summary>
    public void Restore(int lane)
    {
        List<SavedFrame> frames = _frames[lane];
        if (frames.Count == 0 || frames[^1].Depth != _depth[lane])
            return;
        SavedFrame saved = frames[^1];
        frames.RemoveAt(frames.Count - 1);
        _stackTop[lane] = saved.StackTop;
        for (int i = 0; i < saved.Values.Length; i++)
        {
            Register r = saved.Frame.Saved[i];
            Set(r, lane, saved.Values[i]);
            SetUndefinedBytes(r, lane, saved.Undefined[i], Origin[r.Index]);
        }

        int at = 0;
        foreach ((int offset, int bytes) in saved.Frame.Local)
        {
            saved.Local.AsSpan(at, bytes).CopyTo(LocalOf(Local, lane, offset, bytes));
            saved.Local.AsSpan(at + bytes, bytes).CopyTo(LocalOf(LocalState, lane, offset, bytes));
            at += 2 * bytes;
        }
    }

    private Span<byte> LocalOf(byte* memory, int lane, int offset, int bytes) => new(memory + ((long)lane * LocalBytes) + offset, bytes);

    private void EnterFunction(int lane)
    {
        int at = (lane * MaximumDepth) + _depth[lane]++;
        (_returns[at], _callers[at]) = (Pc, _caller[lane]);
        _caller[lane] = (_caller[lane] * 31) + Pc;
    }

    private void LeaveFunction(int lane)
    {
        int at = (lane * MaximumDepth) + --_depth[lane];
        (LanePc[lane], _caller[lane]) = (_returns[at], _callers[at]);
    }

    partial void ClearCalls()
    {
        Array.Clear(_depth);
        Array.Clear(_caller);
        if (!_program.HasRecursion)
            return;
        Array.Clear(_stackTop);
        foreach (List<SavedFrame> frames in _frames)
            frames.Clear();
        foreach ((Register register, ulong value) in _program.Registers.Constants)
            Fill(register, value);
    }

    private sealed record SavedFrame(int Depth, RecursionFrame Frame, ulong[] Values, byte[] Undefined, byte[] Local, int StackTop);
}
