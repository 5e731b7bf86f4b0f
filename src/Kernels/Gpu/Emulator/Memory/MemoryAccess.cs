using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Memory;

/// <summary>What an access does.</summary>
[Flags]
internal enum AccessKind
{
    Read = 1,
    Write = 2,

    /// <summary>Volatile, relaxed, acquire, release or atomic: may meet others of its kind.</summary>
    Strong = 4,

    /// <summary>Through the cache that nobody keeps coherent: <c>ld.global.nc</c>.</summary>
    NonCoherent = 8,

    Atomic = Read | Write | Strong,
}

/// <summary>Where a lane's bytes are. <c>Data</c> is null where the access was refused and reported.</summary>
internal readonly unsafe ref struct Place(byte* data, byte* state)
{
    public readonly byte* Data = data;

    /// <summary>A <see cref="ByteState"/> for each byte.</summary>
    public readonly byte* State = state;

    /// <summary>Which of the first <paramref name="bytes"/> are undefined, one bit each.</summary>
    public uint Undefined(int bytes)
    {
        uint mask = 0;
        for (int i = 0; i < bytes; i++)
            mask |= (uint)(State[i] & ByteState.Undefined) << i;
        return mask;
    }
}

/// <summary>
/// Every access of every instruction to memory goes through here, lane by lane: bounds, alignment, asynchronous copies
/// under way, races, order between blocks. Reports what is wrong.
/// </summary>
internal static unsafe partial class MemoryAccess
{
    /// <summary>Checks an access and finds its bytes.</summary>
    /// <param name="w">The warp.</param>
    /// <param name="instruction">Who is to blame.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="space">The state space that the instruction names.</param>
    /// <param name="address">The address in that space.</param>
    /// <param name="bytes">1 to 16: the access must be aligned to them; larger ones to 16.</param>
    /// <param name="kind">What it does.</param>
    /// <param name="value">What a write will put there, or null: lanes of one instruction may write the same.</param>
    public static Place Find(Warp w, Instruction instruction, int lane, StateSpace space, ulong address, int bytes, AccessKind kind, byte* value = null)
    {
        if ((address & (ulong)(Math.Min(bytes, 16) - 1)) != 0)
        {
            if (w.IsNew(FindingKind.Misaligned, instruction))
                w.Report(FindingKind.Misaligned, instruction, lane, address, $"0x{address:x} is no multiple of the access's {Math.Min(bytes, 16)} bytes.");
            return default;
        }

        if (space == StateSpace.Generic)
            space = Resolve(ref address);
        return space switch
        {
            StateSpace.Shared or StateSpace.SharedCluster => Shared(w, instruction, lane, space, address, bytes, kind, value),
            StateSpace.Local => Local(w, instruction, lane, address, bytes),
            _ => Global(w, instruction, lane, space, address, bytes, kind),
        };
    }

    /// <summary>The state space of a generic address, which becomes an address in that space.</summary>
    public static StateSpace Resolve(ref ulong address)
    {
        if (address - EmulatedMemory.SharedWindow < EmulatedMemory.WindowBytes)
        {
            address -= EmulatedMemory.SharedWindow;
            return StateSpace.SharedCluster;
        }

        if (address - EmulatedMemory.LocalWindow < EmulatedMemory.WindowBytes)
        {
            address -= EmulatedMemory.LocalWindow;
            return StateSpace.Local;
        }

        return StateSpace.Global;
    }

    /// <summary>The block whose shared memory an address of a cluster means, and the offset in it; null where there is none.</summary>
    public static Block? SharedOwner(Warp w, ulong address, out ulong offset)
    {
        offset = address & 0xFFFFFF;
        int rank = (int)(address >> 24) - 1;
        return rank < 0 ? w.Block : rank < w.Team.Blocks.Length ? w.Team.Blocks[rank] : null;
    }

    private static Place Local(Warp w, Instruction instruction, int lane, ulong address, int bytes)
    {
        if (address + (ulong)bytes > (ulong)w.LocalBytes || address < 64)
        {
            if (w.IsNew(FindingKind.OutOfBounds, instruction))
                w.Report(FindingKind.OutOfBounds, instruction, lane, address, $"{bytes} bytes at local address 0x{address:x} lie outside of the thread's {w.LocalBytes - 64} bytes from 0x40 on.");
            return default;
        }

        long at = ((long)lane * w.LocalBytes) + (long)address;
        return new Place(w.Local + at, w.LocalState + at);
    }

    private static Place Shared(Warp w, Instruction instruction, int lane, StateSpace space, ulong address, int bytes, AccessKind kind, byte* value)
    {
        ulong offset = address;
        Block? owner = space == StateSpace.SharedCluster ? SharedOwner(w, address, out offset) : w.Block;
        if (owner is null || !owner.Shared.Contains(offset, bytes))
        {
            if (w.IsNew(FindingKind.OutOfBounds, instruction))
            {
                w.Report(FindingKind.OutOfBounds, instruction, lane, address,
                    $"{bytes} bytes at shared address 0x{address:x} lie outside of the block's {w.Block.Shared.Bytes - PtxProgram.SharedBase} bytes from 0x{PtxProgram.SharedBase:x} on.");
            }

            return default;
        }

        SharedMemory memory = owner.Shared;
        Place place = new(memory.Data + offset, memory.State + offset);
        if (w.Launch.Options.Checked)
            CheckShared(w, instruction, lane, memory, owner, (long)offset, bytes, kind, value);
        return place;
    }

    private static void CheckShared(Warp w, Instruction instruction, int lane, SharedMemory memory, Block owner, long offset, int bytes, AccessKind kind, byte* value)
    {
        CheckInFlight(w, instruction, lane, memory.State + offset, (ulong)offset, bytes, kind);
        bool strong = (kind & AccessKind.Strong) != 0;
        Conflict conflict = (kind & AccessKind.Write) != 0
            ? memory.Write(w.ClockIndex, lane, offset, bytes, instruction.Index, strong, value)
            : memory.Read(w.ClockIndex, lane, offset, bytes, instruction.Index, strong);
        ulong key = ((ulong)(owner.Rank + 1) << 32) | (ulong)offset;
        if (strong && (kind & AccessKind.Write) != 0)
            w.Block.Acquit(key);
        if (conflict.Kind == ConflictKind.WriteThenRead && conflict.IsStrong && w.Code[conflict.Instruction].Syntax.Modifiers.Contains("cas"))
            return; // as for global memory
        if (conflict.Kind == ConflictKind.WriteThenRead && conflict.IsStrong)
            w.Block.Suspect(key, w, FindingKind.SharedRace, instruction, lane, (ulong)conflict.Offset, () => DescribeRace(w, owner, conflict));
        else if (conflict.Kind != ConflictKind.None && w.IsNew(FindingKind.SharedRace, instruction))
            w.Report(FindingKind.SharedRace, instruction, lane, (ulong)conflict.Offset, DescribeRace(w, owner, conflict));
    }

    private static string DescribeRace(Warp w, Block owner, Conflict conflict)
    {
        string who = conflict.Member == w.Team.Clocks.AsyncProxy ? "An asynchronous copy"
            : conflict.Member == w.ClockIndex ? $"Lane {conflict.Lane} of the same warp"
            : $"Warp {conflict.Member % w.Block.Warps.Length}{(w.Team.Blocks.Length > 1 ? $" of block {w.Team.Blocks[conflict.Member / w.Block.Warps.Length].Position}" : "")}, lane {conflict.Lane},";
        string did = conflict.Kind == ConflictKind.ReadThenWrite ? "read" : "wrote";
        string line = conflict.Instruction < 0 ? "" : $" at line {w.Code[conflict.Instruction].Syntax.Line} (`{w.Code[conflict.Instruction].Syntax.Text}`)";
        return $"{who} {did} shared byte 0x{conflict.Offset:x}{(owner == w.Block ? "" : $" of block {owner.Position}")}{line}, and no barrier orders the two accesses.";
    }

    private static void CheckInFlight(Warp w, Instruction instruction, int lane, byte* state, ulong address, int bytes, AccessKind kind)
    {
        byte bad = (kind & AccessKind.Write) != 0 ? (byte)(ByteState.InFlight | ByteState.BeingRead) : ByteState.InFlight;
        for (int i = 0; i < bytes; i++)
        {
            if ((state[i] & bad) == 0)
                continue;
            if (w.IsNew(FindingKind.InFlight, instruction))
            {
                string what = (state[i] & ByteState.InFlight) != 0 ? "writes" : "reads";
                w.Report(FindingKind.InFlight, instruction, lane, address + (ulong)i, $"An asynchronous copy that has not been waited for {what} the byte 0x{address + (ulong)i:x}.");
            }

            return;
        }
    }
}
