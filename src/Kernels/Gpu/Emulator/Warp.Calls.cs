using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Instructions;

namespace Puna.Kernels.Gpu.Emulator;

internal sealed unsafe partial class Warp
{
    private const int MaximumDepth = 4096;
    private readonly Stack<int>[] _returns = [.. Enumerable.Range(0, 32).Select(_ => new Stack<int>())];
    private readonly Stack<int>[] _callees = [.. Enumerable.Range(0, 32).Select(_ => new Stack<int>())];
    private readonly Stack<byte[]>[] _frames = [.. Enumerable.Range(0, 32).Select(_ => new Stack<byte[]>())];

    /// <summary>Whether no lane is too deep in calls for one more.</summary>
    public bool CanCall(uint mask)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            if (_returns[BitOperations.TrailingZeroCount(m)].Count >= MaximumDepth)
                return false;
        }

        return true;
    }

    /// <summary>Lanes go to a function and will come back behind the call.</summary>
    public void Call(uint mask, int target)
    {
        for (uint m = mask; m != 0; m &= m - 1)
            _returns[BitOperations.TrailingZeroCount(m)].Push(Pc);
        Branch(mask, target);
    }

    /// <summary>Some lanes go to a function through a pointer; others execute the call again.</summary>
    public void CallSome(uint mask, uint others, int target, int call)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            _returns[lane].Push(Pc);
            _callees[lane].Push(target);
            LanePc[lane] = target;
        }

        for (uint m = others; m != 0; m &= m - 1)
            LanePc[BitOperations.TrailingZeroCount(m)] = call;
        BranchEach(mask | others);
    }

    /// <summary>The function that a lane has come back from, which it called through a pointer.</summary>
    public int PopCallee(int lane) => _callees[lane].Pop();

    /// <summary>Passes arguments to a function that may be running already: its frame goes to a stack.</summary>
    public void CallSaving(uint mask, FunctionCode function, CallSlot[] arguments, CallSlot[] parameters)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            byte[] frame = new byte[FrameBytes(function)];
            Move(function, lane, frame, saves: true);
            _frames[lane].Push(frame);
        }

        CallOpcodes.Copy(this, mask, arguments, parameters);
    }

    /// <summary>Fetches the results of such a function and puts its frame back.</summary>
    public void ReturnRestoring(uint mask, FunctionCode function, CallSlot[] from, CallSlot[] to)
    {
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            byte[] left = new byte[FrameBytes(function)], frame = _frames[lane].Pop();
            Move(function, lane, left, saves: true);
            Move(function, lane, frame, saves: false);
            CopyResults(function, lane, left, frame, from, to);
        }
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
            if (_returns[lane].TryPop(out int pc))
                LanePc[lane] = pc;
            else
                ending |= 1u << lane;
        }

        if (ending == mask)
            Exit(mask);
        else if (ending == 0)
            BranchEach(mask);
        else
            throw new InvalidOperationException("lanes of an entry and of a function meet at one return");
    }

    partial void ClearCalls()
    {
        for (int lane = 0; lane < 32; lane++)
        {
            _returns[lane].Clear();
            _callees[lane].Clear();
            _frames[lane].Clear();
        }
    }

    // The results are read from the frame as the function left it, with that frame back in place for a moment: they may go
    // to local memory or registers of the same function, one call further out.
    private void CopyResults(FunctionCode function, int lane, byte[] left, byte[] frame, CallSlot[] from, CallSlot[] to)
    {
        Move(function, lane, left, saves: false);
        byte[][] bytes = [.. from.Select(f => SlotBytes(lane, f))];
        Move(function, lane, frame, saves: false);
        for (int i = 0; i < Math.Min(from.Length, to.Length); i++)
            SetSlotBytes(lane, to[i], bytes[i]);
    }

    private byte[] SlotBytes(int lane, CallSlot slot)
    {
        byte[] bytes = new byte[2 * slot.Bytes];
        if (slot.Register.IsSink)
        {
            long at = ((long)lane * LocalBytes) + slot.Offset;
            new ReadOnlySpan<byte>(Local + at, slot.Bytes).CopyTo(bytes);
            new ReadOnlySpan<byte>(LocalState + at, slot.Bytes).CopyTo(bytes.AsSpan(slot.Bytes));
            return bytes;
        }

        new ReadOnlySpan<byte>((byte*)Words(slot.Register) + (lane * Math.Max(4, slot.Register.Bytes)), slot.Bytes).CopyTo(bytes);
        for (int i = 0; i < slot.Bytes; i++)
            bytes[slot.Bytes + i] = (byte)(UndefinedBytes(slot.Register, lane) >> Math.Min(i, 7) & 1);
        return bytes;
    }

    private void SetSlotBytes(int lane, CallSlot slot, byte[] bytes)
    {
        int size = bytes.Length / 2, count = Math.Min(size, slot.Bytes);
        if (slot.Register.IsSink)
        {
            long at = ((long)lane * LocalBytes) + slot.Offset;
            bytes.AsSpan(0, count).CopyTo(new Span<byte>(Local + at, count));
            bytes.AsSpan(size, count).CopyTo(new Span<byte>(LocalState + at, count));
            return;
        }

        bytes.AsSpan(0, count).CopyTo(new Span<byte>((byte*)Words(slot.Register) + (lane * Math.Max(4, slot.Register.Bytes)), count));
        int undefined = 0;
        for (int i = 0; i < Math.Min(8, count); i++)
            undefined |= bytes[size + i] << i;
        SetUndefinedBytes(slot.Register, lane, (byte)undefined, -1);
    }

    private static int FrameBytes(FunctionCode function)
    {
        int bytes = 0;
        foreach (Register r in function.Registers)
            bytes += 1 + (r.IsPredicate ? 1 : Math.Max(4, r.Bytes));
        foreach ((_, int size) in function.Locals)
            bytes += 2 * size;
        return bytes;
    }

    private void Move(FunctionCode function, int lane, byte[] frame, bool saves)
    {
        int at = 0;
        foreach (Register r in function.Registers)
        {
            if (saves)
                frame[at] = UndefinedBytes(r, lane);
            else
                SetUndefinedBytes(r, lane, frame[at], Origin[r.Index]);
            at++;
            if (r.IsPredicate)
            {
                if (saves)
                    frame[at] = (byte)(P[r.Offset] >> lane & 1);
                else
                    P[r.Offset] = (P[r.Offset] & ~(1u << lane)) | ((uint)frame[at] << lane);
                at++;
                continue;
            }

            int size = Math.Max(4, r.Bytes);
            Move(frame.AsSpan(at, size), new Span<byte>((byte*)Words(r) + (lane * size), size), saves);
            at += size;
        }

        foreach ((int offset, int size) in function.Locals)
        {
            long local = ((long)lane * LocalBytes) + offset;
            Move(frame.AsSpan(at, size), new Span<byte>(Local + local, size), saves);
            Move(frame.AsSpan(at + size, size), new Span<byte>(LocalState + local, size), saves);
            at += 2 * size;
        }
    }

    private static void Move(Span<byte> frame, Span<byte> live, bool saves)
    {
        if (saves)
            live.CopyTo(frame);
        else
            frame.CopyTo(live);
    }
}
