using System.Numerics;
using System.Runtime.CompilerServices;

namespace Puna.Kernels.Gpu.Emulator;

/// <summary>How undefined bytes of the operands reach the result.</summary>
internal enum Taint
{
    /// <summary>One undefined byte makes the whole result undefined.</summary>
    Whole,

    /// <summary>Bitwise and: a defined zero byte on either side gives a defined zero.</summary>
    And,

    /// <summary>Bitwise or: a defined byte of ones on either side gives defined ones.</summary>
    Or,

    /// <summary>Byte by byte: xor, not, moves.</summary>
    Bytes,

    /// <summary>The low bytes alone: additions carry upwards only.</summary>
    Upwards,
}

internal sealed unsafe partial class Warp
{
    /// <summary>Marks the lanes of <paramref name="d"/> defined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Define(Register d, uint mask) => U[d.Index] &= ~mask;

    /// <summary>Marks whole lanes of <paramref name="d"/> undefined, and the others of <paramref name="mask"/> defined.</summary>
    public void Undefine(Register d, uint mask, uint undefined, int origin)
    {
        U[d.Index] = (U[d.Index] & ~mask) | undefined;
        if (undefined == 0)
            return;
        Origin[d.Index] = origin;
        byte whole = Whole(d);
        for (uint m = undefined; m != 0; m &= m - 1)
            UB[(d.Index * 32) + BitOperations.TrailingZeroCount(m)] = whole;
    }

    /// <summary>Sets which bytes of one lane are undefined.</summary>
    public void SetUndefinedBytes(Register d, int lane, byte bytes, int origin)
    {
        if (d.IsSink)
            return;
        uint bit = 1u << lane;
        if (bytes == 0)
        {
            U[d.Index] &= ~bit;
            return;
        }

        U[d.Index] |= bit;
        UB[(d.Index * 32) + lane] = bytes;
        Origin[d.Index] = origin;
    }

    /// <summary>Undefined bytes of one lane; 0 where it is defined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte UndefinedBytes(Register r, int lane) => (U[r.Index] >> lane & 1) == 0 ? (byte)0 : UB[(r.Index * 32) + lane];

    /// <summary>The result of one operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Flow(uint mask, Taint rule, Register d, Register a)
    {
        if ((U[a.Index] & mask) == 0)
            U[d.Index] &= ~mask;
        else
            FlowSlowly(mask, rule, d, a, a);
    }

    /// <summary>The result of two operands.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Flow(uint mask, Taint rule, Register d, Register a, Register b)
    {
        if (((U[a.Index] | U[b.Index]) & mask) == 0)
            U[d.Index] &= ~mask;
        else
            FlowSlowly(mask, rule, d, a, b);
    }

    /// <summary>The result of three operands: whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Flow(uint mask, Register d, Register a, Register b, Register c)
    {
        uint undefined = (U[a.Index] | U[b.Index] | U[c.Index]) & mask;
        if (undefined == 0)
            U[d.Index] &= ~mask;
        else
            Undefine(d, mask, undefined, OriginOfAny(mask, a, b, c));
    }

    /// <summary>The instruction that made one of the operands undefined.</summary>
    public int OriginOfAny(uint mask, params ReadOnlySpan<Register> operands)
    {
        foreach (Register r in operands)
        {
            if ((U[r.Index] & mask) != 0)
                return Origin[r.Index];
        }

        return -1;
    }

    private static byte Whole(Register d) => (byte)((1 << Math.Min(8, d.Bytes)) - 1);

    private void FlowSlowly(uint mask, Taint rule, Register d, Register a, Register b)
    {
        int origin = OriginOfAny(mask, a, b);
        if (rule == Taint.Whole || d.IsPredicate)
        {
            Undefine(d, mask, (U[a.Index] | U[b.Index]) & mask, origin);
            return;
        }

        byte whole = Whole(d);
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            int ua = UndefinedBytes(a, lane), ub = UndefinedBytes(b, lane);
            int result = rule switch
            {
                Taint.And => (ua | ub) & ~MaskBytes(a, lane, ua) & ~MaskBytes(b, lane, ub),
                Taint.Or => (ua | ub) & ~DefinedBytes(a, lane, ua, 0xFF) & ~DefinedBytes(b, lane, ub, 0xFF),
                Taint.Upwards => ua | ub | -(ua | ub),
                _ => ua | ub,
            };
            SetUndefinedBytes(d, lane, (byte)(result & whole), origin);
        }
    }

    // The defined bytes of a lane that clear bits of the other operand, as a mask. Bytes are known as a whole, so a byte
    // of which some bits stay counts as defined: code that sets bit fields one by one clears the bits of each first.
    private int MaskBytes(Register r, int lane, int undefined)
    {
        ulong value = Value(r, lane);
        int mask = 0;
        for (int i = 0; i < 8; i++)
        {
            if ((undefined >> i & 1) == 0 && (byte)(value >> (8 * i)) != 0xFF)
                mask |= 1 << i;
        }

        return mask;
    }

    // The defined bytes of a lane that equal a value, as a mask. Results overwrite operands: see BinaryBits.
    private int DefinedBytes(Register r, int lane, int undefined, byte wanted)
    {
        ulong value = Value(r, lane);
        int mask = 0;
        for (int i = 0; i < 8; i++)
        {
            if ((undefined >> i & 1) == 0 && (byte)(value >> (8 * i)) == wanted)
                mask |= 1 << i;
        }

        return mask;
    }
}
