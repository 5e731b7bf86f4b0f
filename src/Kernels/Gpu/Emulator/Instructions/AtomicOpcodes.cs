using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Memory;
using Puna.Kernels.Gpu.Emulator.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

/// <summary>atom and red: PTX ISA 9.7.13.4, 9.7.13.5.</summary>
internal static class AtomicOpcodes
{
    public static Instruction Decode(DecodeContext c)
    {
        bool isReduction = c.Name == "red";
        if (c.Take("async"))
            throw c.Error("red.async is not known here");
        StateSpace space = MemoryOpcodes.TakeSpace(c);
        MemoryOrder order = MemoryOpcodes.TakeOrder(c);
        if (order == MemoryOrder.Weak)
            order = MemoryOrder.Relaxed;
        c.Ignore("L1::", "L2::");
        string op = c.TakeAny("and", "or", "xor", "cas", "exch", "add", "inc", "dec", "min", "max", "");
        c.Take("noftz");
        bool isVector = c.TakeAny("v2", "v4", "v8", "").Length > 0;
        PtxType t = c.Type();
        if (isVector || t is PtxType.B128)
            c.Need(GpuArch.Sm90, "a vector or 128-bit atomic");
        if (t is PtxType.BF16 or PtxType.BF16x2)
            c.Need(GpuArch.Sm90, $"{c.Name}{t.Spelling()}");
        int at = isReduction ? 0 : 1;
        Register[] to = isReduction ? [] : [.. c.Items(0).Select(c.DestinationOf)];
        (Register address, long offset, space) = c.Address(at, space);
        Register[] b = [.. c.Items(at + 1).Select(i => c.SourceOf(i, t))];
        Register swap = op == "cas" ? c.Source(at + 2, t) : Register.Sink;
        if (t == PtxType.B128)
            return new WideAtomic(to[0], b[0], swap, address, offset, space, order);
        return new AtomicInstruction(to, b, swap, address, offset, space, order, t, Operation(c, op, t, space));
    }

    // what memory holds, the operand, and for cas the value to swap in -> what memory holds afterwards
    private static Func<ulong, ulong, ulong, ulong> Operation(DecodeContext c, string op, PtxType t, StateSpace space)
    {
        int bits = t.Bits();
        bool signed = t.IsSigned();
        long S(ulong x) => IntegerOpcodes.Extend(x, bits, true);
        return op switch
        {
            "and" => (m, b, _) => m & b,
            "or" => (m, b, _) => m | b,
            "xor" => (m, b, _) => m ^ b,
            "exch" => (_, b, _) => b,
            "cas" => (m, b, s) => m == b ? s : m,
            "inc" => (m, b, _) => m >= b ? 0 : m + 1,
            "dec" => (m, b, _) => m == 0 || m > b ? b : m - 1,
            "add" when !t.IsFloat() => (m, b, _) => m + b,
            "min" when !t.IsFloat() => signed ? (m, b, _) => S(m) < S(b) ? m : b : (m, b, _) => Math.Min(m, b),
            "max" when !t.IsFloat() => signed ? (m, b, _) => S(m) > S(b) ? m : b : (m, b, _) => Math.Max(m, b),
            "add" => Add(c, t, space),
            "min" or "max" => Extreme(c, t, op == "max"),
            _ => throw c.Error("an operation was expected"),
        };
    }

    // Additions of f32 in global memory flush subnormals; those in shared memory do not.
    private static Func<ulong, ulong, ulong, ulong> Add(DecodeContext c, PtxType t, StateSpace space) => t switch
    {
        PtxType.F64 => (m, b, _) => BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(m) + BitConverter.UInt64BitsToDouble(b)),
        PtxType.F32 when space is StateSpace.Shared or StateSpace.SharedCluster => (m, b, _) => BitConverter.SingleToUInt32Bits(F32Arithmetic.Canonical(F(m) + F(b))),
        PtxType.F32 => (m, b, _) => BitConverter.SingleToUInt32Bits(F32Arithmetic.Canonical(
            F32Arithmetic.FlushSubnormal(F32Arithmetic.FlushSubnormal(F(m)) + F32Arithmetic.FlushSubnormal(F(b))))),
        PtxType.F16 => (m, b, _) => HalfArithmetic.AddF16((uint)m, (uint)b),
        PtxType.BF16 => (m, b, _) => HalfArithmetic.AddBF16((uint)m, (uint)b),
        PtxType.F16x2 => (m, b, _) => HalfArithmetic.AddF16((uint)m & 0xFFFF, (uint)b & 0xFFFF) | (HalfArithmetic.AddF16((uint)m >> 16, (uint)b >> 16) << 16),
        PtxType.BF16x2 => (m, b, _) => HalfArithmetic.AddBF16((uint)m & 0xFFFF, (uint)b & 0xFFFF) | (HalfArithmetic.AddBF16((uint)m >> 16, (uint)b >> 16) << 16),
        _ => throw c.Error($"{c.Name}.add has no type {t.Spelling()}"),
    };

    private static Func<ulong, ulong, ulong, ulong> Extreme(DecodeContext c, PtxType t, bool isMaximum)
    {
        Func<uint, float> decode = t is PtxType.F16 or PtxType.F16x2 ? Codes.FromF16 : t is PtxType.BF16 or PtxType.BF16x2 ? Codes.FromBF16
            : throw c.Error($"{c.Name}.{(isMaximum ? "max" : "min")} has no type {t.Spelling()}");
        uint One(uint m, uint b)
        {
            float x = decode(m), y = decode(b);
            bool takesM = float.IsNaN(y) || (isMaximum ? x > y : x < y);
            return takesM ? m : b;
        }

        return t.Bits() == 16 ? (m, b, _) => One((uint)m, (uint)b)
            : (m, b, _) => One((uint)m & 0xFFFF, (uint)b & 0xFFFF) | (One((uint)m >> 16, (uint)b >> 16) << 16);
    }

    private static float F(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);
}

internal sealed unsafe class AtomicInstruction(
    Register[] to, Register[] operands, Register swap, Register address, long offset, StateSpace space, MemoryOrder order, PtxType type,
    Func<ulong, ulong, ulong, ulong> apply) : Instruction
{
    private readonly int _size = type.Bytes();
    private readonly int _bytes = type.Bytes() * operands.Length;

    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, address, offset);
        if (mask == 0)
            return;
        AccessHelper.Count(w, mask, space, _bytes, isWrite: true);
        CheckOperands(w, mask);
        AccessHelper.BeforeWrite(w, mask, space, order, isAtomic: true);
        int start = (int)(w.Block.Random() & 31);
        for (int i = 0; i < 32; i++)
        {
            int lane = (start + i) & 31;
            if ((mask >> lane & 1) != 0)
                One(w, lane);
        }

        AccessHelper.AfterRead(w, mask, space, order);
    }

    private void One(Warp w, int lane)
    {
        Place place = MemoryAccess.Find(w, this, lane, space, w.Addresses[lane], _bytes, AccessKind.Atomic);
        if (place.Data is null)
        {
            foreach (Register r in to)
                w.Set(r, lane, 0);
            return;
        }

        bool undefined = Shadow.Any(place.State, _bytes);
        if (undefined && Syntax.Modifiers.Contains("exch") is false && w.IsNew(FindingKind.UndefinedValue, this))
            w.Report(FindingKind.UndefinedValue, this, lane, w.Addresses[lane], $"The memory at 0x{w.Addresses[lane]:x} has never been written.");
        lock (w.Launch.Order.LockOf(w.Addresses[lane]))
        {
            for (int i = 0; i < operands.Length; i++)
                Apply(w, lane, i, place.Data + (i * _size));
        }

        Shadow.Define(place.State, _bytes);
        for (int i = 0; i < to.Length && undefined; i++)
            w.SetUndefinedBytes(to[i], lane, (byte)((1 << Math.Min(8, to[i].Bytes)) - 1), Index);
    }

    private void Apply(Warp w, int lane, int i, byte* at)
    {
        ulong old = _size switch
        {
            2 => *(ushort*)at,
            4 => *(uint*)at,
            _ => *(ulong*)at,
        };
        ulong mask = _size == 8 ? ulong.MaxValue : (1UL << (8 * _size)) - 1;
        ulong value = apply(old, w.Value(operands[i], lane) & mask, swap.IsSink ? 0 : w.Value(swap, lane) & mask) & mask;
        if (value != old)
            AccessHelper.AddEffect(w, space);
        if (_size == 2)
            *(ushort*)at = (ushort)value;
        else if (_size == 4)
            *(uint*)at = (uint)value;
        else
            *(ulong*)at = value;
        if (to.Length > 0 && !to[i].IsSink)
            w.Set(to[i], lane, type.IsSigned() ? (ulong)IntegerOpcodes.Extend(old, type.Bits(), true) & (to[i].Bits == 64 ? ulong.MaxValue : uint.MaxValue) : old);
    }

    private void CheckOperands(Warp w, uint mask)
    {
        foreach (Register r in operands)
        {
            uint undefined = w.U[r.Index] & mask;
            if (undefined != 0 && w.IsNew(FindingKind.UndefinedValue, this))
                w.Report(FindingKind.UndefinedValue, this, BitOperations.TrailingZeroCount(undefined), 0, $"The operand is undefined ({w.OriginOf(r)}).");
        }
    }
}

/// <summary>atom.exch and atom.cas of 128 bits.</summary>
internal sealed unsafe class WideAtomic(Register d, Register b, Register swap, Register address, long offset, StateSpace space, MemoryOrder order) : Instruction
{
    public override void Execute(Warp w, uint mask)
    {
        mask = AccessHelper.Addresses(w, this, mask, address, offset);
        AccessHelper.Count(w, mask, space, 16, isWrite: true);
        AccessHelper.BeforeWrite(w, mask, space, order, isAtomic: true);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            Place place = MemoryAccess.Find(w, this, lane, space, w.Addresses[lane], 16, AccessKind.Atomic);
            if (place.Data is null)
                continue;
            lock (w.Launch.Order.LockOf(w.Addresses[lane]))
            {
                UInt128 old = *(UInt128*)place.Data, value = ((UInt128*)w.Words(b))[lane];
                UInt128 result = swap.IsSink ? value : old == value ? ((UInt128*)w.Words(swap))[lane] : old;
                if (result != old)
                    AccessHelper.AddEffect(w, space);
                *(UInt128*)place.Data = result;
                if (!d.IsSink)
                    ((UInt128*)w.Words(d))[lane] = old;
            }

            Shadow.Define(place.State, 16);
        }

        if (!d.IsSink)
            w.Define(d, mask);
        AccessHelper.AfterRead(w, mask, space, order);
    }
}
