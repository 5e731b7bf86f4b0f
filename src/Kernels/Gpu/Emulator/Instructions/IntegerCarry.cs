using System.Numerics;
using Puna.Kernels.Gpu.Emulator.Syntax;

namespace Puna.Kernels.Gpu.Emulator.Instructions;

internal static partial class IntegerOpcodes
{
    // add.cc, sub.cc, mad.cc: the carry goes to the condition code.
    private static CarryInstruction CarryOut(DecodeContext c) => Carry(c, writes: true);

    private static CarryInstruction Carry(DecodeContext c) => Carry(c, writes: c.Take("cc"));

    private static CarryInstruction Carry(DecodeContext c, bool writes)
    {
        bool hi = c.Take("hi"), reads = c.Name.EndsWith('c');
        c.Take("lo");
        PtxType t = c.Type();
        bool multiplies = c.Name.StartsWith("mad", StringComparison.Ordinal);
        Register a = c.Source(1, t), b = c.Source(2, t), z = multiplies ? c.Source(3, t) : a;
        CarryKind kind = multiplies ? (hi ? CarryKind.MultiplyHigh : CarryKind.MultiplyLow)
            : c.Name.StartsWith("sub", StringComparison.Ordinal) ? CarryKind.Subtract : CarryKind.Add;
        return new CarryInstruction(c.Destination(0), a, b, z, c.Registers.ConditionCode(), kind, t, reads, writes);
    }
}

internal enum CarryKind
{
    Add,
    Subtract,
    MultiplyLow,
    MultiplyHigh,
}

/// <summary>Extended-precision arithmetic: PTX ISA 9.7.2. A borrow is a carry that is kept as 1.</summary>
internal sealed unsafe class CarryInstruction(
    Register d, Register a, Register b, Register c, Register code, CarryKind kind, PtxType type, bool reads, bool writes) : Instruction
{
    private readonly int _bits = type.Bits();

    public override void Execute(Warp w, uint mask)
    {
        uint undefined = (w.U[a.Index] | w.U[b.Index] | w.U[c.Index] | (reads ? w.U[code.Index] : 0)) & mask;
        int origin = undefined == 0 ? 0 : w.OriginOfAny(mask, a, b, c, code);
        uint carries = 0;
        for (uint m = mask; m != 0; m &= m - 1)
        {
            int lane = BitOperations.TrailingZeroCount(m);
            ulong carry = reads ? w.P[code.Offset] >> lane & 1 : 0;
            UInt128 wide = Apply(w.Value(a, lane), w.Value(b, lane), w.Value(c, lane), carry);
            carries |= ((wide >> _bits) & 1) != 0 ? 1u << lane : 0;
            if (_bits == 64)
                ((ulong*)w.Words(d))[lane] = (ulong)wide;
            else
                w.Words(d)[lane] = (uint)wide;
        }

        w.Undefine(d, mask, undefined, origin);
        if (!writes)
            return;
        w.P[code.Offset] = (w.P[code.Offset] & ~mask) | carries;
        w.U[code.Index] = (w.U[code.Index] & ~mask) | undefined;
    }

    private UInt128 Apply(ulong x, ulong y, ulong z, ulong carry) => kind switch
    {
        CarryKind.Add => (UInt128)x + y + carry,
        CarryKind.Subtract => (UInt128)x - y - carry,
        CarryKind.MultiplyLow => (UInt128)Part(x, y, low: true) + z + carry,
        _ => (UInt128)Part(x, y, low: false) + z + carry,
    };

    private ulong Part(ulong x, ulong y, bool low)
    {
        if (_bits == 32)
        {
            ulong product = type.IsSigned() ? (ulong)((long)(int)x * (int)y) : x * y;
            return low ? (uint)product : product >> 32;
        }

        ulong high = type.IsSigned() ? (ulong)Math.BigMul((long)x, (long)y, out _) : Math.BigMul(x, y, out _);
        return low ? x * y : high;
    }
}
