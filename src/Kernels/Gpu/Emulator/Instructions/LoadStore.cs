using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal sealed unsafe class LoadInstruction(
    Register[] to, PtxType type, StateSpace space, Register address, long offset, AccessKind kind, MemoryOrder order) : Instruction
{
    private readonly int _size = type.Bytes();
    private readonly int _bytes = type.Bytes() * to.Length;

    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, address, offset);
        AccessHelper.Count(w, mask, space, _bytes, isWrite: false);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            Place place = MemoryAccess.Find(w, this, lane, space, w.Addresses[lane], _bytes, kind);
            if (place.Data is null)
                Zero(w, lane);
            else
                Read(w, lane, place);
        }

        if (kind.HasFlag(AccessKind.Strong))
            AccessHelper.AfterRead(w, mask, space, order);
    }

    private void Read(Warp w, int lane, Place place)
    {
        uint undefined = Shadow.Any(place.State, _bytes) ? place.Undefined(_bytes) : 0;
        if (undefined != 0 && w.IsNewNote(FindingKind.UndefinedLoad, this))
            w.Note(FindingKind.UndefinedLoad, this, lane, w.Addresses[lane], $"{_bytes} bytes at 0x{w.Addresses[lane]:x} are read, some of which nobody has written.");
        for (int i = 0; i < to.Length; i++)
        {
            Register r = to[i];
            if (r.IsSink)
                continue;
            byte* at = place.Data + (i * _size);
            Put(w, r, lane, at);
            if (undefined == 0)
                w.U[r.Index] &= ~(1u << lane);
            else
                w.SetUndefinedBytes(r, lane, Undefined(undefined >> (i * _size), r), Index);
        }
    }

    // The sign that fills a wider register comes from the value's last byte.
    private byte Undefined(uint bytes, Register r)
    {
        uint own = bytes & (uint)((1UL << _size) - 1);
        if (type.IsSigned() && (own >> (_size - 1) & 1) != 0)
            own |= 0xFFu << _size;
        return (byte)(own & (uint)((1 << Math.Min(8, r.Bytes)) - 1));
    }

    private void Put(Warp w, Register r, int lane, byte* at)
    {
        ulong value = _size switch
        {
            1 => type == PtxType.S8 ? (ulong)(sbyte)*at : *at,
            2 => type == PtxType.S16 ? (ulong)*(short*)at : *(ushort*)at,
            4 => type == PtxType.S32 ? (ulong)*(int*)at : *(uint*)at,
            _ => *(ulong*)at,
        };
        if (r.Bits == 32)
            w.Words(r)[lane] = (uint)value;
        else if (r.Bits == 64)
            ((ulong*)w.Words(r))[lane] = value;
        else if (r.Bits == 128)
            ((UInt128*)w.Words(r))[lane] = *(UInt128*)at;
        else
            w.Words(r)[lane] = (uint)value & ((1u << r.Bits) - 1);
    }

    private void Zero(Warp w, int lane)
    {
        foreach (Register r in to)
        {
            if (!r.IsSink && r.Bits != 128)
                w.Set(r, lane, 0);
        }
    }
}

internal sealed unsafe class StoreInstruction(
    Register[] from, PtxType type, StateSpace space, Register address, long offset, AccessKind kind, MemoryOrder order) : Instruction
{
    private readonly int _size = type.Bytes();
    private readonly int _bytes = type.Bytes() * from.Length;

    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, address, offset);
        AccessHelper.Count(w, mask, space, _bytes, isWrite: true);
        uint undefined = 0;
        foreach (Register r in from)
            undefined |= w.U[r.Index];
        byte* value = stackalloc byte[32];
        if (kind.HasFlag(AccessKind.Strong))
            AccessHelper.BeforeWrite(w, mask, space, order);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            Gather(w, lane, value);
            Place place = MemoryAccess.Find(w, this, lane, space, w.Addresses[lane], _bytes, kind, value);
            if (place.Data is null)
                continue;
            if (w.CountsEffects && !new ReadOnlySpan<byte>(value, _bytes).SequenceEqual(new ReadOnlySpan<byte>(place.Data, _bytes)))
                AccessHelper.AddEffect(w, space);
            Buffer.MemoryCopy(value, place.Data, _bytes, _bytes);
            if ((undefined >> lane & 1) != 0)
                StoreUndefined(w, lane, place);
            else
                Shadow.Define(place.State, _bytes);
        }
    }

    private void Gather(Warp w, int lane, byte* value)
    {
        for (int i = 0; i < from.Length; i++)
        {
            Register r = from[i];
            byte* at = value + (i * _size);
            if (r.Bits == 64)
                *(ulong*)at = ((ulong*)w.Words(r))[lane];
            else if (r.Bits == 128)
                *(UInt128*)at = ((UInt128*)w.Words(r))[lane];
            else
                *(uint*)at = w.Words(r)[lane];
        }
    }

    private void StoreUndefined(Warp w, int lane, Place place)
    {
        for (int i = 0; i < from.Length; i++)
        {
            uint bytes = w.UndefinedBytes(from[i], lane);
            if (_size == 16 && bytes != 0)
                bytes = 0xFFFF;
            for (int k = 0; k < _size; k++)
                place.State[(i * _size) + k] = (byte)(bytes >> k & 1);
        }

        bool isGlobal = space is not (StateSpace.Shared or StateSpace.Local or StateSpace.SharedCluster);
        if (isGlobal && w.IsNewNote(FindingKind.UndefinedStore, this))
        {
            Register r = from.First(f => w.UndefinedBytes(f, lane) != 0);
            w.Note(FindingKind.UndefinedStore, this, lane, w.Addresses[lane], $"An undefined value is stored at 0x{w.Addresses[lane]:x} ({w.OriginOf(r)}).");
        }
    }
}

/// <summary>The states of several bytes at once.</summary>
internal static unsafe class Shadow
{
    /// <summary>Whether any byte is not simply defined.</summary>
    public static bool Any(byte* state, int bytes) => bytes switch
    {
        1 => *state != 0,
        2 => *(ushort*)state != 0,
        4 => *(uint*)state != 0,
        8 => *(ulong*)state != 0,
        16 => (((ulong*)state)[0] | ((ulong*)state)[1]) != 0,
        _ => new ReadOnlySpan<byte>(state, bytes).IndexOfAnyExcept((byte)0) >= 0,
    };

    /// <summary>Marks bytes defined.</summary>
    public static void Define(byte* state, int bytes) => new Span<byte>(state, bytes).Clear();
}

/// <summary>What loads, stores and atomics share.</summary>
internal static unsafe class AccessHelper
{
    /// <summary>Fills <see cref="Warp.Addresses"/>; lanes with an undefined address are reported and left out.</summary>
    public static uint Addresses(Warp w, Instruction instruction, uint mask, Register address, long offset)
    {
        uint undefined = w.U[address.Index] & mask;
        if (undefined != 0)
        {
            if (w.IsNew(FindingKind.UndefinedValue, instruction))
                w.Report(FindingKind.UndefinedValue, instruction, BitOperations.TrailingZeroCount(undefined), 0, $"The address is undefined ({w.OriginOf(address)}).");
            mask &= ~undefined;
        }

        ulong* to = w.Addresses;
        if (address.Bits == 64)
        {
            ulong* from = (ulong*)w.Words(address);
            for (int i = 0; i < 32; i++)
                to[i] = from[i] + (ulong)offset;
        }
        else
        {
            uint* from = w.Words(address);
            for (int i = 0; i < 32; i++)
                to[i] = (uint)(from[i] + (uint)offset);
        }

        return mask;
    }

    /// <summary>Counts a request: bytes, sectors, bank conflicts.</summary>
    public static void Count(Warp w, uint mask, StateSpace space, int bytes, bool isWrite)
    {
        if (mask == 0)
            return;
        ulong first = w.Addresses[BitOperations.TrailingZeroCount(mask)];
        if (space == StateSpace.Generic)
            space = MemoryAccess.Resolve(ref first);
        if (space == StateSpace.Global)
            RequestCounter.Global(w, mask, bytes, isWrite);
        else if (space is StateSpace.Shared or StateSpace.SharedCluster)
            RequestCounter.Shared(w, mask, bytes, isWrite);
    }

    /// <summary>A store has changed something: the team is not stuck.</summary>
    public static void AddEffect(Warp w, StateSpace space)
    {
        w.Team.Effects++;
        if (space is StateSpace.Global or StateSpace.Generic)
            w.Launch.AddEffect();
    }

    /// <summary>A strong read sees what was published there; with acquire, at once.</summary>
    public static void AfterRead(Warp w, uint mask, StateSpace space, MemoryOrder order)
    {
        if (!w.Launch.Options.Checked)
            return;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            w.Block.See(w, space, w.Addresses[lane]);
        }

        if (order is MemoryOrder.Acquire or MemoryOrder.AcquireRelease)
            w.Block.Fence(w);
    }

    /// <summary>A strong write publishes what was fenced before; with release, everything.</summary>
    public static void BeforeWrite(Warp w, uint mask, StateSpace space, MemoryOrder order, bool isAtomic = false)
    {
        if (!w.Launch.Options.Checked)
            return;
        if (order is MemoryOrder.Release or MemoryOrder.AcquireRelease)
            w.Block.Fence(w);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            w.Block.Publish(w, space, w.Addresses[lane], isAtomic);
        }
    }
}

/// <summary>Finds out in which block of its cluster a shared address lies.</summary>
internal sealed class RankOfAddress(Register d, Register a) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        w.Flow(mask, Taint.Whole, d, a);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            ulong address = w.Value(a, lane);
            MemoryAccess.Resolve(ref address);
            w.Set(d, lane, (address >> 24) == 0 ? (ulong)w.Block.Rank : (address >> 24) - 1);
        }
    }
}

/// <summary>prefetch, discard, applypriority: nothing happens, but the address must exist.</summary>
internal sealed unsafe class AddressHint(Register address, long offset, StateSpace space, bool discards, bool isTensorMap) : Instruction
{
    private const int DiscardedBytes = 128;

    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, address, offset);
        for (uint m = mask; m != 0 && (discards || isTensorMap); m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            Place place = MemoryAccess.Find(w, this, lane, space, w.Addresses[lane], discards ? DiscardedBytes : 16, discards ? AccessKind.Write : AccessKind.Read);
            if (discards && place.Data is not null)
                new Span<byte>(place.State, DiscardedBytes).Fill(ByteState.Undefined);
        }
    }
}
